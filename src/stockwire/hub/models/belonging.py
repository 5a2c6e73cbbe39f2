"""What belongs where: flags (who owns a field here) and channel rules (which products are offered)."""

from __future__ import annotations

from django.db import models

from stockwire.domain.flags import Owner
from stockwire.domain.rules import Operator
from stockwire.hub.models.clients import Client
from stockwire.hub.models.places import Channel, Source


class Flag(models.Model):
    """Who owns one field of a source or of a channel; exactly one of the two is given (model.md section 6).

    `field` is a name of stockwire.domain.flags: title, meta.colour, qty.JHB, price.retail, meta.* ...
    """

    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False)
    source = models.ForeignKey(Source, null=True, on_delete=models.CASCADE, related_name="flags")
    channel = models.ForeignKey(Channel, null=True, on_delete=models.CASCADE, related_name="flags")
    field = models.CharField(max_length=120)
    owner = models.CharField(max_length=10, choices=[(owner.value, owner.value) for owner in Owner])
    description = models.CharField(max_length=200, default="", blank=True)

    class Meta:
        db_table = "flags"
        constraints = [
            models.UniqueConstraint(fields=["source", "field"], name="one_flag_per_source_field"),
            models.UniqueConstraint(fields=["channel", "field"], name="one_flag_per_channel_field"),
            models.CheckConstraint(
                condition=models.Q(source=None, channel__isnull=False, owner__in=["system", "channel"])
                | models.Q(source__isnull=False, channel=None, owner__in=["source", "system"]),
                name="a_flag_is_of_one_place_and_its_owners",
            ),
        ]


class ChannelRule(models.Model):
    """One condition a product must meet to be offered on the channel; all of them must hold."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False)
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="rules")
    position = models.IntegerField(default=0)
    field = models.CharField(max_length=120)
    operator = models.CharField(max_length=20, choices=[(one.value, one.value) for one in Operator])
    value = models.TextField(default="", blank=True)

    class Meta:
        db_table = "channel_rules"
