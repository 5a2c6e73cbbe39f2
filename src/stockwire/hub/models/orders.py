"""Orders: stored once per channel and channel order code, with everything the customer was shown.

Amounts are the channel's own, imported and never recomputed. State words are the operator's.
"""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from stockwire.hub.models.catalogue import Variant
from stockwire.hub.models.clients import Client
from stockwire.hub.models.places import Agent, Channel, Source

MONEY = {"max_digits": 16, "decimal_places": 4}


class OrderState(models.TextChoices):
    SAVED = "saved", "Saved"
    READY = "ready", "Waiting for Omni"
    RAISING = "raising", "Being raised"
    RAISED = "raised", "Raised"
    HELD = "held", "Held"
    REFUSED = "refused", "Refused"
    IN_DOUBT = "in_doubt", "In doubt"
    CANCELLED = "cancelled", "Cancelled"


# States in which the hub holds stock for the order (design: sellable stock).
HOLDING = (
    OrderState.READY,
    OrderState.RAISING,
    OrderState.RAISED,
    OrderState.HELD,
    OrderState.REFUSED,
    OrderState.IN_DOUBT,
)


class Order(models.Model):
    """One document of an order: nearly always the only one. An order with items of several sources has one
    row for each of them, told apart by `part` (1 is the first); everything below is that document's own.

    `status` is the channel's word, `state` ours. `reference` is made once, when the order is stored, and
    never reused. `claim` is the fencing number of raising. `reason` and `hint` say why it is where it is.
    An order that was fetched from the source by its number has `fetched_at`, no channel, no lines and no
    total: only the head of the document is known.
    """

    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False)
    channel = models.ForeignKey(Channel, null=True, on_delete=models.PROTECT, db_index=False)
    source = models.ForeignKey(Source, on_delete=models.PROTECT)
    channel_order_code = models.CharField(max_length=100, default="", blank=True)
    part = models.SmallIntegerField(db_default=1)
    number = models.CharField(max_length=100)
    status = models.CharField(max_length=60, default="", blank=True)
    state = models.CharField(max_length=20, choices=OrderState)
    currency = models.CharField(max_length=10)
    total = models.DecimalField(**MONEY, null=True)
    total_tax = models.DecimalField(**MONEY, null=True)
    prices_include_tax = models.BooleanField(default=False)
    ordered_at = models.DateTimeField()
    modified_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True)
    customer_code = models.CharField(max_length=100, default="", blank=True)
    customer_email = models.CharField(max_length=320, default="", blank=True)
    customer_name = models.CharField(max_length=300, default="", blank=True)
    source_customer_code = models.CharField(max_length=100, default="", blank=True)
    payment_method = models.CharField(max_length=200, default="", blank=True)
    notes = models.TextField(default="", blank=True)
    reference = models.CharField(max_length=40)
    document_number = models.CharField(max_length=60, default="", blank=True)
    document = models.JSONField(null=True)
    reason = models.TextField(default="", blank=True)
    hint = models.TextField(default="", blank=True)
    detail = models.TextField(default="", blank=True)
    proof = models.JSONField(null=True)
    claim = models.BigIntegerField(default=0)
    claimed_by = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL)
    claimed_until = models.DateTimeField(null=True)
    attempts = models.IntegerField(default=0)
    next_at = models.DateTimeField(db_default=Now())
    stored_at = models.DateTimeField(db_default=Now())
    raised_at = models.DateTimeField(null=True)
    # Which run of the agent raised it, and when in that run: true whatever is done to its machine's clock.
    raised_run = models.CharField(max_length=40, default="", blank=True)
    raised_run_s = models.FloatField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    stock_released_at = models.DateTimeField(null=True)
    fetched_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "orders"
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "channel_order_code", "part"], name="one_order_per_channel_code"
            ),
            models.UniqueConstraint(
                fields=["channel", "channel_order_code", "source"], name="one_document_per_source"
            ),
            models.UniqueConstraint(fields=["source", "reference"], name="one_order_per_reference"),
            models.CheckConstraint(
                condition=models.Q(channel__isnull=False, total__isnull=False, total_tax__isnull=False)
                | models.Q(fetched_at__isnull=False),
                name="only_fetched_orders_lack_a_channel",
            ),
        ]
        indexes = [
            models.Index(fields=["source", "state", "next_at"], name="orders_to_raise"),
            models.Index(fields=["client", "-stored_at"], name="orders_newest"),
            # Quantities held are asked for with every push, over years of orders.
            models.Index(
                fields=["source"], condition=models.Q(stock_released_at=None), name="orders_holding_stock"
            ),
            # Orders of several documents are few, and asked for with every look at the status page.
            models.Index(
                fields=["client", "channel", "channel_order_code"],
                condition=models.Q(part__gt=1),
                name="orders_of_several_sources",
            ),
            # The status page asks every few seconds for raised orders that need somebody.
            models.Index(
                fields=["client"],
                condition=models.Q(state="raised") & ~models.Q(reason=""),
                name="orders_to_settle",
            ),
        ]


