"""Who is told by e-mail of what stops, and what they were told.

Recipients are a client's own; an override replaces them for one notification, perhaps at one place only. An
alert is one trouble from its beginning to its end: told once when it begins and once when it is over.
"""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from stockwire.hub.models.clients import Client
from stockwire.hub.models.places import Channel, Source


class Notification(models.TextChoices):
    """Names as users of such hubs know them (queue.md section 6); agentSilent is ours."""

    AGENT_SILENT = "agentSilent", "An agent is silent"
    QUEUE_ERROR = "queueError", "A channel is stopped, or products need you"
    GET_SOURCE_PRODUCTS_ERROR = "getSourceProductsError", "Products cannot be read"
    ADD_SOURCE_ORDER_ERROR = "addSourceOrderError", "An order was not raised"
    SYNC_ORDER_ERROR = "syncOrderError", "An order could not be taken over"


class Recipient(models.Model):
    """Somebody who gets everything that no override sends elsewhere."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False)
    name = models.CharField(max_length=200, default="", blank=True)
    email = models.EmailField(max_length=320)

    class Meta:
        db_table = "recipients"
        constraints = [
            models.UniqueConstraint("client", models.functions.Lower("email"), name="one_recipient_per_email")
        ]


class RecipientOverride(models.Model):
    """`recipients` is a list of {name, email} that replaces the client's own. Without a channel and a source
    it holds for the notification wherever it comes from."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False)
    notification = models.CharField(max_length=40, choices=Notification)
    channel = models.ForeignKey(Channel, null=True, on_delete=models.CASCADE)
    source = models.ForeignKey(Source, null=True, on_delete=models.CASCADE)
    recipients = models.JSONField(default=list)

    class Meta:
        db_table = "recipient_overrides"
        constraints = [
            models.UniqueConstraint(
                fields=["client", "notification", "channel", "source"],
                name="one_override_per_place",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=models.Q(channel=None) | models.Q(source=None),
                name="an_override_is_of_one_place_at_most",
            ),
        ]


class Alert(models.Model):
    """One trouble. `key` tells it from others of its notification; `title`, `text` and `fix` are what was
    told when it began. `not_sent` says why the last mail about it did not go out."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False)
    notification = models.CharField(max_length=40, choices=Notification)
    key = models.CharField(max_length=120)
    channel = models.ForeignKey(Channel, null=True, on_delete=models.CASCADE, db_index=False)
    source = models.ForeignKey(Source, null=True, on_delete=models.CASCADE, db_index=False)
    title = models.CharField(max_length=300)
    text = models.TextField(default="", blank=True)
    fix = models.TextField(default="", blank=True)
    began_at = models.DateTimeField(db_default=Now())
    tell_from = models.DateTimeField(db_default=Now())
    told_at = models.DateTimeField(null=True)
    told_to = models.JSONField(default=list)
    over_at = models.DateTimeField(null=True)
    over_told_at = models.DateTimeField(null=True)
    not_sent = models.TextField(default="", blank=True)

    class Meta:
        db_table = "alerts"
        constraints = [
            models.UniqueConstraint(
                fields=["client", "notification", "key"],
                condition=models.Q(over_at=None),
                name="one_open_alert_per_trouble",
            )
        ]
        indexes = [models.Index(fields=["client", "-began_at"], name="alerts_newest")]
