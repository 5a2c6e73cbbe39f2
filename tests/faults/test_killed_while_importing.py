"""A process that imports a file is killed inside a batch; whoever goes on leaves nothing out or twice."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

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
