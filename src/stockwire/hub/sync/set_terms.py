"""How a channel sells, set by a person: its price list, its warehouses, what is kept back.

Nothing is sent here; every product of the channel is looked at anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from stockwire.domain.names import wrong_name
from stockwire.domain.setting_templates import names_in
from stockwire.domain.terms import TaxRule
from stockwire.errors import NotSetUp, Refused
from stockwire.hub.models import Audit, Channel
from stockwire.hub.sync.channel_terms import terms_of
from stockwire.hub.sync.source_names import not_sent
from stockwire.hub.sync.stale import mark_whole_channel

NAMES = (
    "price_tier",
    "compare_at_tier",
    "tax",
    "tax_rate",
    "warehouses",
    "stock_buffer",
    "stock_floor",
    "qty_limit_upper",
)


def terms_shown(channel: Channel) -> dict[str, Any]:
    """In plain values, for the API, the audit and the command line."""
    found = {name: getattr(channel, name) for name in NAMES}
    return {**found, "warehouses": list(channel.warehouses), "tax_rate": f"{channel.tax_rate.normalize():f}"}


def set_terms(channel_id: int, given: Mapping[str, Any], who: str) -> Channel:
    """Change what is given (names of NAMES) and leave the rest, inside an open scope. Raises Refused."""
    channel = Channel.objects.select_for_update().filter(pk=channel_id).first()
    if channel is None:
        raise Refused(f"There is no channel {channel_id}.", hint="`stockwire channel list` shows them.")
    before = terms_shown(channel)
    for name, value in checked_terms(given).items():
        setattr(channel, name, value)
    after = terms_shown(channel)
    if after == before:
        return channel
    channel.save(update_fields=list(NAMES))
    Audit.objects.create(
        client_id=channel.client_id,
        who=who,
        action="channel set",
        subject=channel.description,
        before={name: value for name, value in before.items() if after[name] != value},
        after={name: value for name, value in after.items() if before[name] != value},
    )
    mark_whole_channel(channel.pk)
    return channel


def checked_terms(given: Mapping[str, Any]) -> dict[str, Any]:
    """The same in the types they are kept in. Raises Refused naming the one that cannot be."""
    found: dict[str, Any] = {}
    for name, value in given.items():
        if name not in NAMES:
            raise Refused(f"A channel has no {name}.", hint=f"It has {', '.join(NAMES)}.")
        found[name] = _checked(name, value)
    return found


def said_of(channel: Channel) -> list[str]:
    """What an operator should know of the names a channel was given, in the templates of its settings too,
    inside an open scope."""
    tiers, warehouses = {channel.price_tier, channel.compare_at_tier}, set(channel.warehouses)
    try:
        of_templates = names_in(terms_of(channel).settings)
    except NotSetUp:
        of_templates = set(), set()
    return not_sent(channel.source_id, tiers=tiers | of_templates[0], warehouses=warehouses | of_templates[1])


def unknown_names(channel_id: int, given: Mapping[str, Any]) -> list[str]:
    """What to know of the names in these changes before they are made, inside an open scope: nothing where
    the channel does not send yet, because then they may still come in before it does."""
    channel = Channel.objects.filter(pk=channel_id, live=True).first()
    if channel is None:
        return []
    asked = checked_terms(given)
    tiers = {asked.get("price_tier", ""), asked.get("compare_at_tier", "")}
    return not_sent(channel.source_id, tiers=tiers, warehouses=asked.get("warehouses", ()))


def _checked(name: str, value: Any) -> Any:
    if name == "warehouses":
        return list(dict.fromkeys(_name("A warehouse", one) for one in value))
    if name in {"price_tier", "compare_at_tier"}:
        return _name("A price list", value) if str(value).strip() else ""
    if name == "tax":
        if value not in set(TaxRule):
            raise Refused(f"tax cannot be {value}.", hint="It is as_is, add or remove.")
        return str(value)
    if name == "tax_rate":
        return _rate(value)
    if name == "qty_limit_upper" and value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 2_000_000_000:
        raise Refused(f"{name} cannot be {value}.", hint="It is a whole number of units, 0 or more.")
    return value


def _name(what: str, value: Any) -> str:
    name = str(value).strip()
    if not name:
        raise Refused(f"{what} cannot have a blank name.", hint="Name one, or leave it out.")
    if wrong := wrong_name(name):
        raise Refused(f"{what} {name[:40]!r} {wrong}.", hint="Write it as the source has it.")
    return name


def _rate(value: Any) -> Decimal:
    try:
        rate = Decimal(str(value))
    except InvalidOperation:
        rate = Decimal("NaN")
    if not rate.is_finite() or not 0 <= rate < 1000:
        raise Refused(f"A VAT rate of {value} makes no sense.", hint="15 means 15 %.")
    if rate != round(rate, 3):
        raise Refused(f"A VAT rate of {value} has more than 3 decimals.", hint="15 means 15 %.")
    return rate
