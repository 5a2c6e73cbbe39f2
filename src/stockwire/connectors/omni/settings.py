"""What the operator sets for an Omni Accounts source, under the names they know (settings.md).

The hub holds no secret of Omni: database and web service credentials stay in the agent's configuration
on the client's premises. Every `param_*` is a default that an order's own param of the same name without
the prefix overrides, but for the longest reference, which is a fact of the site.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from stockwire.connectors.omni.product_settings import ProductSettings, both_sides
from stockwire.connectors.omni.setting_types import (
    HEADER_KEYS,
    LINE_KEYS,
    ORDER_FIELDS,
    Code,
    DocumentTypes,
    TaxCode,
    TextMap,
    Truthy,
    truthy,
)

NOT_OFFERED = {
    "queue_fetch_images": "how Omni gives out stock images is not known",
    "param_create_customer_enabled": "no interface of Omni to create customers is known",
    "param_user_field_customer_": "no interface of Omni to create customers is known",
}
"""Settings of other integrations that would do nothing here, by the beginning of their names."""


def _in(group: str) -> dict[str, Any]:
    return {"group": group}


class OmniSettings(ProductSettings):
    """Settings of one Omni Accounts source: of its products, and of the orders raised in it."""

    create_order_enabled: Truthy = Field(
        True,
        title="Raise orders",
        description="Off: orders are stored and shown, but never raised in Omni.",
        json_schema_extra=_in("Orders"),
    )
    param_order_document_type: Literal["Sales Order", "Quote"] = Field(
        "Sales Order",
        title="Document to raise",
        description="A sales order reserves stock in Omni, a quote does not.",
        json_schema_extra=_in("Orders"),
    )
    param_order_reference_max: int = Field(
        15,
        ge=6,
        le=50,
        title="Longest document reference",
        description="In characters. An order whose reference is longer is refused; it is never cut short.",
        json_schema_extra=_in("Orders"),
    )
    document_envelope: Code = Field(
        "",
        title="Envelope of a document",
        description="The key Omni expects around a document. Empty: sales_order or quote.",
        json_schema_extra=_in("Orders"),
    )
    selling_price_decimals: int = Field(
        5,
        ge=2,
        le=5,
        title="Most decimals of a unit price",
        description="Unit prices get the fewest decimals, from 2 up to this, that give the line's total.",
        json_schema_extra=_in("Orders"),
    )
    param_use_channel_order_code: Truthy = Field(
        False,
        title="Use the shop's order number as reference",
        description=(
            "The document gets the shop's order number instead of ours. Give each shop its own prefix, "
            "so that no two orders share a number."
        ),
        json_schema_extra=_in("Orders"),
    )
    param_default_customer_code: Code = Field(
        "",
        title="Default customer account",
        description="The Omni account for orders that bring none.",
        json_schema_extra=_in("Orders"),
    )
    param_warehouse_code: Code = Field(
        "",
        title="Warehouse",
        description="The warehouse orders are raised against. Empty: Omni uses its default warehouse.",
        json_schema_extra=_in("Orders"),
    )
    param_shipping_code: Code = Field(
        "",
        title="Stock code for delivery",
        description=(
            "A service item in Omni that carries delivery and fees. Without it such orders are refused."
        ),
        json_schema_extra=_in("Orders"),
    )
    param_rep_code: Code = Field(
        "",
        title="Sales representative",
        description=(
            "Sent only when the order field map names the key Omni expects it under; that key is not public."
        ),
        json_schema_extra=_in("Orders"),
    )
    param_use_customer_address: Truthy = Field(
        False,
        title="Use the customer's address from Omni",
        description=(
            "Leaves every address field of the order field map out, so that Omni fills in its customer's."
        ),
        json_schema_extra=_in("Orders"),
    )
    param_line_item_discount: Truthy = Field(
        False,
        title="Spread discounts over the lines",
        description=(
            "Off: each line goes out at what the shop says was paid for it. On: all discounts of the order "
            "are spread over its item lines in proportion to their prices, left-over cents on the last line. "
            "The total stays the same, and lines share only with lines of the same VAT."
        ),
        json_schema_extra=_in("Orders"),
    )
    order_line_warehouse_key: Code = Field(
        "",
        title="Key of a line's warehouse",
        description=(
            "Omni's key for the warehouse of a single line, if yours takes one; the name is not public. "
            "Empty: the warehouse stands on the document only."
        ),
        json_schema_extra=_in("Orders"),
    )
    param_ignore_shipping_warehouse_code: Truthy = Field(
        False,
        title="No warehouse on delivery lines",
        description="For service items without a warehouse: leaves the line's warehouse key out on them.",
        json_schema_extra=_in("Orders"),
    )
    fetch_document_types: DocumentTypes = Field(
        ("Sales Order", "Quote"),
        title="Documents that can be fetched",
        description=(
            "Comma list. Where an order is looked for by its Omni number, in this order: Sales Order, Quote, "
            "Invoice. Empty: orders cannot be fetched."
        ),
        json_schema_extra=_in("Orders"),
    )
    order_field_map: TextMap = Field(
        {},
        title="Order field map",
        description=(
            "Further header keys to send: Omni's key and which order field goes into it "
            f"({', '.join(ORDER_FIELDS)}, or params.<name>). Omni's names are not public: ask Omni."
        ),
        json_schema_extra=_in("Orders"),
    )

    param_default_tax_code: TaxCode = Field(
        "0",
        title="VAT code, taxed lines",
        description="Remove it to let Omni use the VAT codes set on the customer.",
        json_schema_extra=_in("VAT"),
    )
    param_default_tax_code_exempt: TaxCode = Field(
        "0",
        title="VAT code, exempt lines",
        description="Remove it to let Omni use the VAT codes set on the customer.",
        json_schema_extra=_in("VAT"),
    )
    param_default_tax_code_shipping: TaxCode = Field(
        "0",
        title="VAT code, taxed delivery",
        description="Remove it to let Omni use the VAT codes set on the customer.",
        json_schema_extra=_in("VAT"),
    )
    currency: Code = Field(
        "ZAR",
        title="Currency of Omni",
        description="Orders in any other currency are refused: Omni would take the amounts for rands.",
        json_schema_extra=_in("VAT"),
    )

    @model_validator(mode="before")
    @classmethod
    def _offered(cls, values: Any) -> Any:
        for key, value in values.items() if isinstance(values, Mapping) else ():
            for name, why in NOT_OFFERED.items():
                if key.lower().startswith(name) and truthy(value):
                    raise ValueError(f"{key} is not available for Omni Accounts: {why}. Leave it out.")
        return values

    @field_validator("order_line_warehouse_key")
    @classmethod
    def _no_other_key_of_a_line(cls, value: str) -> str:
        if value in LINE_KEYS:
            raise ValueError(f"cannot be {value}: a line needs that key for something else.")
        return value

    @field_validator("order_field_map")
    @classmethod
    def _names_both_sides_too(cls, value: dict[str, str]) -> dict[str, str]:
        return both_sides(value)

    @field_validator("order_field_map")
    @classmethod
    def _known_fields(cls, value: dict[str, str]) -> dict[str, str]:
        for key, order_field in value.items():
            if key in HEADER_KEYS:
                raise ValueError(f"cannot set {key}: Stockwire fills it in itself.")
            if order_field not in ORDER_FIELDS and not re.fullmatch(r"params\.\w+", order_field):
                raise ValueError(
                    f"{order_field!r} is no order field. Fields: {', '.join(ORDER_FIELDS)}, params.<name>."
                )
        return value

    @model_validator(mode="after")
    def _rep_has_a_key(self) -> Self:
        if self.param_rep_code and "rep_code" not in self.order_field_map.values():
            raise ValueError(
                "param_rep_code is set, but order_field_map does not say under which key Omni expects it "
                '(for instance {"rep_code": "rep_code"}).'
            )
        return self
