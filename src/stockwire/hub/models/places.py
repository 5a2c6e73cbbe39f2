"""Where data comes from and goes to: sources, the agents that serve them, and channels.

Settings that are secret never stand in `settings`: they are in `secrets`, one encrypted text (see vault).
"""

from __future__ import annotations

import secrets as random_secrets
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from pydantic import BaseModel

from stockwire.domain.terms import TaxRule
from stockwire.hub import vault
from stockwire.hub.models.clients import Client

S = TypeVar("S", bound=BaseModel)


class _Configured(models.Model):
    settings = models.JSONField(default=dict)
    secrets = models.TextField(default="", blank=True)

    class Meta:
        abstract = True

    def read_settings(self, model: type[S]) -> S:
        """The typed settings of this connector, secrets opened. Raises NotSetUp when a setting is wrong."""
        return vault.open_settings(model, self.settings, self.secrets)

    def write_settings(self, settings: BaseModel) -> None:
        """Take over settings, secrets sealed. Not saved yet."""
        self.settings, self.secrets = vault.seal_settings(settings)


class Source(_Configured):
    """A system that owns products and accepts orders (model.md section 5).

    One with `linked_to` is a linked source: it only enriches products of that source, by their codes, creates
    none and never receives an order.
    """

    client = models.ForeignKey(Client, on_delete=models.CASCADE)
    linked_to = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="linked_sources")
    description = models.CharField(max_length=200)
    type = models.CharField(max_length=40)
    active = models.BooleanField(default=True)
    # What was deactivated before this moment does not count against what comes after it.
    deactivations_confirmed_at = models.DateTimeField(null=True)
    # Moment (the agent's clock) at which the snapshot of the last complete reading opened.
    stock_read_at = models.DateTimeField(null=True)
    read_mode = models.CharField(max_length=20, default="", blank=True)
    read_seconds = models.FloatField(null=True)
    read_rows = models.IntegerField(null=True)
    read_error = models.TextField(default="", blank=True)
    read_hint = models.TextField(default="", blank=True)
    # What the agent's checks last said: a list of code, state, seen, fix, group and about.
    findings = models.JSONField(default=list)
    findings_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    @property
    def create_order_enabled(self) -> bool:
        """Whether orders may be raised here: a setting every kind of source has, on unless switched off."""
        return str(self.settings.get("create_order_enabled", True)).strip().lower() in {"true", "1"}

    class Meta:
        db_table = "sources"

    def __str__(self) -> str:
        return self.description


class SourceProblem(models.Model):
    """A row of a source that could not be used. Gone as soon as the row reads well."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE)
    source = models.ForeignKey(Source, on_delete=models.CASCADE)
    code = models.CharField(max_length=100, blank=True)
    message = models.TextField()
    hint = models.TextField(blank=True)
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "source_problems"
        constraints = [
            models.UniqueConstraint(fields=["source", "code", "message"], name="one_row_per_source_problem")
        ]


class Agent(models.Model):
    """The program beside a source. It is known by a token, of which only the hash is kept."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE)
    source = models.ForeignKey(Source, on_delete=models.CASCADE)
    machine = models.CharField(max_length=200, default="", blank=True)
    version = models.CharField(max_length=40, default="", blank=True)
    code_hash = models.CharField(max_length=64, default="", blank=True, db_index=True)
    code_expires_at = models.DateTimeField(null=True)
    token_hash = models.CharField(max_length=64, default="", blank=True, db_index=True)
    revoked_at = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField(null=True)
    stream = models.CharField(max_length=64, default="", blank=True)
    last_number = models.BigIntegerField(default=0)
    read_now = models.BooleanField(default=False)
    full_read = models.BooleanField(default=False)
    check_now = models.BooleanField(default=False)
    # The run of the agent that was heard of last, and the one before it.
    run = models.CharField(max_length=40, default="", blank=True)
    run_before = models.CharField(max_length=40, default="", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "agents"

    def silent_since(self, now: datetime, after_s: float) -> bool:
        """True when it should have been heard of by now."""
        return self.last_seen_at is None or (now - self.last_seen_at).total_seconds() > after_s


def new_webhook_key() -> str:
    return random_secrets.token_urlsafe(24)


class ReconcilePolicy(models.TextChoices):
    """What a nightly comparison does about what it finds."""

    REPORT = "report", "Report only"
    REPAIR = "repair", "Repair"


class Channel(_Configured):
    """A place that sells (model.md section 7).

    `price_tier` "" is the retail list; no `warehouses` means all of the source, several are added up.
    A channel that is not `live` is planned and shown, and nothing is sent to it. `reconcile_hour` (0 to 23,
    the hub's own time) is when it is compared each night with what is really there; None is never.
    """

    client = models.ForeignKey(Client, on_delete=models.CASCADE)
    source = models.ForeignKey(Source, on_delete=models.PROTECT)
    description = models.CharField(max_length=200)
    type = models.CharField(max_length=40)
    active = models.BooleanField(default=True)
    price_tier = models.CharField(max_length=100, default="", blank=True)
    compare_at_tier = models.CharField(max_length=100, default="", blank=True)
    tax = models.CharField(
        max_length=10, choices=[(rule.value, rule.value) for rule in TaxRule], default="as_is"
    )
    tax_rate = models.DecimalField(max_digits=9, decimal_places=3, default=Decimal(15))
    warehouses = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    stock_buffer = models.IntegerField(default=0)
    stock_floor = models.IntegerField(default=0)
    qty_limit_upper = models.IntegerField(null=True)
    live = models.BooleanField(default=True)
    reconcile_policy = models.CharField(
        max_length=20, choices=ReconcilePolicy, default=ReconcilePolicy.REPORT
    )
    reconcile_hour = models.IntegerField(null=True, default=3)
    webhook_key = models.CharField(max_length=64, unique=True, default=new_webhook_key)
    # Orders changed at or before this moment (the channel's clock) are all stored.
    orders_seen_until = models.DateTimeField(null=True)
    webhooks_checked_at = models.DateTimeField(null=True)
    webhooks_note = models.TextField(default="", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "channels"

    def __str__(self) -> str:
        return self.description
