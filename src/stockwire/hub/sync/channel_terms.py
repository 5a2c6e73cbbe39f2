"""The terms of a channel as the planner wants them: its own row, its flags, its rules, its settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stockwire.domain.flags import channel_flags
from stockwire.domain.rules import Operator, Rule
from stockwire.domain.terms import ChannelTerms, Takes, TaxRule, Terms
from stockwire.hub.models import Channel, ChannelRule, Flag
from stockwire.ports import Capabilities, ChannelConnector
from stockwire.registry import channel_connector


def terms_of(channel: Channel, rules: Sequence[Rule] | None = None) -> Terms:
    """Everything that decides what this channel is offered, inside an open scope. `rules` stand in for the
    stored ones where a draft is tried. Raises NotSetUp when a setting of the channel is wrong."""
    connector: ChannelConnector = channel_connector(channel.type)
    return Terms(
        channel=ChannelTerms(
            price_tier=channel.price_tier,
            compare_at_tier=channel.compare_at_tier,
            tax=TaxRule(channel.tax),
            tax_rate=channel.tax_rate,
            warehouses=tuple(channel.warehouses),
            stock_buffer=channel.stock_buffer,
            stock_floor=channel.stock_floor,
            qty_limit_upper=channel.qty_limit_upper,
        ),
        settings=connector.terms(channel.read_settings(connector.settings)),
        flags=channel_flags(channel.description, flags_of(channel)),
        rules=rules_of(channel) if rules is None else tuple(rules),
        takes=takes_of(connector.capabilities),
    )


def flags_of(channel: Channel) -> Mapping[str, str]:
    """Field to owner, as stored."""
    return dict(Flag.objects.filter(channel=channel).values_list("field", "owner"))


def rules_of(channel: Channel) -> tuple[Rule, ...]:
    stored = ChannelRule.objects.filter(channel=channel).order_by("position", "pk")
    found = stored.values_list("field", "operator", "value")
    return tuple(Rule(field, Operator(operator), value) for field, operator, value in found)


def takes_of(capabilities: Capabilities) -> Takes:
    return Takes(
        fields=capabilities.fields,
        meta=capabilities.meta,
        images=capabilities.images,
        variants=capabilities.variants,
        locations=capabilities.locations,
        compare_at=capabilities.compare_at,
    )
