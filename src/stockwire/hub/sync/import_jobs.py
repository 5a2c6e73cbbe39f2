"""Imports as jobs: asked for, worked off by one process at a time, cancelled, started after a dry run.

A worker that dies leaves whole batches behind. Whoever takes over goes on after the last settled row, and a
dry run, which leaves nothing behind, begins anew: nothing is stored, counted or reported twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

import structlog
from django.db.models import F, Q
from django.utils import timezone

from stockwire import dying
from stockwire.domain.product_rows import RowResult
from stockwire.errors import Refused, StockwireError
from stockwire.hub import jobs, tenancy
from stockwire.hub.models import (
    UNFINISHED_IMPORTS,
    Audit,
    Channel,
    Import,
    ImportKind,
    ImportState,
    Source,
)
from stockwire.hub.sync import import_customers, import_files, import_products

log = structlog.get_logger("stockwire.worker")
LEASE = timedelta(minutes=5)
MOST_CLAIMS = 20
"""Each death of a worker is two: it is taken from the dead, and claimed by the next one."""
OPTIONS = {ImportKind.PRODUCTS: ("skip_new", "ignore_flags"), ImportKind.CUSTOMERS: ("ignore_new",)}
Seen = Callable[[RowResult], None]
Watch = Callable[[Import], None]


class Stopped(Exception):
    """Somebody cancelled the import, or another worker has it now: the batch in hand is undone."""


def ask(
    client_id: int,
    kind: str,
    place_id: int,
    file: Path | BinaryIO,
    who: str,
    *,
    name: str = "",
    dry_run: bool = True,
    options: Mapping[str, bool] = {},
    here: bool = False,
) -> Import:
    """Keep the file (a path, or one that is open and called `name`) and have it imported into a source
    (products) or a channel (customers). `here`: the caller does it himself with `work`. Raises Refused. Not
    to be called inside a scope.
    """
    place = _place(client_id, kind, place_id)
    name = name or (file.name if isinstance(file, Path) else "upload")
    with file.open("rb") if isinstance(file, Path) else nullcontext(file) as opened:
        kept = import_files.keep(client_id, opened, name)
    try:
        with tenancy.scope(client_id):
            row = Import.objects.create(
                client_id=client_id,
                kind=kind,
                **place,
                file_name=name[:200],
                kept_as=kept,
                dry_run=dry_run,
                options={option: bool(options.get(option)) for option in OPTIONS[ImportKind(kind)]},
                asked_by=who[:150],
                lease_until=timezone.now() + LEASE if here else None,
            )
            _note(row, who, "import asked for")
            if not here:
                jobs.start_import(client_id, row.pk)
    except BaseException:
        import_files.forget(client_id, kept)
        raise
    return row


def start(client_id: int, import_id: int, who: str) -> Import:
    """Import for good what a dry run has looked at. Raises Refused. Not to be called inside a scope."""
    with tenancy.scope(client_id):
        tried = of(import_id, lock=True)
        if not tried.dry_run or tried.state != ImportState.DONE:
            raise Refused(
                f"Import {import_id} is no dry run that has ended.",
                hint="Upload the file again; a dry run can be started when it is done.",
            )
        if not tried.kept_as:
            raise Refused(f"The file of import {import_id} is not kept any more.", hint="Upload it again.")
        row = Import.objects.create(
            client_id=client_id,
            kind=tried.kind,
            source_id=tried.source_id,
            channel_id=tried.channel_id,
            file_name=tried.file_name,
            kept_as=tried.kept_as,
            dry_run=False,
            options=tried.options,
            asked_by=who[:150],
        )
        Import.objects.filter(pk=tried.pk).update(kept_as="")
        _note(row, who, "import asked for")
        jobs.start_import(client_id, row.pk)
    return row


def cancel(client_id: int, import_id: int, who: str) -> Import:
    """Stop an import after the batch in hand. What is imported stays. Not to be called inside a scope."""
    with tenancy.scope(client_id):
        row = of(import_id, lock=True)
        if row.state not in UNFINISHED_IMPORTS:
            raise Refused(f"Import {import_id} has ended: {row.state}.", hint="Nothing is left to cancel.")
        kept = row.kept_as
        _end(row, ImportState.CANCELLED)
        _note(row, who, "import cancelled", rows_done=row.rows_done)
    import_files.forget(client_id, kept)
    return row


def of(import_id: int, *, lock: bool = False) -> Import:
    """The import, inside an open scope. Raises Refused."""
    rows = Import.objects.select_for_update() if lock else Import.objects
    row = rows.filter(pk=import_id).first()
    if row is None:
        raise Refused(f"There is no import {import_id}.", hint="`stockwire import list` shows them.")
    return row


def work(
    client_id: int, import_id: int, *, seen: Seen = lambda result: None, watch: Watch | None = None
) -> None:
    """Do the import, or go on with it. Returns at once when it has ended or somebody else has it; how it went
    stands in its row. Not to be called inside a scope.
    """
    row = _claim(client_id, import_id)
    if row is None:
        return
    try:
        _run(row, seen, watch or (lambda row: None))
    except Stopped:
        log.info("An import was stopped or taken over", id=import_id)
        return
    except StockwireError as error:
        _ended(row, ImportState.FAILED, message=error.message, hint=error.hint)
        log.warning("An import failed", id=import_id, why=error.message)
        return
    except Exception:
        log.exception("A fault of ours stopped an import", id=import_id)
        message = "Something went wrong inside Stockwire during this import."
        hint = "What was imported stays. Import the file again; if it stays, send us the log of the worker."
        _ended(row, ImportState.FAILED, message=message, hint=hint)
        return
    _ended(row, ImportState.DONE)


def take_from_the_dead(client_id: int, import_id: int) -> None:
    """Nobody has it in hand any more; the worker that had it can write nothing to it."""
    with tenancy.scope(client_id):
        rows = Import.objects.filter(pk=import_id, state=ImportState.RUNNING)
        rows.update(lease_until=None, epoch=F("epoch") + 1)


def forget_old(client_id: int, now: Any) -> None:
    """Let go of files of dry runs after a day, and of imports with their reports after ninety."""
    with tenancy.scope(client_id):
        ended = Import.objects.exclude(state__in=UNFINISHED_IMPORTS)
        files = list(
            ended.exclude(kept_as="").filter(finished_at__lt=now - FILE_KEPT).values_list("pk", "kept_as")
        )
        Import.objects.filter(pk__in=[pk for pk, _ in files]).update(kept_as="")
        old = ended.filter(finished_at__lt=now - REPORT_KEPT)
        reports = list(old.values_list("pk", flat=True))
        old.delete()
        known = set(Import.objects.exclude(kept_as="").values_list("kept_as", flat=True))
    import_files.forget_strays(client_id, known, now - FILE_KEPT)
    for _, kept in files:
        import_files.forget(client_id, kept)
    for import_id in reports:
        import_files.forget_report(client_id, import_id)


FILE_KEPT, REPORT_KEPT = timedelta(days=1), timedelta(days=90)


def _place(client_id: int, kind: str, place_id: int) -> dict[str, int]:
    with tenancy.scope(client_id):
        if kind == ImportKind.PRODUCTS:
            if Source.objects.filter(pk=place_id, linked_to=None).exists():
                return {"source_id": place_id}
            raise Refused(
                f"There is no source {place_id} to import into.",
                hint="The status page names the sources; a linked source takes its own file only.",
            )
        if kind == ImportKind.CUSTOMERS:
            if Channel.objects.filter(pk=place_id).exists():
                return {"channel_id": place_id}
            raise Refused(f"There is no channel {place_id}.", hint="`stockwire channel list` shows them.")
    raise Refused(f"There is no import of {kind[:40]}.", hint="Products or customers.")


def _claim(client_id: int, import_id: int) -> Import | None:
    now = timezone.now()
    with tenancy.scope(client_id):
        free = Import.objects.filter(pk=import_id, state__in=UNFINISHED_IMPORTS).filter(
            Q(lease_until=None) | Q(lease_until__lt=now) | Q(epoch=0)
        )
        if not free.update(state=ImportState.RUNNING, lease_until=now + LEASE, epoch=F("epoch") + 1):
            return None
        row = Import.objects.get(pk=import_id)
        if row.started_at is None:
            row.started_at = now
        if row.epoch > MOST_CLAIMS:
            kept = row.kept_as
            message = f"Worker after worker died in this import, after row {row.last_row} of the file."
            hint = (
                "Look for what is odd in the rows below it, import the file without them, and send it to us."
            )
            _end(row, ImportState.FAILED, message, hint)
            _note(row, row.asked_by, "import failed", **row.counts, message=message)
            import_files.forget(client_id, kept)
            return None
        if row.dry_run:
            row.rows_done = row.last_row = row.report_size = 0
            row.counts = {}
        row.save()
    return row


def _run(row: Import, seen: Seen, watch: Watch) -> None:
    with import_files.opened(row.client_id, row.kept_as) as file:
        _mine(row, rows_all=import_files.count_rows(file))
        report = import_files.Report(import_files.report_file(row.client_id, row.pk), row.report_size)
        try:
            products = row.kind == ImportKind.PRODUCTS
            verb: Any = import_products if products else import_customers

            def settle(results: list[RowResult], counts: Any, last: int) -> None:
                report.add(results)
                said = asdict(counts)
                _settled(row, rows_done=said["rows"], counts=said, last_row=last, report_size=report.end)
                dying.step("import-batch")

            def progress(rows: int) -> None:
                report.settled(row.report_size)
                watch(row)

            act = verb.import_products if products else verb.import_customers
            counts = act(
                row.client_id,
                row.source_id if products else row.channel_id,
                file,
                verb.Options(who=row.asked_by, dry_run=row.dry_run, **row.options),
                report=seen,
                progress=progress,
                hold=verb.Hold(row.last_row, verb.Counts(**row.counts), settle),
            )
            # Columns that mean nothing are known though no row was read.
            _mine(row, counts=asdict(counts))
        finally:
            report.close()


def _mine(row: Import, **values: Any) -> None:
    with tenancy.scope(row.client_id):
        _settled(row, **values)


def _settled(row: Import, **values: Any) -> None:
    """Write to the row, inside the open transaction, as long as it is ours to work on. Raises Stopped."""
    values["lease_until"] = timezone.now() + LEASE
    ours = Import.objects.filter(pk=row.pk, epoch=row.epoch, state=ImportState.RUNNING)
    if not ours.update(**values):
        raise Stopped
    for name, value in values.items():
        setattr(row, name, value)


def _ended(row: Import, state: ImportState, *, message: str = "", hint: str = "") -> None:
    with tenancy.scope(row.client_id):
        now = Import.objects.select_for_update().get(pk=row.pk)
        if now.epoch != row.epoch or now.state != ImportState.RUNNING:
            return
        _end(now, state, message, hint)
        _note(now, row.asked_by, f"import {state.value}", **now.counts, message=message)
    if not row.dry_run or state != ImportState.DONE:
        import_files.forget(row.client_id, row.kept_as)


def _end(row: Import, state: ImportState, message: str = "", hint: str = "") -> None:
    row.state, row.finished_at, row.lease_until = state, timezone.now(), None
    row.message, row.hint = message, hint
    if not (row.dry_run and state == ImportState.DONE):
        row.kept_as = ""
    row.save()


def _note(row: Import, who: str, action: str, **after: Any) -> None:
    what: dict[str, Any] = {
        "import": row.pk,
        "kind": row.kind,
        "source": row.source_id,
        "channel": row.channel_id,
        "dry_run": row.dry_run,
        **row.options,
        **after,
    }
    told = {name: value for name, value in what.items() if value not in (None, "", [])}
    Audit.objects.create(
        client_id=row.client_id, who=who[:150], action=action, subject=row.file_name, after=told
    )
