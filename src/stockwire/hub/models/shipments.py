"""Goods on their way to a customer, and whether the channel was told of them."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from stockwire.hub.models.clients import Client
from stockwire.hub.models.orders import Order
from stockwire.hub.models.places import Channel


class ShipmentState(models.TextChoices):
    WAITING = "waiting", "Waiting to be told"
    TOLD = "told", "The channel knows"
    NEEDS_YOU = "needs_you", "Needs you"


class Shipment(models.Model):
    """`key` is ours and never reused. `lines` is a list of sku, quantity and channel_line_code; empty means
    everything that was left. `version` grows with every change, so that telling clears what it has told."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, db_index=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="shipments")
    key = models.CharField(max_length=64, unique=True)
    lines = models.JSONField(db_default=[])
    tracking_number = models.CharField(max_length=200, db_default="", blank=True)
    tracking_company = models.CharField(max_length=200, db_default="", blank=True)
    tracking_url = models.TextField(db_default="", blank=True)
    notify_customer = models.BooleanField(db_default=True)
    state = models.CharField(max_length=20, choices=ShipmentState, db_default=ShipmentState.WAITING)
    version = models.IntegerField(db_default=1)
    attempts = models.IntegerField(db_default=0)
    next_at = models.DateTimeField(db_default=Now())
    message = models.TextField(db_default="", blank=True)
    hint = models.TextField(db_default="", blank=True)
    # The channel's ids of the fulfilments, joined by commas.
    fulfilment_code = models.CharField(max_length=300, db_default="", blank=True)
    made_by = models.CharField(max_length=150, db_default="", blank=True)
    made_at = models.DateTimeField(db_default=Now())
    told_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "shipments"
        indexes = [models.Index(fields=["channel", "state", "next_at"], name="shipments_due")]
