"""Where the columns of the product query are, by the source's settings; found by name, in any case."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from stockwire.connectors.omni.field_map import columns_of, compiled
from stockwire.connectors.omni.settings import OmniSettings
from stockwire.errors import NotSetUp

_PRICE_COLUMN = re.compile(r"SELLINGPRICE\d+")
_EXTRA_COLUMN = re.compile(r"EXTRADTLS\d+")


class Layout:
    """Where each column is; -1 where the query does not yield it. Raises NotSetUp naming what is wrong.

    Quantities per warehouse come as rows (WAREHOUSECODE) or as columns named like OAvailable@EDN; with
    these, a column for all warehouses together is not looked at. `templates` make fields of several columns;
    `options` are (name, field, column) of every option that is set up, with -1 for one made by a template.
    """

    def __init__(self, columns: Sequence[str], settings: OmniSettings) -> None:
        at = {name.strip().upper(): index for index, name in enumerate(columns)}
        if len(at) != len(columns):
            raise NotSetUp(
                f"The product query yields a column twice: {', '.join(columns)}.",
                hint="Give every column of the product query a name of its own.",
            )
        self.at = at
        self.width = len(columns)
        self.active_name = settings.active_column.upper()
        self.quantity_name = settings.quantity_column
        self.warehouse_columns = _per_warehouse(columns, self.quantity_name)
        self.templates = {field: compiled(field, text) for field, text in settings.field_map.items()}
        prices = {column.upper(): tier for column, tier in settings.price_map.items()}
        texts = {field: column.upper() for field, column in settings.text_columns.items()}
        options = [(name, field, column.upper()) for name, field, column in settings.options]
        group = settings.group_column.upper()
        used = [name for name in (group, *texts.values(), *(column for _, _, column in options)) if name]
        self._require(columns, ["STOCKCODE", "DESCRIPTION", self.active_name, *prices, *used])
        self._require_for_templates(columns)
        self.code = at["STOCKCODE"]
        self.title = at["DESCRIPTION"]
        self.active = at[self.active_name]
        self.quantity = at.get(self.quantity_name.upper(), -1)
        self.warehouse = at.get("WAREHOUSECODE", -1)
        self.barcode = at.get("BARCODE", -1)
        self.category = at.get("CATEGORY", -1)
        self.weight = at.get("WEIGHT", -1)
        self.group = at[group] if group else -1
        self.grams_per_unit = Decimal(1000 if settings.weight_unit == "kg" else 1)
        self.texts = [(field, at[column], column) for field, column in texts.items()]
        self.options = [(name, field, at.get(column, -1)) for name, field, column in options]
        self.prices = [
            (index, name, prices.get(name) or name.lower())
            for name, index in at.items()
            if name in prices or _PRICE_COLUMN.fullmatch(name)
        ]
        metas = {column.upper(): key for column, key in settings.meta_map.items()}
        self.meta = [
            (index, metas.get(name) or name.lower())
            for name, index in at.items()
            # A column that is something else already is an attribute only when it is named as one.
            if name in metas
            or (_EXTRA_COLUMN.fullmatch(name) and name != self.active_name and name not in used)
        ]
        self.is_plain = not (self.warehouse_columns or self.templates or used)
        """Whether every row is a product of its own, filled from the guide's columns."""

    def origin(self, field: str) -> str:
        """What a product field is made of, as messages name it."""
        columns = {"collection": "CATEGORY", "barcode": "BARCODE", **{f: name for f, _, name in self.texts}}
        return f"{field} as field_map makes it" if field in self.templates else columns[field]

    def _require(self, columns: Sequence[str], wanted: list[str]) -> None:
        if not self.warehouse_columns:
            wanted.append(self.quantity_name.upper())
        elif "WAREHOUSECODE" in self.at:
            raise NotSetUp(
                "The product query yields WAREHOUSECODE and also a quantity column per warehouse.",
                hint="Keep one of them: rows per warehouse, or columns like OAvailable@EDN.",
            )
        if missing := [name for name in wanted if name not in self.at]:
            raise NotSetUp(
                f"The product query yields no {missing[0]}. It yields: {', '.join(columns) or 'nothing'}.",
                hint=f"Add {', '.join(missing)} to the agent's product query, or change the settings.",
            )

    def _require_for_templates(self, columns: Sequence[str]) -> None:
        for field, template in self.templates.items():
            if missing := sorted(columns_of(template) - set(self.at)):
                raise NotSetUp(
                    f"The field map makes {field} of {missing[0]}, which the product query does not yield. "
                    f"It yields: {', '.join(columns)}.",
                    hint=f"Add {', '.join(missing)} to the agent's product query, or change field_map.",
                )


def _per_warehouse(columns: Sequence[str], quantity: str) -> list[tuple[int, str]]:
    stem = f"{quantity.upper()}@"
    return [
        (index, name.strip()[len(stem) :].strip())
        for index, name in enumerate(columns)
        if name.strip().upper().startswith(stem)
    ]
