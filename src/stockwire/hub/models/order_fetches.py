"""Somebody's wish to have an order of the source by its number, and what came of it.

Answered once; what is not answered within a day is nobody's wish any more (sync/fetch_orders.py).
"""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from stockwire.hub.models.clients import Client
from stockwire.hub.models.orders import Order
from stockwire.hub.models.places import Source


class FetchState(models.TextChoices):
    WAITING = "waiting", "Waiting for the agent"
    FOUND = "found", "Found"
    MISSING = "missing", "Not in Omni"
    FAILED = "failed", "Failed"


class OrderFetch(models.Model):
    """`resources` are the kinds of document looked in, in that order. While it waits, `message` says why."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False)
    source = models.ForeignKey(Source, on_delete=models.CASCADE, db_index=False)
    number = models.CharField(max_length=40)
    resources = models.JSONField(default=list)
    who = models.CharField(max_length=150)
    state = models.CharField(max_length=20, choices=FetchState, default=FetchState.WAITING)
    message = models.TextField(default="", blank=True)
    hint = models.TextField(default="", blank=True)
    order = models.ForeignKey(Order, null=True, on_delete=models.SET_NULL)
    asked_at = models.DateTimeField(db_default=Now())
    next_at = models.DateTimeField(db_default=Now())
    answered_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "order_fetches"
        indexes = [
            models.Index(
                fields=["source"], condition=models.Q(state="waiting"), name="order_fetches_waiting"
            ),
        ]
