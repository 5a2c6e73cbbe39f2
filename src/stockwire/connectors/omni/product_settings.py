"""What the operator sets for the products of an Omni Accounts source: which columns of the product query, or
keys of a report, become what.

Names of columns are the operator's own choice (no public document names Omni's), matched in any case.
"""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from stockwire.connectors.omni.field_map import FIELDS, OPTIONS, compiled, is_field
from stockwire.connectors.omni.setting_types import Code, TextMap
from stockwire.domain.templates import TemplateError

TEXT_FIELDS = ("product_type", "vendor", "tags", "body_html")


def _in(group: str) -> dict[str, Any]:
    return {"group": group}


def both_sides(value: dict[str, str]) -> dict[str, str]:
    """A map with both sides of every entry named and trimmed. Raises ValueError."""
    trimmed = {left.strip(): right.strip() for left, right in value.items()}
    if not all(trimmed) or not all(trimmed.values()):
        raise ValueError("must name both sides of every entry.")
    return trimmed


class ProductSettings(BaseModel):
    """The settings of a source's products.

    The retail price list is named "retail": the guide maps SELLINGPRICE1 to variants.retail_price, where
    "_price" says what kind of value it is and "retail" which list.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    sync_mode: Literal["push"] = Field(
        "push",
        title="Sync mode",
        description="The agent beside Omni sends what changed. The hub never dials in.",
        json_schema_extra=_in("Products"),
    )
    active_column: Code = Field(
        "EXTRADTLS8",
        title="Column that says what should happen",
        description=(
            "The extra stock field that holds ACTIVE, DELETE or IGNORE. Blank or anything else means IGNORE."
        ),
        json_schema_extra=_in("Products"),
    )
    quantity_column: Code = Field(
        "OAvailable",
        title="Column with the available quantity",
        description="What Omni can still sell: level less reserved. Negative counts as 0.",
        json_schema_extra=_in("Products"),
    )
    deactivation_limit: float = Field(
        0.2,
        gt=0,
        le=1,
        title="Most products to leave at once",
        description=(
            "As a share: 0.2 is 20 %. When more than that are set to DELETE within an hour, they stay on "
            "sale until you confirm it. Up to 20 products, or half of a small catalogue, always go."
        ),
        json_schema_extra=_in("Products"),
    )
    price_map: TextMap = Field(
        {"SELLINGPRICE1": "retail"},
        title="Price lists",
        description=(
            "Which selling price column is which price list. Selling prices of the product query that are "
            "not named here become lists under their column's name."
        ),
        json_schema_extra=_in("Products"),
    )
    meta_map: TextMap = Field(
        {},
        title="Attribute names",
        description=(
            "Names for further columns, for instance EXTRADTLS1 as brand. Extra stock fields that are not "
            "named here become attributes under their column's name."
        ),
        json_schema_extra=_in("Products"),
    )
    weight_unit: Literal["g", "kg"] = Field(
        "kg",
        title="Unit of WEIGHT",
        description="The unit your product query gives WEIGHT in, if it does. Omni does not say.",
        json_schema_extra=_in("Products"),
    )
    product_type_column: Code = Field(
        "",
        title="Column with the product type",
        description="Becomes product_type, which shops show as type or sub-category. Empty: not sent.",
        json_schema_extra=_in("Products"),
    )
    vendor_column: Code = Field(
        "",
        title="Column with the brand",
        description="Becomes vendor. Empty: not sent.",
        json_schema_extra=_in("Products"),
    )
    tags_column: Code = Field(
        "",
        title="Column with the tags",
        description="A comma list; becomes tags. Empty: not sent.",
        json_schema_extra=_in("Products"),
    )
    body_html_column: Code = Field(
        "",
        title="Column with the long description",
        description="Becomes body_html, as it is: HTML stays HTML. Empty: not sent.",
        json_schema_extra=_in("Products"),
    )
    field_map: TextMap = Field(
        {},
        title="Field map",
        description=(
            "Product fields made of several columns by a template, for instance "
            '{"title": "{{DESCRIPTION}} {{EXTRADTLS2}}"}. '
            f"Fields: {', '.join(FIELDS)} and meta.<attribute>."
        ),
        json_schema_extra=_in("Products"),
    )
    deactivate_productmeta_prefix_csv: str = Field(
        "",
        title="Attribute prefixes to tidy up",
        description=(
            "Comma list. Attributes whose names begin like this and that a sync does not resend are removed; "
            "all others are kept."
        ),
        json_schema_extra=_in("Products"),
    )
    group_column: Code = Field(
        "",
        title="Column with the group code",
        description=(
            "Rows with the same group code become the variants of one product, whose product code it is. "
            "Rows without one stay products of their own. Empty: no variants."
        ),
        json_schema_extra=_in("Variants"),
    )
    option1_name: Code = Field(
        "",
        max_length=100,
        title="First option",
        description="What tells the variants of a product apart, for instance Size.",
        json_schema_extra=_in("Variants"),
    )
    option1_column: Code = Field(
        "",
        title="Column of the first option",
        description="The column with the variant's own value, for instance XL.",
        json_schema_extra=_in("Variants"),
    )
    option2_name: Code = Field(
        "",
        max_length=100,
        title="Second option",
        description="For instance Colour.",
        json_schema_extra=_in("Variants"),
    )
    option2_column: Code = Field(
        "",
        title="Column of the second option",
        description="The column with the variant's own value.",
        json_schema_extra=_in("Variants"),
    )
    option3_name: Code = Field(
        "",
        max_length=100,
        title="Third option",
        description="For instance Length. Three is the most.",
        json_schema_extra=_in("Variants"),
    )
    option3_column: Code = Field(
        "",
        title="Column of the third option",
        description="The column with the variant's own value.",
        json_schema_extra=_in("Variants"),
    )

    @property
    def text_columns(self) -> dict[str, str]:
        """Field to column, of the product's texts that have one."""
        columns = {field: getattr(self, f"{field}_column") for field in TEXT_FIELDS}
        return {field: column for field, column in columns.items() if column}

    @property
    def options(self) -> list[tuple[str, str, str]]:
        """(name, field, column) of every option in use; the column is "" for one that a template makes."""
        found = [(getattr(self, f"{o}_name"), o, getattr(self, f"{o}_column")) for o in OPTIONS]
        return [(name, field, column) for name, field, column in found if name]

    @field_validator("price_map", "meta_map", "field_map")
    @classmethod
    def _names_both_sides(cls, value: dict[str, str]) -> dict[str, str]:
        return both_sides(value)

    @field_validator("price_map")
    @classmethod
    def _one_column_per_list(cls, value: dict[str, str]) -> dict[str, str]:
        if len(set(value.values())) != len(value):
            raise ValueError("names a price list twice; give each column a list of its own.")
        return value

    @field_validator("field_map")
    @classmethod
    def _templates_can_be_used(cls, value: dict[str, str]) -> dict[str, str]:
        for field, text in value.items():
            if not is_field(field):
                raise ValueError(
                    f"{field!r} is no product field. Fields: {', '.join(FIELDS)}, meta.<attribute>."
                )
            try:
                compiled(field, text)
            except TemplateError as error:
                raise ValueError(f"{error}. {error.hint}") from None
        return value

    @model_validator(mode="after")
    def _each_field_from_one_place(self) -> Self:
        for field in self.field_map:
            if getattr(self, f"{field}_column", ""):
                raise ValueError(
                    f"{field} comes from {field}_column and from field_map; leave one of them out."
                )
        return self

    @model_validator(mode="after")
    def _options_are_whole(self) -> Self:
        for field in OPTIONS:
            name, column = getattr(self, f"{field}_name"), getattr(self, f"{field}_column")
            if bool(name) != bool(column or field in self.field_map):
                raise ValueError(
                    f"{field} needs both: {field}_name (Size) and {field}_column, or {field} in field_map."
                )
        names = [name for name, _, _ in self.options]
        if names and not self.group_column:
            raise ValueError("there are options, but no group_column that says which rows belong together.")
        if len({name.casefold() for name in names}) < len(names):
            raise ValueError(f"two options have one name: {', '.join(names)}.")
        return self
