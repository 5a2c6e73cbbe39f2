"""Linked sources and when they are fetched: one row each, claimed by one worker at a time."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from stockwire.hub.models.clients import Client
from stockwire.hub.models.places import Source


class SourceFetch(models.Model):
    """`etag` and `last_modified` are the server's marks of the file that was last stored; `seen` is a digest
    of everything here that decides what the file means (settings, flags, products), so that an unchanged file
    is read again when that changed. Counts are of the last run; `unknown` rows are of products not here.
    """

    source = models.OneToOneField(Source, primary_key=True, on_delete=models.CASCADE, related_name="fetch")
    client = models.ForeignKey(Client, on_delete=models.CASCADE)
    next_at = models.DateTimeField(null=True, db_default=Now())
    lease_until = models.DateTimeField(null=True)
    epoch = models.BigIntegerField(db_default=0)
    attempts = models.IntegerField(db_default=0)
    etag = models.CharField(max_length=200, db_default="", blank=True)
    last_modified = models.CharField(max_length=100, db_default="", blank=True)
    seen = models.CharField(max_length=64, db_default="", blank=True)
    last_run_at = models.DateTimeField(null=True)
    last_change_at = models.DateTimeField(null=True)
    rows = models.IntegerField(db_default=0)
    changed = models.IntegerField(db_default=0)
    unknown = models.IntegerField(db_default=0)
    problems = models.IntegerField(db_default=0)

    class Meta:
        db_table = "source_fetches"
        indexes = [models.Index(fields=["next_at"], name="source_fetches_due")]
