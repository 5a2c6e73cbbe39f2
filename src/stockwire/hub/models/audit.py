"""Who changed what, when, from what to what. Rows are only ever added."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from stockwire.hub.models.clients import Client


class Audit(models.Model):
    """`who` is a username and the way it came, "thandi (API)", or the part of the system that acted ("agent",
    "worker")."""

    # An import adds as many rows as products; the check of each would cost it as much as the row itself.
    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    at = models.DateTimeField(db_default=Now())
    who = models.CharField(max_length=150)
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=200)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        db_table = "audit"
        indexes = [
            models.Index(fields=["client", "-at"], name="audit_newest"),
            # For letting go of the oldest, of all clients.
            models.Index(fields=["at"], name="audit_oldest"),
        ]
