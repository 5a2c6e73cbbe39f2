"""Imports of files that people asked for: what is to be done, how far it is, and how it ended."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from stockwire.hub.models.clients import Client
from stockwire.hub.models.places import Channel, Source


class ImportKind(models.TextChoices):
    PRODUCTS = "products", "Products"
    CUSTOMERS = "customers", "Customers"


class ImportState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


UNFINISHED_IMPORTS = (ImportState.WAITING, ImportState.RUNNING)


class Import(models.Model):
    """Products go into `source`, customers onto `channel`. `kept_as` is the name of the sealed file, "" once
    it is gone. `rows_all` is None until they are counted. `last_row` is the number of the last row that is
    settled, `report_size` the bytes of the report that belong to it: both change in the transaction that
    stores the rows. `lease_until` and `epoch` say who has it in hand.
    """

    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False)
    kind = models.CharField(max_length=20, choices=ImportKind)
    source = models.ForeignKey(Source, null=True, on_delete=models.CASCADE, db_index=False)
    channel = models.ForeignKey(Channel, null=True, on_delete=models.CASCADE, db_index=False)
    file_name = models.CharField(max_length=200)
    kept_as = models.CharField(max_length=60, default="", blank=True)
    dry_run = models.BooleanField(default=True)
    options = models.JSONField(default=dict)
    asked_by = models.CharField(max_length=150)
    state = models.CharField(max_length=20, choices=ImportState, default=ImportState.WAITING)
    asked_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    epoch = models.IntegerField(default=0)
    rows_all = models.IntegerField(null=True)
    rows_done = models.IntegerField(default=0)
    last_row = models.IntegerField(default=0)
    counts = models.JSONField(default=dict)
    report_size = models.BigIntegerField(default=0)
    message = models.TextField(default="", blank=True)
    hint = models.TextField(default="", blank=True)

    class Meta:
        db_table = "imports"
        indexes = [
            models.Index(fields=["client", "-id"], name="imports_newest"),
            models.Index(
                fields=["lease_until"],
                condition=models.Q(state__in=["waiting", "running"]),
                name="imports_due",
            ),
        ]
