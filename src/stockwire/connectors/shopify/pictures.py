"""The stage of a push that hangs up pictures of linked products, after everything else has gone through.

The shop fetches them from their addresses, which is slow and fails for reasons of its own, so a picture never
holds up a price. Pictures that people added stay where they hang; ours are known by their content.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stockwire.connectors.shopify.bulk import Settle
from stockwire.connectors.shopify.items import IMAGE, Item, gid, images_of, number
from stockwire.connectors.shopify.line import Line
from stockwire.connectors.shopify.operations import (
    FILES_UPDATE,
    GALLERIES,
    PRODUCT_MEDIA,
    REORDER_MEDIA,
    Write,
)
from stockwire.connectors.shopify.refusals import explain_row, user_errors
from stockwire.connectors.shopify.settings import ShopifySettings
from stockwire.domain.records import Image
from stockwire.errors import Refused, StockwireError
from stockwire.ports import Group

_AT_ONCE = 50
_WRITES_PER_CALL = 10


@dataclass(slots=True, eq=False)
class _Gallery:
    """What one product shows, in order (ids of the shop), and what is to be done about it."""

    item: Item
    shown: list[str]
    new: list[Image] = field(default_factory=list)
    leaving: dict[str, str] = field(default_factory=dict)

    @property
    def product(self) -> str:
        return gid("Product", self.item.product)

    def fail(self, error: StockwireError) -> None:
        self.item.failed.setdefault(Group.IMAGES, error)

    @property
    def is_open(self) -> bool:
        return Group.IMAGES not in self.item.failed


def hang(line: Line, settings: ShopifySettings, items: Sequence[Item]) -> None:
    """Add, take off and put in order. What fails is kept beside what went through; a product that shows what
    is wanted costs a read and no write."""
    if settings.block_image_enabled:
        return
    speaking = [
        item
        for item in items
        if "images" in item.wanted and item.product and not (item.is_created or item.is_failed)
    ]
    galleries = _read(line, speaking)
    _add(line, [each for each in galleries if each.new])
    _take_off(line, [each for each in galleries if each.is_open and any(each.leaving.values())])
    _put_in_order(line, [each for each in galleries if each.is_open])


def names_of(identities: Sequence[str]) -> dict[str, str]:
    """The metafield in which a product keeps what its pictures are to us ("" for those of others), in order,
    so that after a lost answer, or a bulk operation that tells no ids, nothing is hung up twice."""
    return {
        "namespace": "stockwire",
        "key": "pictures",
        "type": "json",
        "value": json.dumps(list(identities)),
    }


def _read(line: Line, items: Sequence[Item]) -> list[_Gallery]:
    found: list[_Gallery] = []
    for start in range(0, len(items), _AT_ONCE):
        chunk = items[start : start + _AT_ONCE]
        try:
            nodes = line.run(GALLERIES, {"ids": [gid("Product", item.product) for item in chunk]}).root(
                "nodes"
            )
        except StockwireError as error:
            for item in chunk:
                item.failed[Group.IMAGES] = error
            continue
        held = {number(node["id"]): node for node in nodes or [] if node and node.get("id")}
        for item in chunk:
            bad = next((image.src for image in item.change.images if not _is_address(image.src)), None)
            if bad is not None:
                item.failed[Group.IMAGES] = Refused(
                    f"{item.change.sku}: the shop cannot fetch a picture from {bad or 'an empty address'}.",
                    hint="Pictures need an address that begins with https:// and that the shop can reach.",
                )
            elif item.product in held:
                found.append(_gallery(item, held[item.product]))
    return found


def _is_address(src: str) -> bool:
    return src.startswith(("http://", "https://"))


def _gallery(item: Item, node: Mapping[str, Any]) -> _Gallery:
    shown = [number(row["id"]) for row in (node.get("media") or {}).get("nodes") or []]
    for identity, code in _told(node, shown).items():
        if code not in images_of(item.memory).values() and not item.memory.get(IMAGE + identity):
            item.memory[IMAGE + identity] = code
    ours = images_of(item.memory)
    kept = {image.identity for image in item.change.images}
    new = {image.identity: image for image in item.change.images if image.identity not in ours}
    gone = {identity: code for identity, code in ours.items() if identity not in kept}
    for identity, code in gone.items():
        if code not in shown:
            # Nothing of it hangs there: taken off by somebody, or never known by an id.
            del item.memory[IMAGE + identity]
    leaving = {identity: code for identity, code in gone.items() if code in shown}
    return _Gallery(item, shown, list(new.values()), leaving)


def _told(node: Mapping[str, Any], shown: Sequence[str]) -> dict[str, str]:
    """Ids by identity, as far as the product itself still says so."""
    try:
        names = json.loads((node.get("metafield") or {}).get("value") or "[]")
    except ValueError:
        return {}
    if not isinstance(names, list) or len(names) != len(shown):
        return {}
    return {str(name): code for name, code in zip(names, shown, strict=True) if name}


def _add(line: Line, galleries: Sequence[_Gallery]) -> None:
    writes = []
    for each in galleries:
        by_code = {code: identity for identity, code in images_of(each.item.memory).items() if code}
        names = [by_code.get(code, "") for code in each.shown] + [image.identity for image in each.new]
        product = {"id": each.product, "metafields": [names_of(names)]}
        media = [{"originalSource": image.src, "mediaContentType": "IMAGE"} for image in each.new]
        writes.append(Write(PRODUCT_MEDIA, {"product": product, "media": media}, size=len(media)))

    def settle(at: int, payload: Mapping[str, Any]) -> None:
        each = galleries[at]
        if errors := user_errors(payload):
            each.fail(explain_row(each.item.change.sku, errors[0]))
            return
        # The new ones are the last ones, in the order they were sent.
        nodes = ((payload.get("product") or {}).get("media") or {}).get("nodes") or []
        codes = [number(node["id"]) for node in nodes][-len(each.new) :]
        each.shown += codes
        for image, code in zip(each.new, codes, strict=False):
            each.item.memory[IMAGE + image.identity] = code

    _write(line, "AddPictures", galleries, writes, settle)


def _take_off(line: Line, galleries: Sequence[_Gallery]) -> None:
    writes = []
    for each in galleries:
        rows = [
            {"id": gid("MediaImage", code), "referencesToRemove": [each.product]}
            for code in each.leaving.values()
        ]
        writes.append(Write(FILES_UPDATE, {"files": rows}))

    def settle(at: int, payload: Mapping[str, Any]) -> None:
        each = galleries[at]
        if errors := [error for error in user_errors(payload) if not error.is_gone]:
            each.fail(explain_row(each.item.change.sku, errors[0]))
            return
        for identity in each.leaving:
            each.item.memory.pop(IMAGE + identity, None)
        each.shown = [code for code in each.shown if code not in each.leaving.values()]

    _write(line, "TakePicturesOff", galleries, writes, settle)


def _put_in_order(line: Line, galleries: Sequence[_Gallery]) -> None:
    """Ours stand in the order of the product, in the places that ours have; others keep their places."""
    moving = [(each, moves) for each in galleries if (moves := _moves(each))]
    writes = [Write(REORDER_MEDIA, {"id": each.product, "moves": moves}) for each, moves in moving]

    def settle(at: int, payload: Mapping[str, Any]) -> None:
        each = moving[at][0]
        if errors := user_errors(payload):
            each.fail(explain_row(each.item.change.sku, errors[0]))

    _write(line, "OrderPictures", [each for each, _ in moving], writes, settle)


def _moves(each: _Gallery) -> list[dict[str, Any]]:
    """The shop carries moves out one after the other: what is moved to a place pushes the rest back."""
    ours = images_of(each.item.memory)
    wanted = [ours.get(image.identity, "") for image in each.item.change.images]
    order = iter([code for code in dict.fromkeys(wanted) if code in each.shown])
    places = {code for code in wanted if code in each.shown}
    result = [next(order) if code in places else code for code in each.shown]
    now, moves = list(each.shown), []
    for at, code in enumerate(result):
        if now[at] != code:
            now.remove(code)
            now.insert(at, code)
            moves.append({"id": gid("MediaImage", code), "newPosition": str(at)})
    return moves


def _write(
    line: Line, name: str, galleries: Sequence[_Gallery], writes: Sequence[Write], settle: Settle
) -> None:
    line.write(name, writes, _WRITES_PER_CALL, settle, lambda at, error: galleries[at].fail(error))
