"""The checks of scripts/check-files can fail: each is shown something it must find, and a clean house."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CHECK = Path(__file__).parents[2] / "scripts" / "check-files"


def findings(top: Path, files: dict[str, str]) -> list[str]:
    subprocess.run(["git", "init", "-q", str(top)], check=True)
    for name, text in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)
    done = subprocess.run([sys.executable, str(CHECK), str(top)], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == (1 if done.stdout else 0)
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    "name, text, finding",
    [
        ("src/long.py", "x = 1\n" * 401, "src/long.py: 401 lines; split it by 400"),
        ("tests/long.py", "x = 1\n" * 401, "tests/long.py: 401 lines; split it by 400"),
        ("a.lock", "--index-url https://py" + "pi.org/simple", "a.lock:1: 'py" + "pi.org' is a registry's"),
        ("b.toml", "\nfolder = '/wo" + "rk/main'", "b.toml:2: '/wo" + "rk/' is a path of one machine"),
        ("src/c.py", "# TO" + "DO later", "src/c.py:1: 'TO" + "DO' is an unfinished thought"),
        ("tests/d.py", "time." + "sleep(1)", "tests/d.py:1: 'time." + "sleep(' is a sleep"),
        ("tests/e.py", "@pytest.mark." + "skip", "tests/e.py:1: 'pytest.mark." + "skip' is a test that"),
        ("f.md", "See\n[it](docs/none.md).", "f.md:2: the link to docs/none.md leads nowhere"),
        ("g.md", "# Here\n[it](#there)", "g.md:2: g.md has no heading #there"),
    ],
    ids=[
        "long",
        "long test",
        "registry",
        "machine path",
        "unfinished",
        "sleep",
        "left out",
        "dead link",
        "dead heading",
    ],
)
def test_what_does_not_belong_is_found(tmp_path: Path, name: str, text: str, finding: str) -> None:
    found = findings(tmp_path, {name: text})
    assert len(found) == 1
    assert found[0].startswith(finding)


def test_a_clean_house_has_no_findings(tmp_path: Path) -> None:
    files = {
        "src/short.py": "x = 1\n" * 400,
        "src/hub/migrations/0001_initial.py": "x = 1\n" * 900,
        "docs/a.md": "# The words\n[same](#the-words) [other](b.md#how-it-goes) [web](https://example.com/work/x)",
        "docs/b.md": "## How it goes\n`[not a link](x)`\n```\n[nor this](y)\n```\n",
        "tests/shop/data/exchange.json": "https://py" + "pi.org/simple",
    }
    assert findings(tmp_path, files) == []
