"""Changes as the engine makes them, for the contract: fixtures that conftest.py takes in."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from stockwire.domain.records import Image
from stockwire.ports import Action, Change, Done, FieldChange, Group, Link, Outcome, VariantChange

# Ways in which an answer is lost. Of the first two nobody is sure before the time for an answer is over.
IN_DOUBT = [
    pytest.param("answer_late", marks=pytest.mark.slow),
    pytest.param("work_late", marks=pytest.mark.slow),
    "error_500_after",
    "garbage",
    "drop",
]
GROUPS = {
    "price": Group.PRICE,
    "compare_at": Group.PRICE,
    "quantity": Group.STOCK,
    "inventory_management": Group.STOCK,
    "images": Group.IMAGES,
}


@pytest.fixture
def sku() -> Callable[..., str]:
    """A SKU that no other run has used."""
    mark = f"SW-{secrets.token_hex(4).upper()}"
    return lambda name="1": f"{mark}-{name}"


def _fields(values: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    return tuple(
        FieldChange(GROUPS.get(name, Group.CONTENT), name, None, value) for name, value in values.items()
    )


@pytest.fixture
def add() -> Callable[..., Change]:
    """A change that puts a whole product into the shop."""

    def make(sku: str, **given: Any) -> Change:
        whole = {
            "title": f"Title of {sku}",
            "price": Decimal("12.50"),
            "quantity": 7,
            "inventory_management": True,
            "active": True,
        }
        return Change(sku, sku, Action.ADD, _fields({**whole, **given}))

    return make


@pytest.fixture
def with_pictures() -> Callable[..., Change]:
    """The same change with these pictures, by (address, content hash), in this order."""

    def make(change: Change, *pictures: tuple[str, str]) -> Change:
        images = tuple(Image(src, content) for src, content in pictures)
        wanted = FieldChange(Group.IMAGES, "images", None, tuple(image.identity for image in images))
        return replace(change, fields=(*change.fields, wanted), images=images)

    return make


@pytest.fixture
def update() -> Callable[..., Change]:
    def make(sku: str, link: Link | str, **given: Any) -> Change:
        return Change(sku, sku, Action.UPDATE, _fields(given), Link(link) if isinstance(link, str) else link)

    return make


@pytest.fixture
def remove() -> Callable[..., Change]:
    def make(sku: str, link: Link | str) -> Change:
        return Change(sku, sku, Action.REMOVE, (), Link(link) if isinstance(link, str) else link)

    return make


Variants = Mapping[str, Sequence[str]]


@pytest.fixture
def variants() -> Callable[..., tuple[VariantChange, ...]]:
    """Variants to add: option values by SKU. `prices` and other fields may be given by SKU as well."""

    def make(values: Variants, prices: Mapping[str, str] | None = None, **given: Any) -> Any:
        whole = {"quantity": 7, "inventory_management": True}
        return tuple(
            VariantChange(
                f"key of {sku}",
                sku,
                Action.ADD,
                _fields(
                    {
                        "price": Decimal((prices or {}).get(sku, "12.50")),
                        "option_values": tuple(chosen),
                        **whole,
                        **given,
                    }
                ),
                option_values=tuple(chosen),
            )
            for sku, chosen in values.items()
        )

    return make


@pytest.fixture
def add_family(variants: Callable[..., tuple[VariantChange, ...]]) -> Callable[..., Change]:
    """A change that puts a whole product with variants into the shop."""

    def make(code: str, values: Variants, names: Sequence[str] = ("Size", "Colour"), **given: Any) -> Change:
        of_variants = {name: given.pop(name) for name in ("prices", "quantity") if name in given}
        whole = {
            "title": f"Title of {code}",
            "active": True,
            "option_names": tuple(names),
            **given,
        }
        return Change(
            code,
            code,
            Action.ADD,
            _fields(whole),
            code=code,
            option_names=tuple(names),
            variants=variants(values, **of_variants),
        )

    return make


@pytest.fixture
def update_family() -> Callable[..., Change]:
    """A change of a product with variants that is linked. Each variant as (action, sku, link, values, fields)."""

    def make(
        code: str,
        link: Link,
        *changed: tuple[Action, str, Link | None, Sequence[str], Mapping[str, Any]],
        names: Sequence[str] = ("Size", "Colour"),
        **given: Any,
    ) -> Change:
        below = tuple(
            VariantChange(f"key of {sku}", sku, action, _fields(fields), linked, tuple(values))
            for action, sku, linked, values, fields in changed
        )
        return Change(
            code,
            code,
            Action.UPDATE,
            _fields(given),
            link,
            code=code,
            option_names=tuple(names),
            variants=below,
        )

    return make


@pytest.fixture
def shirt(sku: Callable[..., str]) -> dict[str, tuple[str, str]]:
    """Four variants: option values by SKU."""
    return {
        sku("S-R"): ("S", "Red"),
        sku("S-B"): ("S", "Blue"),
        sku("M-R"): ("M", "Red"),
        sku("M-B"): ("M", "Blue"),
    }


def links(outcome: Outcome) -> dict[str, Link | None]:
    """Links of the variants by SKU, from an outcome of a change made by these fixtures."""
    assert isinstance(outcome, Done), outcome
    found = {}
    for key, below in outcome.variants.items():
        assert isinstance(below, Done), below
        found[key.removeprefix("key of ")] = below.link
    return found
