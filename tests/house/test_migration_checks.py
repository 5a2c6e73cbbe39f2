"""scripts/check-migrations finds every way in which the migrations stop being one line, and passes a line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CHECK = Path(__file__).parents[2] / "scripts" / "check-migrations"
FOLDER = "src/stockwire/hub/migrations"
LINE = {"0001_initial": [], "0002_rights": ["0001_initial"], "0003_links": ["0002_rights"]}


def findings(top: Path, line: dict[str, list[str]]) -> list[str]:
    folder = top / FOLDER
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    for name, parents in line.items():
        dependencies = [("auth", "0012_alter_user"), *(("hub", parent) for parent in parents)]
        (folder / f"{name}.py").write_text(f"class Migration:\n    dependencies = {dependencies!r}\n")
    done = subprocess.run([sys.executable, str(CHECK), str(top)], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == (1 if done.stdout else 0)
    return [finding.removeprefix(f"{FOLDER}/") for finding in done.stdout.splitlines()]


def test_a_line_has_no_findings(tmp_path: Path) -> None:
    assert findings(tmp_path, LINE) == []


@pytest.mark.parametrize(
    "added, finding",
    [
        ({"0003_other": ["0002_rights"]}, "0003_other.py: its number should be 0004"),
        (
            {"0004_fork": ["0002_rights"]},
            "0004_fork.py: stands on 0002_rights; it should stand on 0003_links",
        ),
        ({"0004_root": []}, "0004_root.py: stands on nothing; it should stand on 0003_links"),
        (
            {"0004_merge": ["0002_rights", "0003_links"]},
            "0004_merge.py: stands on 0002_rights and 0003_links; it should stand on 0003_links",
        ),
        ({"0005_gap": ["0003_links"]}, "0005_gap.py: its number should be 0004"),
        ({"0004_none": ["0003_gone"]}, "0004_none.py: stands on 0003_gone; it should stand on 0003_links"),
        ({"late": ["0003_links"]}, "late.py: its number should be 0004"),
    ],
    ids=[
        "one number twice",
        "one parent twice",
        "second root",
        "merge",
        "gap",
        "parent not there",
        "no number",
    ],
)
def test_whatever_is_no_line_is_found(tmp_path: Path, added: dict[str, list[str]], finding: str) -> None:
    assert findings(tmp_path, LINE | added)[0].startswith(finding)


def test_a_tree_without_migrations_is_found(tmp_path: Path) -> None:
    assert findings(tmp_path, {}) == [f"{FOLDER}: there is no migration"]
