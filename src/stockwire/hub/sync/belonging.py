"""Setting what belongs where: flags of sources and channels, and the rules of a channel.

A change is written with who made it, and every product it may touch is looked at anew. What a change of rules
would take away is counted before it is saved.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection

from stockwire.domain.blots import speaks_of
from stockwire.domain.flags import (
    Flags,
    Owner,
    channel_flags,
    field_name,
    no_flag_of_a_channel,
    source_flags,
)
from stockwire.domain.rules import Rule, Rules, rule
from stockwire.domain.setting_templates import setting_template
from stockwire.errors import NotSetUp, Refused
from stockwire.hub.models import Audit, Channel, ChannelRule, Flag, Source
from stockwire.hub.sync.channel_terms import flags_of, rules_of, terms_of
from stockwire.hub.sync.preview import AT_ONCE, all_product_ids
from stockwire.hub.sync.read_products import read_confirmed, read_products
from stockwire.hub.sync.source_names import named_in, not_sent
from stockwire.hub.sync.stale import mark_whole_channel

# What the channel confirmed of a field that became its own is forgotten: it may change it now, so the field
# is sent again should it become ours once more.
FORGET = """
    update {table} set "values" = (
        select coalesce(jsonb_object_agg(k, v), '{{}}') from jsonb_each("values") as e(k, v)
        where lower(k) <> all(%s) and not k like any(%s))
    where channel_id = %s
"""
PLAN_NAMES = {
    "price": ["price", "compare_at"],
    "qty": ["quantity"],
    "options": ["option_names", "option_values"],
}


@dataclass(frozen=True, slots=True)
class RuleCounts:
    """What rules would do to a channel: products that meet all of them, products that are on the channel now
    and would be taken away (or would stay, because its delete setting is off), products that would come new,
    for each rule how many it keeps out, and what to know of the names in them."""

    products: int
    offered: int
    leaving: int
    coming: int
    kept_out: Mapping[str, int]
    staying: int = 0
    said: Sequence[str] = ()


def read_rules(given: Sequence[Mapping[str, Any]]) -> tuple[Rule, ...]:
    """Rules as somebody wrote them: field, operator, value. Raises Refused naming the one that is wrong."""
    made = []
    for number, one in enumerate(given, 1):
        try:
            made.append(rule(*(_plain(one, name) for name in ("field", "operator", "value"))))
        except KeyError as error:
            raise Refused(
                f"Rule {number} has no {error.args[0]}.", hint="A rule is field, operator and value."
            ) from None
        except ValueError as error:
            raise Refused(f"Rule {number}: {error}", hint="Correct this rule; nothing was saved.") from None
    return tuple(made)


def _plain(given: Mapping[str, Any], name: str) -> str:
    """A value as text; only the value of a rule may be left out. Raises KeyError and ValueError."""
    found = given[name] if name != "value" else given.get(name)
    if isinstance(found, list | dict):
        raise ValueError(f"its {name} must be one text. For any of several values use lookup: A,B,C.")
    if isinstance(found, bool):
        return "true" if found else "false"
    return "" if found is None else str(found)


def rules_in(file: Path) -> tuple[Rule, ...]:
    """The rules of a JSON file, a list of objects. Raises Refused when it is none, and as `read_rules`."""
    try:
        # Windows' own editor begins a file with a mark.
        found = json.loads(file.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Refused(f"{file} is no JSON: {error}.", hint="It is a list of rules, [{...}, {...}].") from None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Refused(f"{file} is not a list of rules.", hint="It is a list of objects, [{...}, {...}].")
    return read_rules(found)


def count_rules(channel: Channel, rules: Sequence[Rule]) -> RuleCounts:
    """What these rules would do now, inside an open scope. Nothing is saved."""
    asked, kept_out = Rules(rules), Counter({str(one): 0 for one in rules})
    products = offered = leaving = coming = 0
    ids = all_product_ids(channel)
    for start in range(0, len(ids), AT_ONCE):
        held = read_products(ids[start : start + AT_ONCE])
        linked = read_confirmed(channel.pk, held)
        for one in held:
            if not one.product.active:
                continue
            products += 1
            failing = asked.failing(one.product)
            kept_out.update(str(found) for found in failing)
            offered += not failing
            leaving += bool(failing) and one.product_id in linked
            coming += not failing and one.product_id not in linked
    said = not_sent(channel.source_id, **named_in(one.field for one in rules))
    if not terms_of(channel, rules).settings.delete_enabled:
        return RuleCounts(products, offered, 0, coming, dict(kept_out), leaving, said)
    return RuleCounts(products, offered, leaving, coming, dict(kept_out), 0, said)


def set_rules(channel_id: int, rules: Sequence[Rule], who: str) -> RuleCounts:
    """Put these rules in place of the channel's own, inside an open scope."""
    channel = channel_of(channel_id)
    counts = count_rules(channel, rules)
    before = [str(one) for one in rules_of(channel)]
    ChannelRule.objects.filter(channel=channel).delete()
    ChannelRule.objects.bulk_create(
        ChannelRule(
            client_id=channel.client_id,
            channel=channel,
            position=at,
            field=one.field,
            operator=one.operator.value,
            value=one.value,
        )
        for at, one in enumerate(rules)
    )
    _audit(channel, who, "rules set", before, [str(one) for one in rules])
    mark_whole_channel(channel.pk)
    return counts


