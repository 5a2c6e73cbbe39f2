"""The schema that tests copy is never older than what it is made from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests import schema


def test_all_that_migrations_import_decides_which_schema_is_copied() -> None:
    deciding = {str(file.relative_to(schema.ROOT)) for file in schema.deciding_files()}
    migrations = sorted((schema.ROOT / "src/stockwire/hub/migrations").glob("0*.py"))
    imported = {
        name
        for file in migrations
        for name in re.findall(r"\bstockwire(?:\.\w+)+", file.read_text(encoding="utf-8"))
        if (schema.ROOT / "src" / Path(*name.split("."))).with_suffix(".py").exists()
    }
    assert imported, "some migration imports another"
    assert {f"src/{name.replace('.', '/')}.py" for name in imported} <= deciding
    assert {str(file.relative_to(schema.ROOT)) for file in migrations} <= deciding


def test_a_changed_migration_asks_for_another_schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in schema.DECIDING:
        here = tmp_path / name
        here.parent.mkdir(parents=True, exist_ok=True)
        here.mkdir() if (schema.ROOT / name).is_dir() else here.write_text("as it was")
    monkeypatch.setattr(schema, "ROOT", tmp_path)
    names = [schema.schema_name()]
    migration = tmp_path / "src/stockwire/hub/migrations/0001_first.py"
    for text in ("one", "another"):
        migration.write_text(text)
        names.append(schema.schema_name())
    migration.rename(migration.with_name("0002_first.py"))
    names.append(schema.schema_name())
    (tmp_path / "requirements.lock").write_text("newer")
    names.append(schema.schema_name())
    assert len(set(names)) == 5
