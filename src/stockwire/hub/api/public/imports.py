"""/api/v1/imports: a file uploaded, tried, imported, watched and cancelled; its report with every row."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Literal

from django.http import HttpResponseBase
from ninja import File, Form, Router, Schema, UploadedFile

from stockwire.errors import Refused
from stockwire.hub import tenancy
from stockwire.hub.api.public.access import Request, may_change
from stockwire.hub.api.public.streaming import csv_answer
from stockwire.hub.api.public.uploads import opened
from stockwire.hub.models import Import
from stockwire.hub.sync import import_files, import_jobs

router = Router(tags=["imports"])


class Asked(Schema):
    """Products go into a source, customers onto a channel. A dry run writes nothing; `skip_new` and
    `ignore_flags` are for products, `ignore_new` for customers."""

    kind: Literal["products", "customers"] = "products"
    source: int | None = None
    channel: int | None = None
    dry_run: bool = True
    skip_new: bool = False
    ignore_flags: bool = False
    ignore_new: bool = False


@router.post("", response={202: dict[str, Any]}, summary="Upload a file; a dry run unless told otherwise")
def ask(request: Request, asked: Form[Asked], file: File[UploadedFile]) -> dict[str, Any]:
    may_change(request)
    place = asked.source if asked.kind == "products" else asked.channel
    if place is None:
        wanted = "source" if asked.kind == "products" else "channel"
        raise Refused(f"An import of {asked.kind} needs a {wanted}.", hint=f"Send {wanted} with the file.")
    row = import_jobs.ask(
        request.auth.client_id,
        asked.kind,
        place,
        opened(file),
        request.auth.who,
        name=file.name or "upload",
        dry_run=asked.dry_run,
        options=asked.dict(),
    )
    return _said(row)


@router.get("", summary="The last imports, newest first")
def imports(request: Request, limit: int = 50) -> list[dict[str, Any]]:
    may_change(request)
    with tenancy.scope(request.auth.client_id):
        return [_said(row) for row in Import.objects.order_by("-id")[: max(1, min(limit, 1_000))]]


@router.get("/{import_id}", summary="How far an import is, and what came of it")
def one(request: Request, import_id: int) -> dict[str, Any]:
    may_change(request)
    with tenancy.scope(request.auth.client_id):
        return _said(import_jobs.of(import_id))


@router.get("/{import_id}/report", summary="A line for every row that is done, as CSV")
def report(request: Request, import_id: int) -> HttpResponseBase:
    may_change(request)
    with tenancy.scope(request.auth.client_id):
        row = import_jobs.of(import_id)
    with tempfile.NamedTemporaryFile(prefix="stockwire-report-", delete=False) as copy:
        target = Path(copy.name)
    try:
        import_files.copy_report(row.client_id, row.pk, row.report_size, target)
    except BaseException:
        target.unlink()
        raise
    return csv_answer(request, target, f"import-{import_id}-report.csv")


@router.post("/{import_id}/start", response={202: dict[str, Any]}, summary="Import what a dry run looked at")
def start(request: Request, import_id: int) -> dict[str, Any]:
    may_change(request)
    return _said(import_jobs.start(request.auth.client_id, import_id, request.auth.who))


@router.post("/{import_id}/cancel", summary="Stop after the batch in hand; what is imported stays")
def cancel(request: Request, import_id: int) -> dict[str, Any]:
    may_change(request)
    return _said(import_jobs.cancel(request.auth.client_id, import_id, request.auth.who))


def _said(row: Import) -> dict[str, Any]:
    return {
        "id": row.pk,
        "kind": row.kind,
        "source": row.source_id,
        "channel": row.channel_id,
        "file": row.file_name,
        "dry_run": row.dry_run,
        **row.options,
        "state": row.state,
        "rows_all": row.rows_all,
        "rows_done": row.rows_done,
        "counts": row.counts,
        "asked_by": row.asked_by,
        "asked_at": row.asked_at,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
        "can_start": bool(row.dry_run and row.state == "done" and row.kept_as),
        "message": row.message,
        "hint": row.hint,
    }
