"""A linked source's file into the products of the source it is linked to: fetched, read, stored if different.

It only enriches: what is not here is passed over, and only fields that the linked source's own flags give
to it are written (behaviour A6). The file is fetched outside of any transaction, by one worker at a time.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from time import monotonic

import structlog
from django.conf import settings
from django.db.models import F, Max, Q
from django.utils import timezone

from stockwire.domain.cells import Wrong
from stockwire.domain.product_columns import ProductColumns
from stockwire.domain.product_rows import ProductRow, RowResult
from stockwire.domain.records import RowProblem
from stockwire.domain.schedule import HOME, next_run
from stockwire.errors import NotSetUp, Refused, StockwireError, TryLater
from stockwire.file_port import CanFetch, FetchedRows, Fetching
from stockwire.files.addresses import networks
from stockwire.hub import tenancy
from stockwire.hub.models import Flag, Source, SourceFetch, SourceProblem, Variant
from stockwire.hub.sync.lanes import waiting_s
from stockwire.hub.sync.no_longer_sent import tidy_prefixes
from stockwire.hub.sync.source_names import names_of
from stockwire.hub.sync.source_problems import keep_problems
from stockwire.hub.sync.store_rows import How, store_batch
from stockwire.hub.sync.writable import flags_of
from stockwire.registry import file_connector

log = structlog.get_logger("stockwire.worker")
LEASE = timedelta(minutes=15)
BATCH = 1_000
KEPT_PROBLEMS = 1_000


def fetch(client_id: int, source_id: int, *, in_any_case: bool = False) -> SourceFetch | None:
    """Fetch one linked source now. None when another worker has it. What went wrong stands at the source, and
    is raised to whoever asked `in_any_case`, who also gets an unchanged file read again."""
    held = _claim(client_id, source_id)
    if held is None:
        return None
    began = monotonic()
    try:
        _run(held, _Run(in_any_case))
        error: StockwireError | None = None
    except StockwireError as raised:
        error = raised
    except Exception:
        log.exception("A fault of ours stopped a linked source", source=source_id)
        error = Refused(
            "Something went wrong inside Stockwire while this file was read.",
            hint="What was stored stays. If it happens again, send us the log of the worker.",
        )
    _end(held, error, monotonic() - began)
    if error is not None:
        log.warning("A linked source could not be fetched", source=source_id, why=error.message)
        if in_any_case:
            raise error
    with tenancy.scope(client_id):
        return SourceFetch.objects.get(pk=source_id)


class _Run:
    """What one run counted."""

    def __init__(self, in_any_case: bool) -> None:
        self.in_any_case = in_any_case
        self.rows = self.changed = self.unknown = 0
        self.problems: list[RowProblem] = []
        self.problem_count = 0

    def problem(self, code: str, message: str, fix: str) -> None:
        self.problem_count += 1
        if len(self.problems) < KEPT_PROBLEMS:
            self.problems.append(RowProblem(code, message, fix))

    def take(self, results: list[RowResult]) -> None:
        for result in results:
            if result.outcome == "problem":
                self.problem(result.code, result.message, result.fix)
            self.changed += result.outcome == "update"
            self.unknown += result.outcome == "skipped"


def _claim(client_id: int, source_id: int) -> SourceFetch | None:
    now = timezone.now()
    with tenancy.scope(client_id):
        rows = SourceFetch.objects.filter(pk=source_id)
        if not rows.exists():
            raise Refused(
                f"There is no linked source {source_id}.", hint="`stockwire source linked` lists them."
            )
        free = rows.filter(Q(lease_until=None) | Q(lease_until__lt=now))
        if not free.update(lease_until=now + LEASE, epoch=F("epoch") + 1):
            return None
        return rows.select_related("source", "source__linked_to").get()


def _run(held: SourceFetch, run: _Run) -> None:
    source = held.source
    connector = file_connector(source.type)
    opened = connector.open(source.read_settings(connector.settings))
    with tenancy.scope(source.client_id):
        seen = _seen(source)
    known = not run.in_any_case and seen == held.seen
    with tempfile.TemporaryDirectory(prefix="stockwire-fetch-") as folder:
        how = Fetching(
            folder=files_folder(source.client_id),
            target=Path(folder) / "file",
            marks=(held.etag, held.last_modified) if known else ("", ""),
            allowed=networks(settings.CONFIG.fetch_networks),
        )
        fetched = opened.fetch(how)
        if fetched.file is None:
            with tenancy.scope(source.client_id):
                SourceFetch.objects.filter(pk=source.pk, epoch=held.epoch).update(last_run_at=timezone.now())
            return
        _store(held, opened, fetched.file, run)
    with tenancy.scope(source.client_id):
        _note_problems(source, run.problems)
        now = timezone.now()
        SourceFetch.objects.filter(pk=source.pk, epoch=held.epoch).update(
            etag=fetched.marks[0],
            last_modified=fetched.marks[1],
            seen=seen,
            last_run_at=now,
            last_change_at=now if run.changed else F("last_change_at"),
            rows=run.rows,
            changed=run.changed,
            unknown=run.unknown,
            problems=run.problem_count,
        )


def _store(held: SourceFetch, opened: CanFetch, file: Path, run: _Run) -> None:
    source = held.source
    target = source.linked_to
    assert target is not None
    with tenancy.scope(source.client_id):
        flags, names = flags_of(source), names_of(target)
    with opened.rows(file) as fetched:
        try:
            columns = ProductColumns(fetched.header, names)
        except Wrong as wrong:
            raise NotSetUp(wrong.message, hint=wrong.fix) from None
        prefixes = tidy_prefixes(source)
        how = How(
            flags,
            create=False,
            who=source.description,
            action="linked source",
            by_hand=False,
            meta_prefixes=tuple(p for p in prefixes if any(key.startswith(p) for key in columns.meta_keys)),
        )
        rows = _rows(fetched, columns, run)
        while batch := list(islice(rows, BATCH)):
            with tenancy.scope(source.client_id):
                renewed = SourceFetch.objects.filter(pk=source.pk, epoch=held.epoch)
                if not renewed.update(lease_until=timezone.now() + LEASE):
                    raise TryLater("Another worker has taken this file over.")
            run.take(store_batch(target, batch, how))


def _rows(fetched: FetchedRows, columns: ProductColumns, run: _Run) -> Iterator[ProductRow]:
    seen: set[tuple[str, str]] = set()
    for number, cells in fetched.rows:
        run.rows += 1
        if isinstance(cells, RowProblem):
            run.problem(f"row {number}", cells.message, cells.hint)
            continue
        try:
            row = columns.read(number, cells)
        except Wrong as wrong:
            run.problem(columns.code_of(cells) or f"row {number}", wrong.message, wrong.fix)
            continue
        if row.active is not None or row.meta_delete:
            run.problem(row.code, "A linked source deletes nothing.", "Take active and delete_meta out.")
        elif (key := (row.product_code, row.variant_code)) in seen:
            run.problem(row.code, f"{row.code} comes twice; its first row was used.", "Keep one of the rows.")
        else:
            seen.add(key)
            yield row


def _end(held: SourceFetch, error: StockwireError | None, seconds: float) -> None:
    """Free it, and say when it is fetched again: after a while when that may help, else on schedule."""
    source, now = held.source, timezone.now()
    connector = file_connector(source.type)
    try:
        due = next_run(str(source.read_settings(connector.settings).model_dump()["schedule"]), now)
    except StockwireError:
        due = now + timedelta(days=1)
    attempts = held.attempts + 1 if isinstance(error, TryLater) else 0
    if isinstance(error, TryLater):
        due = min(due, now + timedelta(seconds=waiting_s(held.attempts + 4, error.after_s)))
    with tenancy.scope(source.client_id):
        ended = SourceFetch.objects.filter(pk=source.pk, epoch=held.epoch)
        if ended.update(lease_until=None, next_at=due if source.active else None, attempts=attempts):
            Source.objects.filter(pk=source.pk).update(
                read_error=error.message if error else "",
                read_hint=error.hint if error else "",
                read_seconds=seconds,
                read_mode="file",
            )


def _seen(source: Source) -> str:
    """Digest of what decides the outcome besides the file; of another day, so that it is read once a day."""
    said = {
        "settings": source.settings,
        "flags": sorted(Flag.objects.filter(source=source).values_list("field", "owner")),
        "newest": Variant.objects.filter(source_id=source.linked_to_id).aggregate(at=Max("id"))["at"],
        "day": _day(timezone.now()),
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()


def _day(now: datetime) -> str:
    return now.astimezone(HOME).date().isoformat()


def _note_problems(source: Source, problems: list[RowProblem]) -> None:
    SourceProblem.objects.filter(source=source).delete()
    keep_problems(source, problems)


def files_folder(client_id: int) -> Path:
    """Where the files a client uploaded are kept; made when it is missing."""
    folder: Path = settings.CONFIG.data_folder / "files" / str(int(client_id))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
