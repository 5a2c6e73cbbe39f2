"""A program of the business brings files to a running hub: a supplier's sheet reaches the shop, an import is
cancelled while a worker is at it, and what was exported comes back without a change.
"""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from stockwire.demo.stage import Options, Stage

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
ROWS = 60_000


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage(Options(items=300, agent_poll_s=0.5, settle_s=0.1, webhooks=False)) as started:
        started.until(lambda: started.rows("select count(*) from links")[0][0] > 100, "the first push")
        yield started


@pytest.fixture(scope="module")
def stockwire(stage: Stage) -> Callable[..., str]:
    """A command of the command line beside the hub; what it printed."""

    def run(*words: str) -> str:
        command = [sys.executable, "-m", "stockwire.cli", *words]
        done = subprocess.run(
            command, env=stage.env, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="module")
def hub(stage: Stage, stockwire: Callable[..., str]) -> Iterator[httpx2.Client]:
    token = stockwire("user", "token", "--client", "1", "demo", "--description", "files").split()[-1]
    headers = {"Authorization": f"Bearer {token}"}
    with httpx2.Client(base_url=f"{stage.hub_url}/api/v1/", headers=headers, timeout=60) as client:
        yield client


def test_what_a_linked_source_brings_reaches_the_shop(stage: Stage, hub: httpx2.Client) -> None:
    [(code, sku)] = stage.rows(
        "select p.source_product_code, v.sku from links l join variants v on v.id = l.variant_id"
        " join products p on p.id = v.product_id where p.active order by p.id limit 1"
    )
    primary = hub.get("sources").json()[0]["id"]
    columns = {"source_product_code": "Item", "title": "Name"}
    given = {
        "linked_to": primary,
        "description": "Texts",
        "settings": {"location": "t.csv", "columns": columns},
    }
    linked = hub.post("sources/linked", json=given).json()["id"]
    assert hub.put(f"sources/{linked}/flags", json={"title": "source"}).status_code == 200
    assert hub.put(f"sources/{primary}/flags", json={"title": "system"}).status_code == 200
    sheet = f'Item;Name\r\n{code};"Kettle; made in Calvinia"\r\n'.encode("utf-8-sig")
    assert hub.post(f"sources/{linked}/file", files={"file": ("t.csv", sheet)}).status_code == 202

    def shown() -> Any:
        return stage.shop_products()[sku]["name"]

    stage.until(lambda: shown() == "Kettle; made in Calvinia", "the shop shows the name in the sheet")
    said = hub.get(f"sources/{linked}/linked").json()
    assert (said["rows"], said["problems"], said["message"]) == (1, 0, "")
    assert hub.delete(f"sources/{linked}/linked").status_code == 204
    assert shown() == "Kettle; made in Calvinia"


def test_an_import_that_is_cancelled_stops_and_says_how_far_it_came(
    stage: Stage, hub: httpx2.Client, stockwire: Callable[..., str], tmp_path: Path
) -> None:
    (tmp_path / "source.toml").touch()
    stockwire("source", "add", "--client", "1", "--settings", str(tmp_path / "source.toml"), "Files only")
    [(source,)] = stage.rows("select id from sources where description = 'Files only'")
    lines = [f"F-{n},F-{n},Item {n},9.50,{n % 7}" for n in range(ROWS)]
    content = "\n".join(["source_product_code,source_variant_code,title,price,qty", *lines, ""]).encode()
    asked = hub.post(
        "imports", data={"source": source, "dry_run": "false"}, files={"file": ("all.csv", content)}
    ).json()

    def state() -> Any:
        return hub.get(f"imports/{asked['id']}").json()

    stage.until(lambda: state()["rows_done"] > 0, "the import has begun")
    assert hub.post(f"imports/{asked['id']}/cancel").status_code == 200
    ended = state()
    assert (ended["state"], ended["rows_all"]) == ("cancelled", ROWS)
    assert 0 < ended["rows_done"] < ROWS
    stored = "select count(*) from products where source_id = %s"
    assert stage.rows(stored, source) == [(ended["rows_done"],)]
    report = hub.get(f"imports/{asked['id']}/report").text.removeprefix("\ufeff")
    assert [int(row[0]) for row in list(csv.reader(report.splitlines()))[1:]] == list(
        range(2, ended["rows_done"] + 2)
    )
    again = hub.post(f"imports/{asked['id']}/cancel")
    assert (again.status_code, "has ended: cancelled" in again.json()["message"]) == (422, True)


def test_an_export_comes_back_without_a_change(stage: Stage, hub: httpx2.Client) -> None:
    primary = hub.get("sources").json()[0]["id"]
    before = hub.get("exports/products.csv", params={"source": primary}).content
    asked = hub.post(
        "imports",
        data={"source": primary, "dry_run": "false", "ignore_flags": "true"},
        files={"file": ("exported.csv", before)},
    ).json()
    stage.until(lambda: hub.get(f"imports/{asked['id']}").json()["state"] == "done", "the import is done")
    counts = hub.get(f"imports/{asked['id']}").json()["counts"]
    assert counts["rows"] > 250
    assert (counts["added"], counts["updated"], counts["deleted"], counts["problems"]) == (0, 0, 0, 0)
    assert hub.get("exports/products.csv", params={"source": primary}).content == before
