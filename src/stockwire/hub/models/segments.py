"""Segments: what a console user or a customer may see."""

from __future__ import annotations

from django.db import models

from stockwire.domain.segments import Kind, Operator
from stockwire.hub.models.clients import Client, User
from stockwire.hub.models.customers import Customer


class Segment(models.Model):
    """One condition of exactly one user or customer; one per kind and field, a second takes its place.
    `owner` is "source" when a sync wrote it, which then may also take it away.
    """

    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False)
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="segments")
    customer = models.ForeignKey(Customer, null=True, on_delete=models.CASCADE, related_name="segments")
    kind = models.CharField(max_length=20, choices=[(one.value, one.value) for one in Kind])
    key = models.CharField(max_length=60)
    operator = models.CharField(max_length=20, choices=[(one.value, one.value) for one in Operator])
    value = models.TextField()
    owner = models.CharField(max_length=10, default="system")

    class Meta:
        db_table = "segments"
        constraints = [
            models.UniqueConstraint(fields=["user", "kind", "key"], name="one_segment_per_user_field"),
            models.UniqueConstraint(
                fields=["customer", "kind", "key"], name="one_segment_per_customer_field"
            ),
            models.CheckConstraint(
                condition=models.Q(user=None, customer__isnull=False)
                | models.Q(user__isnull=False, customer=None),
                name="a_segment_is_of_one_person",
            ),
        ]
