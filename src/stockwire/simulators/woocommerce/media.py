"""Pictures: what happens when a product is given an address or the id of one.

Nothing is downloaded. The address decides: a host called `unreachable...` cannot be reached, a file called
`missing...` is not found, `not-an-image...` is no picture; every other address is taken as uploaded.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from stockwire.simulators.woocommerce.rest import ApiError, Json

if TYPE_CHECKING:
    from stockwire.simulators.woocommerce.shop import Record, Shop


def check(shop: Shop, sent: list[Any], kind: str) -> None:
    """Raise ApiError for the first image that cannot be fetched or does not exist.

    `kind` is product or variation; the codes of variations are those of the shop's source, not recorded.
    """
    for row in sent:
        if isinstance(row, dict):
            _check(shop, row, kind)


def gallery(shop: Shop, sent: list[Any]) -> list[int]:
    """The image ids for `[{"src"...} | {"id"...}]` that `check` has passed."""
    rows = [row for row in sent if isinstance(row, dict)]
    ordered = sorted(enumerate(rows), key=lambda pair: pair[1].get("position", pair[0]))
    return [_kept(shop, row) if row.get("id") else _uploaded(shop, row) for _, row in ordered]


def view(shop: Shop, image_id: int) -> Json:
    """An image. Its local stamps are shifted twice by the time zone, as recorded; the _gmt ones are right."""
    image = shop.images[image_id]
    offset = image["created"].astimezone(shop.zone).utcoffset() or timedelta()
    twice = shop.local(image["created"] + offset)
    gmt = shop.gmt(image["created"])
    return {
        "id": image_id,
        "date_created": twice,
        "date_created_gmt": gmt,
        "date_modified": twice,
        "date_modified_gmt": gmt,
        "src": f"{shop.home}/wp-content/uploads/{image['created']:%Y/%m}/{image['file']}",
        "name": image["name"],
        "alt": image["alt"],
    }


def _check(shop: Shop, row: Record, kind: str) -> None:
    if row.get("id"):
        if row["id"] not in shop.images:
            code = f"woocommerce_{kind}_invalid_image_id"
            raise ApiError(400, code, f"#{row['id']} is an invalid image ID.")
        return
    address = str(row.get("src", ""))
    parts = urlsplit(address)
    file = parts.path.rsplit("/", 1)[-1]
    if parts.scheme not in ("http", "https") or parts.netloc.startswith("unreachable"):
        raise _failed(kind, f"Error getting remote image {address}. Error: A valid URL was not provided.")
    if file.startswith("missing"):
        raise _failed(kind, f"Error getting remote image {address}. Error: Not Found")
    if file.startswith("not-an-image"):
        raise _failed(kind, "Invalid image: Sorry, you are not allowed to upload this file type.")


def _failed(kind: str, message: str) -> ApiError:
    return ApiError(400, f"woocommerce_{kind}_image_upload_error", message)


def _uploaded(shop: Shop, row: Record) -> int:
    wanted = urlsplit(row["src"]).path.rsplit("/", 1)[-1]
    stem, _, ending = wanted.rpartition(".")
    taken = {image["file"] for image in shop.images.values()}
    file, at = wanted, 1
    while file in taken:
        file, at = f"{stem}-{at}.{ending}", at + 1
    number = shop.next_id("post")
    shop.images[number] = {
        "created": shop.now(),
        "file": file,
        "name": row.get("name") or file,
        "alt": row.get("alt", ""),
    }
    return number


def _kept(shop: Shop, row: Record) -> int:
    image = shop.images[row["id"]]
    image["name"] = row.get("name", image["name"])
    image["alt"] = row.get("alt", image["alt"])
    return int(row["id"])
