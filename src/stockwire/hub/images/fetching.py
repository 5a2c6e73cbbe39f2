"""Addresses of images into pictures of ours: fetched outside of any transaction, checked, kept, told.

A product is looked at for its channels once a picture of it has been read and is another than before. What is
wrong for good waits for a person; what may get better by itself is tried again, a little later each time.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import structlog
from django.conf import settings
from django.db import connection
from django.utils import timezone

from stockwire.errors import Refused, StockwireError, TryLater
from stockwire.files.addresses import networks, shown
from stockwire.files.download import Bounds, download
from stockwire.files.pictures import LARGEST, Picture
from stockwire.hub import tenancy
from stockwire.hub.images.addresses import of_stored, stored_file
from stockwire.hub.images.keeping import keep
from stockwire.hub.models import Image
from stockwire.hub.sync.lanes import waiting_s
from stockwire.hub.sync.stale import mark_products

log = structlog.get_logger("stockwire.worker")
BATCH = 20
MOST_ATTEMPTS = 8
LEASE = timedelta(minutes=20)


def fetch_due(client_id: int, most: int = 1_000_000) -> int:
    """Fetch the images of this client that are due. How many; two workers never take the same one."""
    done = 0
    while done < most:
        taken = _take(client_id, min(BATCH, most - done))
        for image_id, src, before in taken:
            _one(client_id, image_id, src, before)
        done += len(taken)
        if not taken:
            break
    return done


def fetch_again(client_id: int, source_id: int, *, all_of_them: bool) -> int:
    """Make images of a source due now: those with a problem, or all. Their number."""
    with tenancy.scope(client_id):
        rows = Image.objects.filter(product__source_id=source_id, active=True)
        if not all_of_them:
            rows = rows.exclude(problem="")
        return rows.update(next_at=timezone.now(), attempts=0)


def _take(client_id: int, count: int) -> Sequence[tuple[int, str, str]]:
    now = timezone.now()
    with tenancy.scope(client_id), connection.cursor() as cursor:
        cursor.execute(TAKE, [now + LEASE, now, count])
        rows: Sequence[tuple[int, str, str]] = cursor.fetchall()
        return rows


def _one(client_id: int, image_id: int, src: str, before: str) -> None:
    try:
        picture = _picture(client_id, src)
    except StockwireError as error:
        log.warning("An image could not be taken", image=shown(src), why=error.message)
        _failed(client_id, image_id, error)
        return
    except Exception:
        # One picture that nobody thought of may not keep all others from being fetched.
        log.exception("A fault of ours kept an image from being taken", image=shown(src))
        ours = "Something went wrong inside Stockwire with this picture."
        _failed(
            client_id, image_id, Refused(ours, hint="Save it anew; if it stays, send us the worker's log.")
        )
        return
    with tenancy.scope(client_id):
        rows = Image.objects.filter(pk=image_id)
        rows.update(
            content_hash=picture.content_hash,
            kind=picture.kind,
            width=picture.width,
            height=picture.height,
            attempts=0,
            next_at=None,
            problem="",
            hint="",
        )
        if picture.content_hash != before:
            mark_products(list(rows.values_list("product_id", flat=True)), "an image was read")


def _picture(client_id: int, src: str) -> Picture:
    own = of_stored(src)
    if own is not None:
        file = stored_file(*own)
        if own[0] != client_id or not file.is_file():
            raise Refused("This picture is not kept here any more.", hint="Upload it again.")
        return keep(client_id, file, file.name)
    with tempfile.TemporaryDirectory(prefix="stockwire-image-") as folder:
        target = Path(folder) / "image"
        allowed = networks(settings.CONFIG.fetch_networks)
        download(src, target, Bounds(LARGEST, within_s=60.0, timeout_s=20.0, allowed=allowed))
        return keep(client_id, target, shown(src))


def _failed(client_id: int, image_id: int, error: StockwireError) -> None:
    with tenancy.scope(client_id):
        image = Image.objects.filter(pk=image_id).first()
        if image is None:
            return
        again = isinstance(error, TryLater) and image.attempts + 1 < MOST_ATTEMPTS
        wait_s = waiting_s(image.attempts + 4, error.after_s if isinstance(error, TryLater) else None)
        Image.objects.filter(pk=image_id).update(
            attempts=image.attempts + 1,
            problem=error.message,
            hint=error.hint,
            next_at=timezone.now() + timedelta(seconds=wait_s) if again else None,
        )


TAKE = """
    update images i set next_at = %s
    from (select id, content_hash from images where active and next_at <= %s
        order by next_at limit %s for update skip locked) due
    where i.id = due.id returning i.id, i.src, due.content_hash
"""
