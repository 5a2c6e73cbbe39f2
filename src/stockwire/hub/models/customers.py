"""Customers of a channel: who they are there, which account they are in the source, and how they sign in.

A trade-store login is not a console user. A user name never changes once given; the database sees to it.
"""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from stockwire.hub.models.clients import Client
from stockwire.hub.models.places import Channel, Source


class Customer(models.Model):
    """`source_customer_code` equals the account code in the source exactly. `price_tier` and `warehouse` ""
    are the channel's. `password` is a hash, or "" for nobody who may sign in. `send_email_invite`: an
    invitation is wanted.
    """

    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False)
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, db_index=False)
    source = models.ForeignKey(Source, on_delete=models.PROTECT)
    source_customer_code = models.CharField(max_length=100)
    channel_customer_code = models.CharField(max_length=100, default="", blank=True)
    active = models.BooleanField(default=True)
    first_name = models.CharField(max_length=200, default="", blank=True)
    last_name = models.CharField(max_length=200, default="", blank=True)
    email = models.CharField(max_length=320, default="", blank=True)
    accepts_marketing = models.BooleanField(default=False)
    note = models.TextField(default="", blank=True)
    price_tier = models.CharField(max_length=100, default="", blank=True)
    warehouse = models.CharField(max_length=100, default="", blank=True)
    username = models.CharField(max_length=150)
    password = models.CharField(max_length=200, default="", blank=True)
    send_email_invite = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())
    modified_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "customers"
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "source_customer_code"], name="one_customer_per_channel_and_account"
            ),
            models.UniqueConstraint(
                "client", models.functions.Lower("username"), name="one_customer_per_username"
            ),
        ]


class CustomerAddress(models.Model):
    """`position` 1 is the address of the customer file; `type` is shipping or billing."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="addresses")
    position = models.IntegerField(default=1)
    address_code = models.CharField(max_length=100, default="", blank=True)
    type = models.CharField(max_length=20, default="billing")
    is_default = models.BooleanField(default=True)
    address1 = models.CharField(max_length=200, default="", blank=True)
    address2 = models.CharField(max_length=200, default="", blank=True)
    city = models.CharField(max_length=200, default="", blank=True)
    company = models.CharField(max_length=200, default="", blank=True)
    first_name = models.CharField(max_length=200, default="", blank=True)
    last_name = models.CharField(max_length=200, default="", blank=True)
    phone = models.CharField(max_length=200, default="", blank=True)
    province = models.CharField(max_length=200, default="", blank=True)
    country = models.CharField(max_length=200, default="", blank=True)
    zip = models.CharField(max_length=200, default="", blank=True)
    country_code = models.CharField(max_length=20, default="", blank=True)
    province_code = models.CharField(max_length=200, default="", blank=True)

    class Meta:
        db_table = "customer_addresses"
        constraints = [
            models.UniqueConstraint(fields=["customer", "position"], name="one_address_per_customer_place")
        ]


class CustomerMeta(models.Model):
    """An attribute of a customer: balance, rep_id, a contract ..."""

    pk = models.CompositePrimaryKey("customer_id", "key")
    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, db_index=False, related_name="meta")
    key = models.CharField(max_length=200)
    value = models.TextField()

    class Meta:
        db_table = "customer_meta"
