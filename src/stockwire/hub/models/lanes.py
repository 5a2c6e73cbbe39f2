"""A lane is one stream of work towards one place, done by one worker at a time.

The row carries the lease and a fencing number: correctness rests on it and never on the job engine.
"""

from __future__ import annotations

from django.db import models

from stockwire.hub.models.clients import Client
from stockwire.hub.models.places import Channel


class LaneKind(models.TextChoices):
    PUSH = "push", "Products to the channel"
    ORDERS = "orders", "Orders from the channel"


class Lane(models.Model):
    """`epoch` is raised by every claim and checked at every write-back. `paused` says why in `note`."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE)
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE)
    kind = models.CharField(max_length=20, choices=LaneKind)
    owner = models.CharField(max_length=100, default="", blank=True)
    epoch = models.BigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True)
    attempts = models.IntegerField(default=0)
    paused = models.BooleanField(default=False)
    note = models.TextField(default="", blank=True)
    hint = models.TextField(default="", blank=True)
    last_run_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "lanes"
        constraints = [models.UniqueConstraint(fields=["channel", "kind"], name="one_lane_per_channel_kind")]
        indexes = [models.Index(fields=["next_at"], name="lanes_next_at")]
