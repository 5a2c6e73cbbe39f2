"""The figures in the docs are those of the last real run, and no claimed measurement is missing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
LIMITS = {
    "watermark_read_ratio": 0.025,
    "first_load_ratio": 2.0,
    "stock_change_writes": 100,
    "second_push_writes": 0,
    "order_to_raised_p95_s": 2.0,
    "agent_memory_mb": 80,
    "hub_web_memory_mb": 200,
    "hub_worker_memory_mb": 200,
}


@pytest.fixture(scope="module")
def results() -> dict:
    return json.loads((TOP / "benchmarks" / "results.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", LIMITS)
def test_every_claim_was_measured_against_its_limit(results, name):
    found = results["results"][name]
    assert found["limit"] == LIMITS[name]
    assert found["at_most"] is True
    assert isinstance(found["value"], int | float)
    assert found["unit"]
    assert found["note"]


def test_the_machine_of_the_run_is_named(results):
    assert set(results["machine"]) == {"cpu", "cores", "memory", "python", "postgres", "firebird", "date"}
    assert all(results["machine"].values())


def test_the_results_are_of_the_full_sizes(results):
    assert "100,000 items" in results["results"]["first_load_ratio"]["note"]
    assert "1,000 changed of 100,000 rows of 40 columns" in results["results"]["watermark_read_ratio"]["note"]


def test_the_table_in_the_docs_is_that_of_the_results():
    shown = subprocess.run(
        [
            sys.executable,
            "-c",
            "from benchmarks import figures; print(figures.markdown(figures.read_results()))",
        ],
        cwd=TOP,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    document = (TOP / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    table = document.split("<!-- results: begin -->")[1].split("<!-- results: end -->")[0]
    assert table.strip() == shown
