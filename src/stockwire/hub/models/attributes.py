"""Attribute templates: the attributes a kind of product has."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from stockwire.domain.attributes import AttributeType
from stockwire.hub.models.clients import Client


class AttributeTemplate(models.Model):
    """A product knows its templates by the `template_name` of its attributes."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False)
    name = models.CharField(max_length=100)

    class Meta:
        db_table = "attribute_templates"
        constraints = [models.UniqueConstraint(fields=["client", "name"], name="one_template_per_name")]


class TemplateAttribute(models.Model):
    """One attribute of a template; `name` is its key on the product."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False)
    template = models.ForeignKey(AttributeTemplate, on_delete=models.CASCADE, related_name="attributes")
    position = models.IntegerField()
    name = models.CharField(max_length=100)
    type = models.CharField(max_length=20, choices=[(one.value, one.value) for one in AttributeType])
    default = models.TextField(default="", blank=True)
    description = models.TextField(default="", blank=True)
    required = models.BooleanField(default=False)
    choices = ArrayField(models.CharField(max_length=200), default=list, blank=True)

    class Meta:
        db_table = "template_attributes"
        constraints = [
            models.UniqueConstraint(fields=["template", "name"], name="one_attribute_per_template_name")
        ]
