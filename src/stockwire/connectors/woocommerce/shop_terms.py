"""Collection, tags and vendor as the shop's categories, tags and brands: found by name, or made.

The shop replaces the whole set of a product, so what people assigned by hand is sent along. Only what we
assigned ourselves, which the link remembers, is ever taken off again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stockwire.connectors.woocommerce.api import PAGE, object_of
from stockwire.connectors.woocommerce.items import Item, Run
from stockwire.connectors.woocommerce.refusals import explain, not_json, read_error, redacted
from stockwire.errors import NotSetUp, Refused, StockwireError

FIELDS = {"collection": "categories", "tags": "tags", "vendor": "brands"}
"""Our fields and the shop's taxonomies."""
_LONGEST = 200
_PLACEHOLDER = "uncategorized"
"""The slug of the category that WooCommerce gives to products without one; nobody assigns it by hand."""


def speaks_of_terms(item: Item) -> bool:
    return any(field.name in FIELDS for field in item.change.fields)


class ShopTerms:
    """Ids of categories, tags and brands by name, for one push."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._ids: dict[tuple[str, str], int | StockwireError] = {}
        self._without: set[str] = set()

    def prepare(self, items: Sequence[Item]) -> None:
        """Find or make everything these items name, with one call for each taxonomy and 100 names."""
        for field, taxonomy in FIELDS.items():
            names: dict[str, str] = {}
            for item in items:
                for one in item.change.fields:
                    if one.name == field and self._is_managed(field):
                        names = {_key(name): name for name in _names(field, one.after)} | names
            wanted = [name for key, name in names.items() if (taxonomy, key) not in self._ids]
            size = min(PAGE, self._run.pace.size(self._run.settings.batch_size_max))
            for start in range(0, len(wanted), size):
                self._make(taxonomy, wanted[start : start + size])

    def put(self, item: Item) -> None:
        """Put the item's terms into its fields and its memory. Raises why a term could not be had."""
        before = {} if item.is_adopted or item.change.link is None else item.change.link.memory
        for one in item.change.fields:
            if one.name not in FIELDS or not self._is_managed(one.name):
                continue
            taxonomy = FIELDS[one.name]
            if taxonomy in self._without:
                item.note("The shop has no brands, so the vendor was left out.")
                continue
            ours = [self._id(item, taxonomy, name) for name in _names(one.name, one.after)]
            former = {int(part) for part in before.get(one.name, "").split(",") if part.isdecimal()}
            present = (item.held or {}).get(taxonomy) or []
            ids = _joined(present, former, ours)
            if ids != [term["id"] for term in present]:
                item.fields[taxonomy] = [{"id": number} for number in ids]
            item.memory[one.name] = ",".join(str(number) for number in ours)

    def _is_managed(self, field: str) -> bool:
        settings = self._run.settings
        return field != "collection" or (
            settings.manage_category_enabled and settings.category_parent_id is not None
        )

    def _id(self, item: Item, taxonomy: str, name: str) -> int:
        found = self._ids[taxonomy, _key(name)]
        if isinstance(found, Refused):
            raise Refused(f"{item.change.sku}: {found.message}", hint=found.hint, detail=found.detail)
        if isinstance(found, StockwireError):
            raise found
        return found

    def _make(self, taxonomy: str, names: Sequence[str]) -> None:
        """Asking the shop to make what it has is answered with the id of what it has."""
        parent = {"parent": self._run.settings.category_parent_id} if taxonomy == "categories" else {}
        long = [name for name in names if len(name) > _LONGEST]
        for name in long:
            self._ids[taxonomy, _key(name)] = Refused(
                f"{name[:40]!r}... is too long for the shop's {taxonomy}.",
                hint=f"Shorten it to {_LONGEST} characters in the source.",
            )
        asked = [name for name in names if name not in long]
        if not asked:
            return
        body = {"create": [{"name": name, **parent} for name in asked]}
        try:
            answer = self._run.api.call("POST", f"/products/{taxonomy}/batch", body=body, accept=(404, 413))
            if answer.status == 413 and len(asked) > 1:
                self._run.pace.too_big(len(asked))
                middle = len(asked) // 2
                self._make(taxonomy, asked[:middle])
                self._make(taxonomy, asked[middle:])
                return
            if answer.error is not None:
                if taxonomy == "brands" and answer.error.code == "rest_no_route":
                    self._without.add(taxonomy)
                    return
                raise explain(answer.error, wrote=True)
            rows = object_of(answer).get("create")
            if not isinstance(rows, list) or len(rows) != len(asked):
                raise not_json(answer.status, wrote=True)
        except StockwireError as error:
            for name in asked:
                self._ids[taxonomy, _key(name)] = error
            return
        for name, row in zip(asked, rows, strict=True):
            self._ids[taxonomy, _key(name)] = self._answer(taxonomy, name, row)

    def _answer(self, taxonomy: str, name: str, row: object) -> int | StockwireError:
        row = row if isinstance(row, dict) else {}
        if "error" not in row:
            number = row.get("id")
            return number if isinstance(number, int) and number > 0 else not_json(200, wrote=True)
        error = read_error(400, row["error"])
        if error.code == "term_exists" and error.resource_id:
            return error.resource_id
        if error.code == "missing_parent":
            return NotSetUp(
                f"The shop has no category {self._run.settings.category_parent_id}, under which new ones "
                "are to be made.",
                hint="Set category_parent_id to the id of a category of the shop, or 0 for the top.",
                detail=error.detail,
            )
        return Refused(
            f"the shop refused {name!r} among its {taxonomy}: {redacted(error.message) or 'no reason given'}",
            hint="Correct the name in the source, or make it in the shop by hand.",
            detail=error.detail,
        )


def _names(field: str, value: object) -> list[str]:
    """The names a field holds. Tags are one text with commas; the others are one name."""
    text = str(value or "")
    parts = text.split(",") if field == "tags" else [text]
    return list({_key(part): part.strip() for part in parts if part.strip()}.values())


def _joined(present: Sequence[Mapping[str, Any]], former: set[int], ours: Sequence[int]) -> list[int]:
    """What is there without what we assigned before, and what we assign now."""
    kept = [
        term["id"]
        for term in present
        if term["id"] in ours
        or (term["id"] not in former and not (ours and term.get("slug") == _PLACEHOLDER))
    ]
    return [*kept, *(number for number in ours if number not in kept)]


def _key(name: str) -> str:
    return name.strip().casefold()
