"""Files, linked sources and images from the command line, as an operator works with them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow

pytestmark = pytest.mark.slow  # each runs whole processes

Stockwire = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def stockwire(hub: Any, tmp_path: Path) -> Stockwire:
    """`stockwire WORD WORD --client 1 ...` in a process of its own, in a narrow window."""

    def run(words: str, *more: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "stockwire.cli", *words.split(), "--client", str(hub.client_id), *more],
            env={**os.environ, **hub.environment, "COLUMNS": "60", **environment},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture(autouse=True)
def products(hub: Any, tmp_path: Path) -> None:
    from stockwire.hub.sync.import_products import Options, import_products

    file = tmp_path / "products.csv"
    file.write_text("source_product_code,source_variant_code,title,qty\nBOLT,BOLT,Bolt,40\nNUT,NUT,Nut,5\n")
    import_products(hub.client_id, hub.source_id, file, Options("thandi"))


def test_a_linked_source_is_made_looked_at_corrected_and_let_go(
    hub: Any, tmp_path: Path, stockwire: Stockwire
) -> None:
    columns = '[columns]\nsource_variant_code = "Item"\nqty = "{}"\n'
    (tmp_path / "link.toml").write_text(
        'location = "stock.csv"\nschedule = "06:30"\n' + columns.format("Stock")
    )
    (tmp_path / "better.toml").write_text(columns.format("On hand"))
    (tmp_path / "stock.csv").write_text("Item;On hand\nBOLT;7\nNUT;many\nSAW;1\n")
    assert stockwire("source linked").stdout.startswith("There is no linked source.")
    said = stockwire("source link", "--to", str(hub.source_id), "--settings", "link.toml", "Supplier")
    [(linked,)] = hub.rows("select id from sources where linked_to_id is not null")
    assert f"Linked source {linked}: Supplier." in said.stdout, said.stderr
    assert stockwire("flag set", "--source", str(linked), "qty", "source").returncode == 0
    assert stockwire("source upload", "stock.csv").stdout == "Kept as stock.csv.\n"
    said = stockwire("source fetch", str(linked))
    assert (said.returncode, "The file has no column Stock." in said.stderr) == (1, True)
    assert "The file has no column Stock. It has: Item, On hand." in stockwire("source linked").stdout
    assert stockwire("source relink", "--settings", "better.toml", str(linked)).returncode == 0
    assert "No flag lets it write" not in stockwire("source linked").stdout
    assert stockwire("flag set", "--source", str(linked), "qty", "none").returncode == 0
    assert "No flag lets it write qty: `stockwire flag set --help`." in stockwire("source linked").stdout
    assert stockwire("flag set", "--source", str(linked), "qty", "source").returncode == 0
    said = stockwire("source fetch", str(linked))
    assert said.stdout == (
        "3 rows read, 1 changed something, 1 of products that are not here, 1 with a problem.\n"
    )
    assert 'NUT: qty is "many", which is no number.\n  Fix: ' in said.stderr
    lines = stockwire("source linked").stdout
    assert "stock.csv, 06:30" in lines
    assert 'NUT: qty is "many", which is no number.' in lines
    assert stockwire("source pause", str(linked)).returncode == 0
    assert "Supplier, to source" in stockwire("source linked").stdout
    assert "(paused)" in stockwire("source linked").stdout
    assert stockwire("source resume", str(linked)).returncode == 0
    assert "what it wrote stays" in stockwire("source unlink", "--yes", str(linked)).stdout
    assert stockwire("source linked").stdout.startswith("There is no linked source.")


def test_rows_with_a_problem_are_named_by_their_code(tmp_path: Path, hub: Any, stockwire: Stockwire) -> None:
    (tmp_path / "prices.csv").write_text("source_variant_code,price\nBOLT,a lot\nNUT,#N/A\n")
    said = stockwire("import products", "--source", str(hub.source_id), "prices.csv")
    assert said.returncode == 1
    assert 'Row 2 (BOLT): price is "a lot", which is no number.' in said.stderr
    assert "Row 3 (NUT): price is #N/A, an error of the spreadsheet." in said.stderr


def test_pictures_that_no_shop_can_be_shown_yet_are_said(
    tmp_path: Path, hub: Any, stockwire: Stockwire
) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    Pillow.new("RGB", (40, 30), "red").save(pictures / "BOLT-1.png")
    (pictures / "SAW.png").write_bytes(b"x")
    words = ["--source", str(hub.source_id), "--replace", "-1", "", "--yes", "pictures"]
    said = stockwire("images upload", *words)
    assert "1 pictures are new" in said.stdout, said.stderr
    assert "1 of 2 files are left out:\nSAW.png: No product is called SAW.\n  Fix: " in said.stderr
    assert "the hub has no public_url" in said.stderr


def test_a_network_that_is_none_is_said_at_the_start_and_not_at_every_file(stockwire: Stockwire) -> None:
    said = stockwire("source linked", STOCKWIRE_FETCH_NETWORKS="10.1.0.0/16,office")
    assert said.returncode == 1
    assert "fetch_networks.1: " in said.stderr
    assert "write it as 10.1.0.0/16" in said.stderr.replace("\n", " ")
    assert stockwire("source linked", STOCKWIRE_FETCH_NETWORKS=" 10.1.0.0/16").returncode == 0
