"""A process that imports a file is killed inside a batch; whoever goes on leaves nothing out or twice."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest

from stockwire.wire import MAX_BATCH_BYTES

FILE = "source_product_code,source_variant_code,title,price\nBOLT,BOLT,Bolt,1\nNUT,NUT,Nut,a lot\nSAW,SAW,Saw,9\n"


@pytest.mark.slow
def test_a_process_killed_inside_a_batch_leaves_nothing_half_done(hub: Any, tmp_path: Path) -> None:
    from stockwire.hub.sync import import_files, import_jobs

    file, die_at = tmp_path / "products.csv", tmp_path / "die-at"
    file.write_text(FILE)
    die_at.write_text("import-batch")
    words = ["import", "products", "--client", str(hub.client_id), "--source", str(hub.source_id), str(file)]
    ended = subprocess.run(
        [sys.executable, "-m", "stockwire.cli", *words],
        env={**os.environ, **hub.environment, "STOCKWIRE_DIE_AT_FILE": str(die_at)},
        capture_output=True,
        check=False,
    )
    assert ended.returncode == -9, ended.stderr.decode()
    [(import_id, state)] = hub.rows("select id, state from imports")
    assert (state, hub.rows("select count(*) from products")) == ("running", [(0,)])
    import_jobs.take_from_the_dead(hub.client_id, import_id)
    import_jobs.work(hub.client_id, import_id)
    with hub.scope():
        row = import_jobs.of(import_id)
    assert (row.state, row.counts["added"], row.counts["problems"]) == ("done", 2, 1)
    text = import_files.report_file(hub.client_id, import_id).read_text("utf-8-sig")
    assert [line[0] for line in csv.reader(text.splitlines())] == ["row", "2", "3", "4"]


ROWS = 5_000
"""Three batches."""


@pytest.mark.slow
@pytest.mark.parametrize("again", [False, True], ids=["once", "and whoever takes it over dies too"])
def test_a_worker_killed_in_an_import_is_noticed_by_its_silence_and_another_one_goes_on(
    house: Any, tmp_path: Path, again: bool
) -> None:
    """As a person would see it: uploaded through the API, watched there, its report fetched there."""
    token = house.stockwire("user", "token", "--client", "1", "demo", "--description", "faults").split()[-1]
    with httpx2.Client(
        base_url=f"{house.stage.hub_url}/api/v1/", headers={"Authorization": f"Bearer {token}"}, timeout=60
    ) as hub:
        name = "AGAIN" if again else "ONCE"
        source = a_source_that_feeds_no_shop(house, tmp_path, name)
        house.die_at_step("import-batch")
        text = "Hand made in Calvinia. " * 160
        lines = [
            f"{name}-{n},{name}-{n},Item {n},{'a lot' if n == 3_000 else '9.50'},{n % 7},{text}"
            for n in range(ROWS)
        ]
        content = "\n".join(["source_product_code,source_variant_code,title,price,qty,body_html", *lines, ""])
        assert len(content) > MAX_BATCH_BYTES, "a file larger than what anybody else may send"
        asked = hub.post(
            "imports",
            data={"source": source, "dry_run": "false"},
            files={"file": ("stock.csv", content.encode())},
        )
        assert asked.status_code == 202, asked.text
        number = asked.json()["id"]
        house.wait_for_death("worker")
        if again:
            house.die_at_step("import-batch")
        house.start("worker")
        if again:
            house.wait_for_death("worker")
            house.start("worker")

        def ended() -> bool:
            return hub.get(f"imports/{number}").json()["state"] not in {"waiting", "running"}

        house.until(ended, "the import ends")
        said = hub.get(f"imports/{number}").json()
        report = hub.get(f"imports/{number}/report").text
    assert (said["state"], said["rows_done"], said["rows_all"]) == ("done", ROWS, ROWS), said
    assert (said["counts"]["added"], said["counts"]["problems"]) == (ROWS - 1, 1)
    rows = list(csv.reader(report.removeprefix("\ufeff").splitlines()))[1:]
    assert [int(row[0]) for row in rows] == list(range(2, ROWS + 2))
    stored = house.stage.rows("select count(*) from products where source_product_code like %s", f"{name}-%")
    assert stored == [(ROWS - 1,)]


def a_source_that_feeds_no_shop(house: Any, folder: Path, name: str) -> int:
    """Products that Omni never sent stay out of the way of the other tests of this house."""
    settings = folder / "source.toml"
    settings.touch()
    house.stockwire("source", "add", "--client", "1", "--settings", str(settings), name)
    [(source,)] = house.stage.rows("select id from sources where description = %s", name)
    return int(source)
