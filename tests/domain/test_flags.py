"""Who owns a field here: the most exact flag wins, the default speaks where none stands."""

from __future__ import annotations

from decimal import Decimal

import pytest

from stockwire.domain.flags import (
    PARTED,
    PLAIN,
    Owner,
    channel_flags,
    field_name,
    fields_of,
    no_flag_of_a_channel,
    source_flags,
)
from stockwire.domain.records import Product, Variant


@pytest.mark.parametrize("name", [*PLAIN, *(f"{field}.X" for field in PARTED)])
def test_without_a_flag_the_hub_sends_every_field_to_a_channel(name: str) -> None:
    flags = channel_flags("the web shop", {})
    assert flags.answer(name).owner is Owner.SYSTEM
    assert flags.withholds(name) == ""


@pytest.mark.parametrize("name", [*PLAIN, *(f"{field}.X" for field in PARTED)])
def test_a_flag_gives_exactly_its_field_to_the_channel(name: str) -> None:
    flags = channel_flags("the web shop", {name: "channel"})
    assert flags.withholds(name) == f"flag {field_name(name)} of the web shop is channel"
    others = [other for other in PLAIN if other != name and not name.startswith(f"{other}.")]
    assert [other for other in others if flags.withholds(other)] == []


@pytest.mark.parametrize(
    ("flags", "asked", "owner"),
    [
        ({"qty": "channel"}, "qty.JHB", "channel"),
        ({"qty": "channel", "qty.JHB": "system"}, "qty.JHB", "system"),
        ({"qty.*": "channel"}, "qty.CPT", "channel"),
        ({"qty.*": "channel"}, "qty", "system"),
        ({"qty.JHB": "channel"}, "qty.CPT", "system"),
        ({"meta.*": "channel", "meta.colour": "system"}, "meta.Colour", "system"),
        ({"meta.*": "channel"}, "meta.size", "channel"),
        ({"price.*": "channel", "price": "system"}, "price.trade", "channel"),
        ({"Title": "channel"}, "title", "channel"),
        ({"meta.Colour Name": "channel"}, "meta.colour name", "channel"),
    ],
)
def test_the_most_exact_flag_wins(flags: dict[str, str], asked: str, owner: str) -> None:
    assert channel_flags("the shop", flags).answer(asked).owner == owner


@pytest.mark.parametrize("stored", ["JHB ", " JHB", "jhb", "Jhb"])
@pytest.mark.parametrize("flag", ["qty.JHB", "qty. jhb ", "QTY.jHb"])
def test_a_name_is_the_same_however_a_source_sends_it(stored: str, flag: str) -> None:
    flags = channel_flags("the shop", {flag: "channel"})
    assert flags.withholds(f"qty.{stored}")
    assert flags.sent("qty", {stored: 1, "CPT": 2}) == {"CPT": 2}


@pytest.mark.parametrize(
    ("flags", "sent"),
    [
        ({}, {"": 1, "JHB": 2, "CPT": 3}),
        ({"qty": "channel", "qty.JHB": "system"}, {"JHB": 2}),
        ({"qty.*": "channel"}, {"": 1}),
        ({"qty.*": "channel", "qty": "channel"}, {}),
        ({"qty.*": "channel", "qty.jhb": "system"}, {"": 1, "JHB": 2}),
        ({"qty.JHB": "channel"}, {"": 1, "CPT": 3}),
        ({"title": "channel"}, {"": 1, "JHB": 2, "CPT": 3}),
    ],
)
def test_which_parts_of_a_field_are_sent(flags: dict[str, str], sent: dict[str, int]) -> None:
    assert channel_flags("the shop", flags).sent("qty", {"": 1, "JHB": 2, "CPT": 3}) == sent


@pytest.mark.parametrize(
    ("flags", "asked", "withheld"),
    [
        ({}, "qty", False),
        ({"qty": "channel"}, "qty", True),
        ({"qty": "channel", "qty.JHB": "system"}, "qty", False),
        ({"qty": "channel", "qty.JHB": "channel"}, "qty", True),
        ({"qty": "channel", "qty.*": "system"}, "qty", False),
        ({"qty": "channel", "price.trade": "system"}, "qty", True),
        ({"qty.*": "channel"}, "qty", False),
        ({"qty.*": "channel"}, "qty.*", True),
        ({"qty.*": "channel", "qty.JHB": "system"}, "qty.*", False),
        ({"meta.*": "channel"}, "meta.*", True),
        ({"meta.*": "channel", "meta.colour": "system"}, "meta.*", False),
        ({"meta.*": "channel", "meta.colour": "channel"}, "meta.*", True),
    ],
)
def test_whether_nothing_of_a_field_with_parts_is_sent(
    flags: dict[str, str], asked: str, withheld: bool
) -> None:
    assert bool(channel_flags("the shop", flags).withholds_all(asked)) is withheld


