"""Imports as stored jobs: worked off by one at a time, broken off and gone on with, cancelled, started."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from stockwire.errors import Refused

HEADER = ("source_product_code", "source_variant_code", "title", "price", "qty")
ROWS = 4_500
"""Three batches."""


@pytest.fixture(autouse=True)
def nothing_kept(hub: Any) -> None:
    from django.conf import settings

    shutil.rmtree(Path(settings.CONFIG.data_folder) / "imports", ignore_errors=True)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Products of three batches, with one row that cannot be used in each of the first two."""
    made = tmp_path / "products.csv"
    with made.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(HEADER)
        for n in range(ROWS):
            price = "a lot" if n in (10, 2_500) else "1.50"
            writer.writerow((f"ITEM-{n}", f"ITEM-{n}", f"Item {n}", price, "3"))
    return made


@pytest.fixture
def ask(hub: Any, file: Path) -> Callable[..., Any]:
    def asked(**more: Any) -> Any:
        from stockwire.hub.sync import import_jobs

        return import_jobs.ask(hub.client_id, "products", hub.source_id, file, "thandi", **more)

    return asked


def now(hub: Any, row: Any) -> Any:
    from stockwire.hub.sync import import_jobs

    with hub.scope():
        return import_jobs.of(row.pk)


def report(row: Any) -> list[list[str]]:
    from stockwire.hub.sync.import_files import report_file

    text = report_file(row.client_id, row.pk).read_bytes()[: row.report_size].decode("utf-8-sig")
    return list(csv.reader(text.splitlines()))


def kept(hub: Any) -> list[str]:
    from django.conf import settings

    folder = Path(settings.CONFIG.data_folder) / "imports" / str(hub.client_id)
    return [one.name for one in folder.iterdir() if not one.name.endswith(".csv")]


def test_an_import_leaves_a_record_and_a_report_of_every_row_and_no_file(hub: Any, ask: Any) -> None:
    from stockwire.hub.sync import import_jobs

    row = ask(dry_run=False)
    assert (row.state, len(kept(hub))) == ("waiting", 1)
    assert hub.rows("select task_name, args from procrastinate_jobs") == [
        ("work_import", {"client_id": hub.client_id, "import_id": row.pk})
    ]
    import_jobs.work(hub.client_id, row.pk)
    row = now(hub, row)
    assert (row.state, row.rows_all, row.rows_done, row.lease_until) == ("done", ROWS, ROWS, None)
    assert (row.counts["added"], row.counts["problems"]) == (ROWS - 2, 2)
    lines = report(row)
    assert [int(line[0]) for line in lines[1:]] == list(range(2, ROWS + 2))
    assert lines[11][2:5] == ["problem", "", 'price is "a lot", which is no number.']
    assert kept(hub) == []
    said = hub.rows("select who, action, after->>'added' from audit where action like 'import %' order by id")
    assert said == [("thandi", "import asked for", None), ("thandi", "import done", str(ROWS - 2))]


def test_the_file_lies_there_encrypted(hub: Any, ask: Any) -> None:
    from django.conf import settings

    row = ask()
    folder = Path(settings.CONFIG.data_folder) / "imports" / str(hub.client_id)
    assert b"ITEM-1" not in (folder / row.kept_as).read_bytes()