class OrderLine(models.Model):
    """`variant` is null for an SKU the hub does not know. Totals are for the whole line, after discounts."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    position = models.IntegerField()
    kind = models.CharField(max_length=10, default="item")
    channel_line_code = models.CharField(max_length=100, default="", blank=True)
    variant = models.ForeignKey(Variant, null=True, on_delete=models.SET_NULL)
    sku = models.CharField(max_length=100, default="", blank=True)
    title = models.CharField(max_length=500)
    quantity = models.DecimalField(max_digits=16, decimal_places=4)
    total_excl_tax = models.DecimalField(**MONEY)
    subtotal_excl_tax = models.DecimalField(**MONEY)
    channel_product_code = models.CharField(max_length=100, default="", blank=True)
    channel_variant_code = models.CharField(max_length=100, default="", blank=True)

    class Meta:
        db_table = "order_lines"


class OrderShippingLine(models.Model):
    """Delivery, or a fee of the shop."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="shipping_lines")
    position = models.IntegerField()
    kind = models.CharField(max_length=10)
    title = models.CharField(max_length=300)
    total_excl_tax = models.DecimalField(**MONEY)

    class Meta:
        db_table = "order_shipping_lines"


class OrderTaxLine(models.Model):
    """Tax on one item line or one shipping line, for the whole line."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False)
    line = models.ForeignKey(OrderLine, null=True, on_delete=models.CASCADE, related_name="tax_lines")
    shipping_line = models.ForeignKey(
        OrderShippingLine, null=True, on_delete=models.CASCADE, related_name="tax_lines"
    )
    title = models.CharField(max_length=100)
    amount = models.DecimalField(**MONEY)
    rate = models.DecimalField(max_digits=8, decimal_places=4, null=True)
    code = models.CharField(max_length=20)

    class Meta:
        db_table = "order_tax_lines"


class OrderDiscount(models.Model):
    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="discounts")
    code = models.CharField(max_length=200)
    amount_excl_tax = models.DecimalField(**MONEY)

    class Meta:
        db_table = "order_discounts"


class OrderAddress(models.Model):
    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="addresses")
    type = models.CharField(max_length=10)
    fields = models.JSONField()

    class Meta:
        db_table = "order_addresses"


class OrderParam(models.Model):
    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="params")
    key = models.CharField(max_length=100)
    value = models.TextField()

    class Meta:
        db_table = "order_params"


class OrderHistory(models.Model):
    """One thing that happened to an order, newest last; `payload` is what came or went, redacted."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="history")
    at = models.DateTimeField(db_default=Now())
    event = models.CharField(max_length=40)
    text = models.TextField()
    payload = models.JSONField(null=True)

    class Meta:
        db_table = "order_history"


class OrderMark(models.Model):
    """This order changed on its channel and must be looked at: the stale mark of an order."""

    pk = models.CompositePrimaryKey("channel_id", "channel_order_code")
    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False)
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, db_index=False)
    channel_order_code = models.CharField(max_length=100)
    version = models.BigIntegerField(db_default=1)
    since = models.DateTimeField(db_default=Now())
    attempts = models.IntegerField(db_default=0)
    next_at = models.DateTimeField(db_default=Now())
    needs_you = models.BooleanField(db_default=False)
    message = models.TextField(db_default="", blank=True)
    hint = models.TextField(db_default="", blank=True)

    class Meta:
        db_table = "order_marks"


class WebhookReceipt(models.Model):
    """A delivery already acted upon, known by what it says and never by its delivery id."""

    pk = models.CompositePrimaryKey("channel_id", "dedupe_key")
    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False)
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, db_index=False)
    dedupe_key = models.CharField(max_length=120)
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "webhook_receipts"
        indexes = [models.Index(fields=["received_at"], name="webhook_receipts_age")]