@pytest.mark.parametrize(
    ("flags", "withheld"),
    [
        ({}, ""),
        ({"qty.JHB": "channel"}, "flag qty.jhb of the shop is channel"),
        ({"qty.*": "channel"}, "flag qty.* of the shop is channel"),
        ({"qty": "channel"}, "flag qty of the shop is channel"),
        ({"qty": "system", "qty.JHB": "system"}, ""),
        ({"price.trade": "channel"}, ""),
    ],
)
def test_whether_some_part_of_a_field_is_not_sent(flags: dict[str, str], withheld: str) -> None:
    assert channel_flags("the shop", flags).withholds_any("qty") == withheld


def test_a_primary_source_owns_every_field_and_a_linked_one_none_until_a_flag_says_so() -> None:
    assert source_flags("Omni", {}).answer("title").owner is Owner.SOURCE
    assert source_flags("Omni", {"title": "system"}).answer("title").owner is Owner.SYSTEM
    linked = source_flags("supplier sheet", {"qty.SUPPLIER": "source"}, linked=True)
    assert linked.answer("title").owner is Owner.SYSTEM
    assert linked.answer("qty.supplier").owner is Owner.SOURCE


def test_the_answer_names_the_flag_or_says_that_there_is_none() -> None:
    flags = source_flags("Omni", {"meta.*": "system"})
    assert flags.answer("meta.colour").reason == "flag meta.* of Omni is system"
    assert flags.answer("title").reason == "Omni has no flag for title, so source"


@pytest.mark.parametrize(
    ("name", "owner", "said"),
    [
        ("colour", "channel", "There is no field colour to flag. Fields: title, "),
        ("title.x", "channel", "There is no field title.x to flag."),
        ("meta", "channel", "There is no field meta to flag."),
        ("meta.", "channel", "There is no field meta. to flag."),
        (" ", "channel", "There is no field (blank) to flag."),
        (" colour ", "channel", "There is no field colour to flag."),
        ("title.*", "channel", "There is no field title.* to flag."),
        (
            "meta." + "x" * 101,
            "channel",
            f"The flag meta.{'x' * 40} has a name of 101 letters, and at most 100 are kept.",
        ),
        ("qty. a\x00b", "channel", "The flag qty.a\x00b has a NUL character in its name."),
        ("title", " ", "The flag title cannot be blank: it is system or channel."),
        ("title", "source", "The flag title cannot be source: it is system or channel."),
        ("title", "", "The flag title cannot be blank: it is system or channel."),
    ],
)
def test_a_flag_that_cannot_be_is_refused_and_says_what_can(name: str, owner: str, said: str) -> None:
    with pytest.raises(ValueError, match=r"cannot be|There is no field|its name|a name of") as refused:
        channel_flags("the shop", {name: owner})
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize(
    ("written", "owner"),
    [(" Title ", " Channel "), ("QTY. Jhb ", "SYSTEM"), ("meta." + "x" * 100, "channel")],
)
def test_a_flag_is_understood_in_any_case_and_with_outer_blanks(written: str, owner: str) -> None:
    flags = channel_flags("the shop", {written: owner})
    assert flags.owners == {field_name(written): owner.strip().lower()}


@pytest.mark.parametrize(
    "name", [*PLAIN, *(f"{field}.X" for field in PARTED), *(f"{field}.*" for field in PARTED)]
)
def test_a_channel_has_a_flag_for_every_field_but_the_sku(name: str) -> None:
    assert bool(no_flag_of_a_channel(name)) is (name == "sku")
    assert no_flag_of_a_channel(" SKU ").startswith(
        "The SKU is how an item of the channel is known to be ours"
    )


def test_every_field_of_a_product_that_can_be_flagged_is_listed() -> None:
    variants = (
        Variant("S", "S", {"retail": Decimal(1)}, {"": Decimal(1), "JHB": Decimal(2)}),
        Variant("M", "M", {"trade": Decimal(1)}, {"CPT": Decimal(2)}),
    )
    product = Product("SHIRT", True, "Shirt", variants, meta={"colour": "red"})
    assert fields_of(product) == [*PLAIN, "meta.colour", "price.retail", "price.trade", "qty.CPT", "qty.JHB"]
    assert all(field_name(name) for name in fields_of(product))
