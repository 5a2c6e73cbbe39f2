"""What all workers on one channel share: the budget of its API, and secrets that renew, sealed at rest."""

from __future__ import annotations

from django.db import models

from stockwire.hub.models.clients import Client
from stockwire.hub.models.places import Channel


class ChannelBudget(models.Model):
    """A bucket of points: `level` at the moment `at`, below zero when what comes is spent already."""

    channel = models.OneToOneField(Channel, primary_key=True, on_delete=models.CASCADE)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False)
    level = models.FloatField()
    capacity = models.FloatField()
    refill_per_s = models.FloatField()
    at = models.DateTimeField()

    class Meta:
        db_table = "channel_budgets"


class ChannelSecret(models.Model):
    """`renewing_until` is the lease of whoever is getting a new one just now."""

    pk = models.CompositePrimaryKey("channel_id", "name")
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, db_index=False)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False)
    name = models.CharField(max_length=40)
    sealed = models.TextField(db_default="", blank=True)
    renewing_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "channel_secrets"
