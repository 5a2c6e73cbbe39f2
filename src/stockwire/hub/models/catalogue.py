"""Products as the hub holds them: variants, price tiers, quantities per warehouse, meta and images.

Rows are written in bulk by sync/store_products, which takes every id from the row it joins to; beside it only
sync/link_items inserts here, in the same way. So the bulk tables carry no foreign-key checks: those cost a
first load more than a third of its time (docs/adr/0005), and row-level security ties each row to its client.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from stockwire.hub.models.clients import Client
from stockwire.hub.models.places import Source


class Product(models.Model):
    """Parent-level data, keyed by source and source_product_code (model.md section 3)."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    source = models.ForeignKey(Source, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    source_product_code = models.CharField(max_length=100)
    active = models.BooleanField()
    title = models.CharField(max_length=500)
    body_html = models.TextField(null=True)
    collection = models.CharField(max_length=200, null=True)
    product_type = models.CharField(max_length=200, null=True)
    vendor = models.CharField(max_length=200, null=True)
    tags = models.TextField(null=True)
    # Up to three, in their order; none for a simple product.
    option_names = ArrayField(models.CharField(max_length=100), db_default=[])
    # When it first came, and by whom: the audit has no row of its own for what an agent or an order brings.
    created_at = models.DateTimeField(db_default=models.functions.Now())
    created_by = models.CharField(max_length=150, db_default="", blank=True)
    modified_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        db_table = "products"
        constraints = [
            models.UniqueConstraint(
                fields=["source", "source_product_code"], name="one_product_per_source_code"
            )
        ]


class Variant(models.Model):
    """What is sold: one SKU. Simple products have one variant with the product's own code."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    source = models.ForeignKey(Source, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, db_constraint=False)
    source_variant_code = models.CharField(max_length=100)
    sku = models.CharField(max_length=100)
    # Most shops do not tell upper from lower case in an SKU, nor do we when we look one up. A column of its
    # own, because row-level security keeps an index over upper(sku) from being used.
    sku_key = models.GeneratedField(
        expression=models.functions.Upper(models.functions.Trim("sku")),
        output_field=models.CharField(max_length=100),
        db_persist=True,
    )
    barcode = models.CharField(max_length=100, null=True)
    grams = models.IntegerField(null=True)
    inventory_management = models.BooleanField(db_default=True)
    option_values = ArrayField(models.CharField(max_length=200), db_default=[])
    # One variant of a product with others may go by itself; without an active one the product goes.
    active = models.BooleanField(db_default=True)
    # When the source took it away last.
    gone_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "variants"
        constraints = [
            models.UniqueConstraint(
                fields=["source", "source_variant_code"], name="one_variant_per_source_code"
            )
        ]
        indexes = [models.Index(fields=["sku_key", "client"], name="variants_sku_key")]


class PriceTier(models.Model):
    """Amount in the client's currency, as the source holds it."""

    pk = models.CompositePrimaryKey("variant_id", "tier")
    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    tier = models.CharField(max_length=100)
    price = models.DecimalField(max_digits=16, decimal_places=4)

    class Meta:
        db_table = "price_tiers"


class Quantity(models.Model):
    """Available quantity in one warehouse ("" is the source's only or summed one). Never negative.

    `changed_at` is when it last changed and `changed_from` what it was before (None: it first came then).
    """

    pk = models.CompositePrimaryKey("variant_id", "warehouse")
    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    warehouse = models.CharField(max_length=100)
    quantity = models.DecimalField(max_digits=16, decimal_places=4)
    changed_at = models.DateTimeField(null=True, db_default=models.functions.Now())
    changed_from = models.DecimalField(max_digits=16, decimal_places=4, null=True)

    class Meta:
        db_table = "quantities"


class ProductMeta(models.Model):
    """An attribute: key and text. `template_name` is the attribute template it came with, or ""."""

    pk = models.CompositePrimaryKey("product_id", "key")
    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    key = models.CharField(max_length=100)
    value = models.TextField()
    template_name = models.CharField(max_length=100, db_default="", blank=True)

    class Meta:
        db_table = "product_meta"


class Image(models.Model):
    """An image of a product, known by the hash of its content once it has been read.

    `src` is an address, or "/images/..." for one that was uploaded. Until `content_hash` is known it is
    fetched at `next_at`; what is wrong stands in `problem`, and what stays wrong has no `next_at`.
    """

    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    product = models.ForeignKey(Product, on_delete=models.CASCADE)
    src = models.TextField()
    content_hash = models.CharField(max_length=64, default="", blank=True)
    position = models.IntegerField(default=0)
    active = models.BooleanField(default=True)
    kind = models.CharField(max_length=10, db_default="", blank=True)
    width = models.IntegerField(null=True)
    height = models.IntegerField(null=True)
    attempts = models.IntegerField(db_default=0)
    next_at = models.DateTimeField(null=True, db_default=models.functions.Now())
    problem = models.TextField(db_default="", blank=True)
    hint = models.TextField(db_default="", blank=True)

    class Meta:
        db_table = "images"
        constraints = [
            models.UniqueConstraint(fields=["product", "src"], name="one_image_per_product_and_address")
        ]
        indexes = [models.Index(fields=["next_at"], name="images_due")]


class HeldDeactivation(models.Model):
    """A variant that the source wants gone, kept on sale until a person confirms: too many went at once."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False)
    source = models.ForeignKey(Source, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    source_variant_code = models.CharField(max_length=100)
    since = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        db_table = "held_deactivations"
        constraints = [
            models.UniqueConstraint(
                fields=["source", "source_variant_code"], name="one_held_deactivation_per_code"
            )
        ]
