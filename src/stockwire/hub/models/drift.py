"""What a comparison of a channel with what is really there has found, and what was done about it.

A report is asked for first; the channel's push lane then makes it. The last few are kept.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from stockwire.domain.drift import Kind
from stockwire.hub.models.catalogue import Product, Variant
from stockwire.hub.models.clients import Client
from stockwire.hub.models.places import Channel


class DriftState(models.TextChoices):
    REQUESTED = "requested", "Requested"
    READING = "reading", "Reading"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class DriftReport(models.Model):
    """One comparison. `repairs` are the kinds to repair; `bounded` that a person should look when they are
    too many. `listed` is how many variants the channel listed, `linked` how many of ours have a link.

    `counts` is kind to items found, `repaired` kind to items repaired; `notes` say in plain words what was
    left and why. `message` and `hint` are those of a failure.
    """

    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False)
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, db_index=False)
    state = models.CharField(max_length=20, choices=DriftState, default=DriftState.REQUESTED)
    asked_by = models.CharField(max_length=150)
    repairs = ArrayField(models.CharField(max_length=20), default=list)
    bounded = models.BooleanField(default=False)
    requested_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    tries = models.IntegerField(default=0)
    listed = models.IntegerField(default=0)
    linked = models.IntegerField(default=0)
    counts = models.JSONField(default=dict)
    repaired = models.JSONField(default=dict)
    notes = ArrayField(models.TextField(), default=list)
    message = models.TextField(default="", blank=True)
    hint = models.TextField(default="", blank=True)

    class Meta:
        db_table = "drift_reports"
        indexes = [models.Index(fields=["channel", "-id"], name="drift_newest")]


class DriftItem(models.Model):
    """One thing found. `product_code` and `variant_code` are the channel's ids; `product` and `variant` are
    ours, where we know it. A field that differs names its group, both values and what is wanted now; one of a
    product with variants as a whole has no variant. `repaired` says what was done, "" when nothing was.
    """

    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    report = models.ForeignKey(DriftReport, on_delete=models.CASCADE, db_index=False)
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.value) for kind in Kind])
    sku = models.CharField(max_length=500, blank=True)
    product_code = models.CharField(max_length=100, blank=True)
    variant_code = models.CharField(max_length=100, default="", blank=True)
    product = models.ForeignKey(
        Product, null=True, on_delete=models.DO_NOTHING, db_index=False, db_constraint=False
    )
    variant = models.ForeignKey(
        Variant, null=True, on_delete=models.DO_NOTHING, db_index=False, db_constraint=False
    )
    group = models.CharField(max_length=20, default="", blank=True)
    field = models.CharField(max_length=120, default="", blank=True)
    confirmed = models.JSONField(null=True)
    shown = models.JSONField(null=True)
    wanted = models.JSONField(null=True)
    said = models.TextField(default="", blank=True)
    repaired = models.CharField(max_length=200, default="", blank=True)

    class Meta:
        db_table = "drift_items"
        indexes = [models.Index(fields=["report", "kind", "id"], name="drift_items_by_kind")]
