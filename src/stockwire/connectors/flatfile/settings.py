"""What the operator fills in for a file as a linked source."""

from __future__ import annotations

import re
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from stockwire.domain import schedule
from stockwire.domain.cells import Wrong
from stockwire.domain.product_columns import META_DELETE, PRODUCT_CODE, VARIANT_CODE, ProductColumns

_SHEET_PAGE = re.compile(r"https://docs\.google\.com/spreadsheets/.*/(edit|view|htmlview)\b")


class FlatfileSettings(BaseModel):
    """`columns` maps our column to theirs: a column's name, or a path of an XML record."""

    model_config = ConfigDict(extra="forbid")

    location: str = Field(
        description="Address of the file (https://...), or the name of a file that was uploaded to the hub."
        " A Google Sheet: File > Share > Publish to web > Comma-separated values, and that address."
    )
    format: Literal["table", "xml"] = Field("table", description="table is CSV or XLSX")
    record_path: str = Field("", description="For XML: where one product stands, for instance feed/item")
    columns: dict[str, str] = Field(
        default_factory=dict,
        description="Our column = their column. Not needed where the file has our columns already.",
    )
    schedule: str = Field("24h", description="Every so often (30m, 4h), or a time of day (06:30)")
    username: str = Field("", description="Where the address asks for one")
    password: SecretStr = Field(SecretStr(""), description="Where the address asks for one")
    largest_mb: int = Field(50, ge=1, le=500, description="A larger file is refused")
    deactivate_productmeta_prefix_csv: str = Field(
        "", description="Attributes that begin so are removed when the file no longer has them"
    )

    @field_validator("location")
    @classmethod
    def _a_file(cls, value: str) -> str:
        value = value.strip()
        if not value:
            raise ValueError("give the address of the file, or the name of one that was uploaded")
        if _SHEET_PAGE.match(value):
            raise ValueError(
                "this is the page of a Google Sheet; publish it as CSV (File > Share > Publish to web) and"
                " give that address"
            )
        return value

    @field_validator("schedule")
    @classmethod
    def _a_schedule(cls, value: str) -> str:
        return schedule.check(value)

    @model_validator(mode="after")
    def _a_mapping(self) -> Self:
        if self.format == "xml" and not (self.record_path.strip("/ ") and self.columns):
            raise ValueError("XML needs record_path and columns")
        if self.columns:
            check_columns(list(self.columns))
        return self


def check_columns(names: list[str]) -> None:
    """Raises ValueError when a linked source cannot have these columns of ours."""
    if forbidden := {"active", META_DELETE} & {name.strip().lower() for name in names}:
        raise ValueError(
            f"a linked source only enriches products: it cannot bring {', '.join(sorted(forbidden))}"
        )
    try:
        read = ProductColumns(names)
    except Wrong as wrong:
        raise ValueError(f"{wrong.message} {wrong.fix}") from None
    if read.unknown:
        raise ValueError(f"there is no column {', '.join(read.unknown)} of ours (docs/import-export.md)")
    if not set(read.names) - {PRODUCT_CODE, VARIANT_CODE}:
        raise ValueError("besides the codes there is no column to take anything from")
