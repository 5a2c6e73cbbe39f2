"""Product and channel together: the link (their ids), the known state, and the stale mark.

A stale mark is the queue item of a product on a channel. It holds no data: what is sent is computed when
it is sent, so a late job cannot send old values.
"""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from stockwire.hub.models.catalogue import Product, Variant
from stockwire.hub.models.clients import Client
from stockwire.hub.models.places import Channel


class ProductLink(models.Model):
    """Our product with variants, their id of it. A simple product has none: its variant has."""

    pk = models.CompositePrimaryKey("channel_id", "product_id")
    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, db_index=False)
    product = models.ForeignKey(Product, on_delete=models.CASCADE)
    product_code = models.CharField(max_length=100)
    memory = models.JSONField(db_default={})
    linked_at = models.DateTimeField(db_default=Now())
    note = models.TextField(db_default="", blank=True)

    class Meta:
        db_table = "product_links"
        constraints = [
            models.UniqueConstraint(fields=["channel", "product_code"], name="one_product_link_per_their_id")
        ]


class KnownProduct(models.Model):
    """What the channel last confirmed of a product with variants apart from its variants, by field group."""

    pk = models.CompositePrimaryKey("channel_id", "product_id", "group")
    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, db_index=False)
    product = models.ForeignKey(Product, on_delete=models.CASCADE)
    group = models.CharField(max_length=20)
    values = models.JSONField()
    answered = models.JSONField(db_default={})
    confirmed_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "known_products"


class ChannelLink(models.Model):
    """Our variant, their ids. One of each per channel. `memory` is the connector's own (ports.Link), `below`
    says that it is a variant of a product with variants there. `from_order` is a link that only an order
    told of: orders are matched by it, and nothing is sent by it until a push has confirmed it.
    """

    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, db_index=False)
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE)
    product_code = models.CharField(max_length=100)
    variant_code = models.CharField(max_length=100, default="", blank=True)
    below = models.BooleanField(db_default=False)
    from_order = models.BooleanField(db_default=False)
    memory = models.JSONField(db_default={})
    linked_at = models.DateTimeField(db_default=Now())
    note = models.TextField(db_default="", blank=True)

    class Meta:
        db_table = "links"
        constraints = [
            models.UniqueConstraint(fields=["channel", "variant"], name="one_link_per_variant"),
            models.UniqueConstraint(
                fields=["channel", "product_code", "variant_code"], name="one_link_per_their_id"
            ),
        ]


class Known(models.Model):
    """What the channel last confirmed for one field group: field name to value (money as text).

    `answered` is what it answered with where that was not what was sent (sync/answered).
    """

    pk = models.CompositePrimaryKey("channel_id", "variant_id", "group")
    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, db_index=False)
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE)
    group = models.CharField(max_length=20)
    values = models.JSONField()
    answered = models.JSONField(db_default={})
    confirmed_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "known"


class StaleState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    BACKING_OFF = "backing_off", "Backing off"
    NEEDS_YOU = "needs_you", "Needs you"
    SKIPPED = "skipped", "Skipped"


class Stale(models.Model):
    """This product may differ on this channel. `version` grows with every reason, so that a push clears
    exactly what it has seen. A skipped mark stays, with who and why, and the next change offers it again.
    """

    pk = models.CompositePrimaryKey("channel_id", "product_id")
    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    version = models.BigIntegerField(db_default=1)
    since = models.DateTimeField(db_default=Now())
    state = models.CharField(max_length=20, choices=StaleState, db_default=StaleState.WAITING)
    # A creation on the channel was begun then, and how it ended is not known (sync/creations).
    creating_since = models.DateTimeField(null=True)
    attempts = models.IntegerField(db_default=0)
    next_at = models.DateTimeField(db_default=Now())
    message = models.TextField(db_default="", blank=True)
    hint = models.TextField(db_default="", blank=True)
    detail = models.TextField(db_default="", blank=True)
    skipped_by = models.CharField(max_length=150, db_default="", blank=True)
    skip_reason = models.TextField(db_default="", blank=True)

    class Meta:
        db_table = "stale"
        indexes = [models.Index(fields=["channel", "state", "next_at"], name="stale_due")]
