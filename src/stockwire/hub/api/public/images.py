"""/api/v1/images: what became of the images of a source, many uploaded at once, fetched again, taken off."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from ninja import File, Form, Router, Schema, UploadedFile

from stockwire.errors import Refused
from stockwire.files.pictures import THUMBNAILS
from stockwire.hub import tenancy
from stockwire.hub.api.public.access import Request, may_change
from stockwire.hub.api.public.uploads import opened
from stockwire.hub.images.addresses import not_shown, public_address, shown_address
from stockwire.hub.images.fetching import fetch_again
from stockwire.hub.images.removing import remove_images
from stockwire.hub.images.uploading import Replace, opened_zip
from stockwire.hub.models import Image

router = Router(tags=["images"])


class Asked(Schema):
    """`field` is what a file's name without its ending is equal to: sku, source_variant_code,
    source_product_code or barcode. `find` and `put` are replaced on the names in pairs, in their order."""

    source: int
    field: str = "sku"
    find: list[str] = []
    put: list[str] = []
    dry_run: bool = True


class Again(Schema):
    """Those with a problem, or `all`."""

    source: int
    all: bool = False


class Gone(Schema):
    """These addresses off a product, as an export shows them; all of its images when there are none."""

    source: int
    source_product_code: str
    addresses: list[str] = []


@router.get("", summary="How many were read or wait, and those with a problem")
def images(request: Request, source: int, limit: int = 200) -> dict[str, Any]:
    may_change(request)
    with tenancy.scope(request.auth.client_id):
        rows = Image.objects.filter(product__source_id=source, active=True)
        counts = rows.aggregate(
            read=Count("pk", filter=Q(next_at=None, problem="")),
            waiting=Count("pk", filter=Q(next_at__isnull=False)),
            with_problem=Count("pk", filter=~Q(problem="")),
        )
        wrong = rows.exclude(problem="").select_related("product").order_by("id")
        problems = [
            {
                "source_product_code": one.product.source_product_code,
                "image": shown_address(one.src),
                "message": one.problem,
                "hint": one.hint,
                "tried_again_at": one.next_at,
            }
            for one in wrong[: max(1, min(limit, 1_000))]
        ]
    return {**counts, "problems": problems}


@router.get("/of", summary="The images of one product, with its small copies, in their order")
def of_product(request: Request, source: int, source_product_code: str) -> list[dict[str, Any]]:
    may_change(request)
    with tenancy.scope(request.auth.client_id):
        rows = Image.objects.filter(
            product__source_id=source, product__source_product_code=source_product_code, active=True
        )
        return [_said(one) for one in rows.order_by("position", "id")]


@router.post("", summary="Upload a zip of pictures; only tried unless dry_run is false")
def upload(request: Request, asked: Form[Asked], file: File[UploadedFile]) -> dict[str, Any]:
    may_change(request)
    if len(asked.find) != len(asked.put):
        raise Refused("find and put come in pairs.", hint="Send put= with nothing to take a text away.")
    rules = [Replace(*pair) for pair in zip(asked.find, asked.put, strict=True)]
    with opened_zip(request.auth.client_id, asked.source, opened(file)) as ready:
        found = ready.match(asked.field, rules)
        written = 0 if asked.dry_run else ready.write(request.auth.who)
    files = [
        {
            "name": one.name,
            "code": one.code,
            "product_id": one.product_id,
            "size": one.size,
            "status": "left out" if one.problem else "would be uploaded" if asked.dry_run else "uploaded",
            "message": one.problem,
            "hint": one.fix,
        }
        for one in found
    ]
    left_out = sum(bool(one.problem) for one in found)
    return {
        "dry_run": asked.dry_run,
        "matched": len(found) - left_out,
        "left_out": left_out,
        "new": written,
        "note": not_shown(),
        "files": files,
    }


@router.post("/fetch", response={202: dict[str, int]}, summary="Have images fetched again")
def fetch(request: Request, again: Again) -> dict[str, int]:
    may_change(request)
    return {"due": fetch_again(request.auth.client_id, again.source, all_of_them=again.all)}


@router.post("/remove", summary="Take images off a product")
def remove(request: Request, gone: Gone) -> dict[str, int]:
    may_change(request)
    caller = request.auth
    return {
        "removed": remove_images(
            caller.client_id, gone.source, gone.source_product_code, gone.addresses, caller.who
        )
    }


def _said(image: Image) -> dict[str, Any]:
    """`src` is where it comes from, `shown` what shops are given: "" until it has been read, and while the
    hub has no public_url."""

    def address(size: str = "") -> str:
        known = image.content_hash
        return public_address(image.client_id, known, image.kind, size) if known else ""

    return {
        "src": shown_address(image.src),
        "shown": address(),
        **{f"src_{size}": address(size) for size in THUMBNAILS},
        "kind": image.kind,
        "width": image.width,
        "height": image.height,
        "message": image.problem,
        "hint": image.hint,
    }