def set_channel_flags(channel_id: int, flags: Mapping[str, str], who: str) -> None:
    """Set these flags of a channel (an empty owner takes a flag away), inside an open scope.

    Raises Refused naming a field or owner that cannot be.
    """
    channel = channel_of(channel_id)
    before = dict(Flag.objects.filter(channel=channel).values_list("field", "owner"))
    after = _merged(before, flags)
    for name in (name for name in after if name not in before):
        if reason := no_flag_of_a_channel(name):
            raise Refused(
                reason,
                hint="Leave it out. At a source the flag sku says whether the source may rename an item.",
            )
    try:
        channel_flags(channel.description, after)
    except ValueError as error:
        raise Refused(str(error), hint="Correct it and set it again; nothing was saved.") from None
    Flag.objects.filter(channel=channel).delete()
    Flag.objects.bulk_create(
        Flag(client_id=channel.client_id, channel=channel, field=name, owner=owner)
        for name, owner in after.items()
    )
    for name, owner in after.items():
        if owner == Owner.CHANNEL and before.get(name) != owner:
            _forget(channel, name)
    _audit(channel, who, "flags set", before, after)
    mark_whole_channel(channel.pk)


def set_source_flags(source_id: int, flags: Mapping[str, str], who: str) -> None:
    """Set these flags of a source (an empty owner takes a flag away), inside an open scope. They hold for
    what comes in from now on. Raises Refused as `set_channel_flags`."""
    source = source_of(source_id)
    before = dict(Flag.objects.filter(source=source).values_list("field", "owner"))
    after = _merged(before, flags)
    try:
        source_flags(source.description, after, linked=source.linked_to_id is not None)
    except ValueError as error:
        raise Refused(str(error), hint="Correct it and set it again; nothing was saved.") from None
    Flag.objects.filter(source=source).delete()
    Flag.objects.bulk_create(
        Flag(client_id=source.client_id, source=source, field=name, owner=owner)
        for name, owner in after.items()
    )
    _audit(source, who, "flags set", before, after)


def names_said(channel_id: int | None, source_id: int | None, field: str) -> list[str]:
    """What to know of the name in a flag's field, inside an open scope."""
    feeding = channel_of(channel_id).source_id if channel_id is not None else source_id
    return not_sent(int(feeding or 0), **named_in([field.strip()]))


def channel_of(channel_id: int) -> Channel:
    channel = Channel.objects.filter(pk=channel_id).first()
    if channel is None:
        raise Refused(f"There is no channel {channel_id}.", hint="`stockwire channel list` shows them.")
    return channel


def source_of(source_id: int) -> Source:
    source = Source.objects.filter(pk=source_id).first()
    if source is None:
        raise Refused(f"There is no source {source_id}.", hint="`stockwire source add` printed its id.")
    return source


def flags_at(channel_id: int | None, source_id: int | None) -> Flags:
    """The flags of a channel or of a source, in the order of their names, inside an open scope."""
    if channel_id is not None:
        channel = channel_of(channel_id)
        return channel_flags(channel.description, dict(sorted(flags_of(channel).items())))
    source = source_of(int(source_id or 0))
    stored = dict(Flag.objects.filter(source=source).order_by("field").values_list("field", "owner"))
    return source_flags(source.description, stored, linked=source.linked_to_id is not None)


def _merged(before: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    after = dict(before)
    for text, owner in given.items():
        try:
            name = field_name(text)
        except ValueError as error:
            raise Refused(str(error), hint="Correct it and set it again; nothing was saved.") from None
        after.pop(name, None)
        if owner.strip():
            after[name] = owner.strip().lower()
    return after


def _forget(channel: Channel, name: str) -> None:
    """`name` is a flag's: quantities of any warehouse are one figure on the channel, prices two. Of what a
    field map made of the field nobody knows where it went, so all of the map is forgotten."""
    head = name.partition(".")[0]
    kinds = {"qty": ["quantity%"], "meta.*": ["meta.%"]}.get(name if name == "meta.*" else head, [])
    names = PLAN_NAMES.get(head, [name])
    if _maps(channel, name):
        kinds = [*kinds, "map.%"]
    with connection.cursor() as cursor:
        for table in ("known", "known_products"):
            cursor.execute(FORGET.format(table=table), [names, kinds, channel.pk])


def _maps(channel: Channel, name: str) -> bool:
    """Whether the channel's field map may use the field of this flag; so it is taken to be where its settings
    cannot be read."""
    try:
        product_map = terms_of(channel).settings.product_map
    except NotSetUp:
        return True
    return bool(product_map) and speaks_of(setting_template(product_map, "product_map"), name)


def _audit(place: Channel | Source, who: str, action: str, before: Any, after: Any) -> None:
    Audit.objects.create(
        client_id=place.client_id,
        who=who,
        action=action,
        subject=place.description,
        before=before,
        after=after,
    )
