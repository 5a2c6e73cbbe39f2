"""The stage of a push that hangs up pictures, after everything else has gone through.

The shop fetches them from their addresses, which is slow and fails for reasons of its own, so a picture never
holds up a price. Pictures that people added by hand stay; ours are known by their content.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from stockwire.connectors.woocommerce import batches
from stockwire.connectors.woocommerce.items import Item, Row, Run
from stockwire.connectors.woocommerce.pace import pace_of
from stockwire.connectors.woocommerce.refusals import explain_row, no_picture, not_json, read_error
from stockwire.domain.records import Image
from stockwire.errors import Refused, StockwireError
from stockwire.ports import Change, Group

REMEMBERED = "images"
"""Under this key a link remembers which picture of the shop is which of ours: ids by content, as JSON."""
META_KEY = "_stockwire_images"
"""The product keeps what was last hung up, so that a push whose answer was lost hangs nothing up twice."""
_ROWS_PER_CALL = 5
_UPLOAD_ERRORS = {"woocommerce_product_image_upload_error", "woocommerce_product_invalid_image_id"}


def speaks_of_pictures(item: Item) -> bool:
    return any(one.group is Group.IMAGES for one in item.change.fields)


@dataclass(slots=True)
class _Hanging(Item):
    """The row that changes the pictures of one product. `whose` is the product's own item."""

    whose: Item = field(kw_only=True)
    uploads: list[str] = field(default_factory=list)
    kept: dict[str, int] = field(default_factory=dict)


class Pictures:
    """Writes the pictures of one push; what fails is kept on the item, next to what went through."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def write(self, items: Sequence[Item]) -> None:
        """Items must be settled. Products that show what is wanted cost no call."""
        hanging = []
        for item in items:
            try:
                row = self._hanging(item)
            except Refused as error:
                item.failed[Group.IMAGES] = error
                continue
            if row is not None:
                hanging.append(row)
        batches.send(
            self._run,
            hanging,
            settle=_settle,
            fail=lambda row, error: _fail(row.whose, error),
            pace=pace_of(f"{self._run.settings.rest_url}#pictures"),
            largest=_ROWS_PER_CALL,
        )

    def _hanging(self, item: Item) -> _Hanging | None:
        settings = self._run.settings
        images = item.change.images if isinstance(item.change, Change) else ()
        shown = item.answer if item.answer and "images" in item.answer else item.held or {}
        gallery = [row["id"] for row in shown.get("images") or []]
        ours = _remembered(item, shown, gallery)
        known = {name: number for name, number in ours.items() if number in gallery}
        row = _Hanging(item.position, item.change, product_id=item.product_id, whose=item)
        wanted: list[Row] = []
        for image in {image.identity: image for image in images}.values():
            if image.identity in known:
                row.kept[image.identity] = known[image.identity]
                wanted.append({"id": known[image.identity]})
            elif settings.create_image_enabled:
                wanted.append({"src": _address(item, image)})
                row.uploads.append(image.identity)
            else:
                item.note("New pictures were left out, because create_image_enabled is off.")
        leaving = set(known.values()) - set(row.kept.values())
        if leaving and not settings.delete_image_enabled:
            item.note("Pictures that went were left, because delete_image_enabled is off.")
            row.kept |= {name: number for name, number in known.items() if number in leaving}
            leaving = set()
        used = {picture.get("id") for picture in wanted} | leaving
        wanted += [{"id": number} for number in gallery if number not in used]
        if wanted == [{"id": number} for number in gallery]:
            item.memory[REMEMBERED] = _as_memory(row.kept)
            return None
        row.fields["images"] = wanted
        if row.uploads:
            by_id = {number: name for name, number in row.kept.items()}
            uploads = iter(row.uploads)
            names = [by_id.get(one["id"], "") if "id" in one else next(uploads) for one in wanted]
            row.fields["meta_data"] = [{"key": META_KEY, "value": json.dumps(names)}]
        return row


def _remembered(item: Item, shown: Row, gallery: Sequence[int]) -> dict[str, int]:
    """Ids of our pictures by identity: what the link remembers, and what the product itself says of those
    that the link never knew (their upload was in doubt, or the link was lost)."""
    link = None if item.is_adopted else item.change.link
    ours = _from_memory(link.memory.get(REMEMBERED, "") if link else "")
    meta = shown.get("meta_data") or []
    names = _list_of(next((one.get("value") for one in meta if one.get("key") == META_KEY), ""))
    if len(names) == len(gallery):
        found = {name: number for name, number in zip(names, gallery, strict=True) if name}
        ours = {**{name: number for name, number in found.items() if name not in ours}, **ours}
    return ours


def _settle(row: _Hanging, answer: Row) -> None:
    item, sku = row.whose, row.change.sku
    if "error" in answer:
        error = read_error(400, answer["error"])
        refused = no_picture(sku, error) if error.code in _UPLOAD_ERRORS else explain_row(sku, error)
        _fail(item, refused)
        return
    images = answer.get("images")
    if not isinstance(images, list):
        _fail(item, not_json(200, wrote=True))
        return
    sent = {one["id"] for one in row.fields["images"] if "id" in one}
    new = [one["id"] for one in images if one["id"] not in sent]
    if len(new) != len(row.uploads):
        _fail(
            item,
            Refused(
                f"{sku}: {len(row.uploads)} pictures were sent and the shop took {len(new)}.",
                hint="Look at the product's pictures in the shop, then retry.",
            ),
        )
        return
    item.memory[REMEMBERED] = _as_memory({**row.kept, **dict(zip(row.uploads, new, strict=True))})


def _fail(item: Item, error: StockwireError) -> None:
    item.failed[Group.IMAGES] = error


def _address(item: Item, image: Image) -> str:
    if not image.src.startswith(("http://", "https://")):
        raise Refused(
            f"{item.change.sku}: the shop cannot fetch a picture from {image.src or 'an empty address'}.",
            hint="Pictures need an address that begins with https:// and that the shop can reach.",
        )
    return image.src


def _as_memory(ids: Mapping[str, int]) -> str:
    return json.dumps(dict(ids), sort_keys=True)


def _from_memory(text: str) -> dict[str, int]:
    try:
        read = json.loads(text) if text else {}
    except ValueError:
        return {}
    pairs = read.items() if isinstance(read, dict) else ()
    return {str(name): number for name, number in pairs if isinstance(number, int)}


def _list_of(value: object) -> list[str]:
    try:
        read = json.loads(value) if isinstance(value, str) and value else []
    except ValueError:
        return []
    return [str(one) for one in read] if isinstance(read, list) else []