def test_nothing_of_a_file_lies_in_the_clear_while_it_is_worked_on_so_no_kill_leaves_it_behind(
    hub: Any, ask: Any, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stockwire.hub.sync import import_files

    (scratch := tmp_path / "scratch").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    row = ask(dry_run=True)
    with import_files.opened(hub.client_id, row.kept_as) as plain:
        assert plain.read_bytes() == file.read_bytes()
        assert import_files.count_rows(plain) == ROWS
        assert [one for one in scratch.rglob("*") if one.is_file() and not one.is_symlink()] == []
    assert list(scratch.iterdir()) == []


def test_whoever_takes_an_import_over_goes_on_after_the_last_settled_row(hub: Any, ask: Any) -> None:
    from stockwire.hub.sync import import_jobs

    row = ask(dry_run=False)

    def die(so_far: Any) -> None:
        if so_far.rows_done >= 4_000:
            raise SystemExit

    with pytest.raises(SystemExit):
        import_jobs.work(hub.client_id, row.pk, watch=die)
    broken = now(hub, row)
    assert (broken.state, broken.rows_done, broken.last_row) == ("running", 4_000, 4_001)
    import_jobs.work(hub.client_id, row.pk)
    assert now(hub, row).rows_done == 4_000, "its lease has not run out"
    seen: list[Any] = []
    import_jobs.take_from_the_dead(hub.client_id, row.pk)
    import_jobs.work(hub.client_id, row.pk, seen=seen.append)
    row = now(hub, row)
    assert (row.state, len(seen), row.counts["rows"]) == ("done", ROWS - 4_000, ROWS)
    assert (row.counts["added"], row.counts["problems"]) == (ROWS - 2, 2)
    assert [int(line[0]) for line in report(row)[1:]] == list(range(2, ROWS + 2))
    assert hub.rows("select count(*) from audit where action = 'product imported'") == [(ROWS - 2,)]


def test_a_cancelled_import_stops_after_the_batch_in_hand_and_keeps_what_is_imported(
    hub: Any, ask: Any
) -> None:
    from stockwire.hub.sync import import_jobs

    row = ask(dry_run=False)

    def cancel(so_far: Any) -> None:
        if so_far.rows_done == 2_000:
            import_jobs.cancel(hub.client_id, row.pk, "sipho")

    import_jobs.work(hub.client_id, row.pk, watch=cancel)
    row = now(hub, row)
    assert (row.state, row.rows_done) == ("cancelled", 2_000)
    assert hub.rows("select count(*) from products") == [(1_999,)]
    assert (len(report(row)), kept(hub)) == (2_001, [])
    with pytest.raises(Refused, match="has ended"):
        import_jobs.cancel(hub.client_id, row.pk, "sipho")


def test_a_dry_run_writes_nothing_and_can_be_started_once(hub: Any, ask: Any) -> None:
    from stockwire.hub.sync import import_jobs

    tried = ask()
    with pytest.raises(Refused, match="no dry run that has ended"):
        import_jobs.start(hub.client_id, tried.pk, "thandi")
    import_jobs.work(hub.client_id, tried.pk)
    tried = now(hub, tried)
    assert (tried.state, tried.counts["added"]) == ("done", ROWS - 2)
    assert hub.rows("select count(*) from products") == [(0,)]
    row = import_jobs.start(hub.client_id, tried.pk, "sipho")
    import_jobs.work(hub.client_id, row.pk)
    assert now(hub, row).state == "done"
    assert hub.rows("select count(*) from products") == [(ROWS - 2,)]
    with pytest.raises(Refused, match="not kept any more"):
        import_jobs.start(hub.client_id, tried.pk, "sipho")


def test_a_file_that_cannot_be_used_fails_with_the_reason(hub: Any, ask: Any, file: Path) -> None:
    from stockwire.hub.sync import import_jobs

    file.write_text("name,colour\nBolt,red\n")
    row = ask()
    import_jobs.work(hub.client_id, row.pk)
    row = now(hub, row)
    assert (row.state, row.message[:35], kept(hub)) == ("failed", "The file has neither a column sourc", [])


def test_imports_that_wait_or_whose_worker_is_gone_are_due_and_old_ones_are_forgotten(
    hub: Any, ask: Any
) -> None:
    from django.utils import timezone

    from stockwire.hub import tenancy
    from stockwire.hub.sync import import_files, import_jobs

    moment = timezone.now()
    waiting, here = ask(), ask(here=True)
    assert tenancy.due_imports(moment) == [(hub.client_id, waiting.pk)]
    assert tenancy.due_imports(moment + timedelta(minutes=6)) == [
        (hub.client_id, waiting.pk),
        (hub.client_id, here.pk),
    ]
    import_jobs.work(hub.client_id, waiting.pk)
    import_jobs.cancel(hub.client_id, here.pk, "thandi")
    assert tenancy.due_imports(moment + timedelta(days=1)) == []
    assert tenancy.clients_with_imports() == [hub.client_id]
    import_jobs.forget_old(hub.client_id, moment + timedelta(days=2))
    assert (kept(hub), now(hub, waiting).kept_as) == ([], "")
    import_jobs.forget_old(hub.client_id, moment + timedelta(days=91))
    assert hub.rows("select count(*) from imports") == [(0,)]
    assert not import_files.report_file(hub.client_id, waiting.pk).exists()


def test_an_import_that_no_worker_survives_is_ended_and_said(hub: Any, ask: Any) -> None:
    from stockwire.hub.sync import import_jobs

    row = ask()
    # As many workers took it up and were killed in it.
    hub.owner.execute(
        "update imports set state = 'running', epoch = %s, last_row = 2002", [import_jobs.MOST_CLAIMS]
    )
    import_jobs.take_from_the_dead(hub.client_id, row.pk)
    import_jobs.work(hub.client_id, row.pk)
    ended = now(hub, row)
    assert (ended.state, kept(hub), hub.rows("select count(*) from products")) == ("failed", [], [(0,)])
    assert "after row 2002 of the file" in ended.message
    assert ended.hint


def test_a_kept_file_of_which_no_import_speaks_is_let_go_after_a_day(hub: Any, ask: Any, file: Path) -> None:
    from django.utils import timezone

    from stockwire.hub.sync import import_files, import_jobs

    ask()
    with file.open("rb") as opened:
        stray = import_files.keep(hub.client_id, opened, "stray.csv")
    moment = timezone.now()
    import_jobs.forget_old(hub.client_id, moment)
    assert stray in kept(hub)
    import_jobs.forget_old(hub.client_id, moment + timedelta(days=1, minutes=1))
    assert stray not in kept(hub)
    assert len(kept(hub)) == 1, "that of the import which waits"


def test_customers_are_imported_as_a_job_too_and_their_passwords_are_in_no_file_or_row(
    hub: Any, tmp_path: Path
) -> None:
    from stockwire.hub.sync import import_jobs

    secret = "tall grass moves slowly"
    channel = hub.new_channel(api_url="https://shop.example", consumer_key="ck_1", consumer_secret="cs_1")
    file = tmp_path / "customers.csv"
    file.write_text(
        "source_customer_code,email,password,password_confirmation\n"
        f"ANNA01,anna@example.co.za,{secret},{secret}\nBEN01,not an address,,\n"
    )
    row = import_jobs.ask(hub.client_id, "customers", channel, file, "thandi", dry_run=False)
    import_jobs.work(hub.client_id, row.pk)
    row = now(hub, row)
    assert (row.state, row.counts["added"], row.counts["problems"]) == ("done", 1, 1)
    assert [line[2] for line in report(row)[1:]] == ["add", "problem"]
    assert secret not in str(report(row))
    assert secret not in str(hub.rows("select to_jsonb(i) from imports i"))
    assert secret not in str(hub.rows("select to_jsonb(a) from audit a"))


def test_the_command_line_lists_imports_and_shows_the_audit_line_by_line(
    hub: Any, ask: Any, tmp_path: Path
) -> None:
    from click.testing import CliRunner

    from stockwire.cli import main
    from stockwire.hub.sync import import_jobs

    row = ask(dry_run=False)
    import_jobs.work(hub.client_id, row.pk)
    client = ["--client", str(hub.client_id)]
    said = CliRunner().invoke(main, ["import", "list", *client]).output.splitlines()
    assert said[0].endswith(f"products.csv into source {hub.source_id}: done")
    assert said[1].strip() == "4,500 of 4,500 rows, 2 problems; asked for by thandi"
    target = tmp_path / "report.csv"
    CliRunner().invoke(main, ["import", "report", *client, str(row.pk), str(target)])
    assert len(target.read_text("utf-8-sig").splitlines()) == ROWS + 1
    shown = CliRunner().invoke(main, ["audit", *client, "--subject", "ITEM-7", "--limit", "1"]).output
    assert ": product imported: ITEM-7" in shown.splitlines()[0]
    assert "    inventory_management: True" in shown.splitlines()
    none = CliRunner().invoke(main, ["audit", *client, "--subject", "NEVER"]).output
    assert none == "There is nothing in the audit that is asked for.\n"
