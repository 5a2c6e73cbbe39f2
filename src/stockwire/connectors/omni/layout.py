"""Where the columns of the product query are, by the source's settings; found by name, in any case."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from stockwire.connectors.omni.settings import OmniSettings
from stockwire.errors import NotSetUp

_PRICE_COLUMN = re.compile(r"SELLINGPRICE\d+")
_EXTRA_COLUMN = re.compile(r"EXTRADTLS\d+")


class Layout:
    """Where each column is; -1 where the query does not yield it. Raises NotSetUp naming what is wrong.

    Quantities per warehouse come as rows (WAREHOUSECODE) or as columns named like OAvailable@EDN; with
    these, a column for all warehouses together is not looked at.
    """

    def __init__(self, columns: Sequence[str], settings: OmniSettings) -> None:
        at = {name.strip().upper(): index for index, name in enumerate(columns)}
        if len(at) != len(columns):
            raise NotSetUp(
                f"The product query yields a column twice: {', '.join(columns)}.",
                hint="Give every column of the product query a name of its own.",
            )
        self.width = len(columns)
        self.active_name = settings.active_column.upper()
        prices = {column.upper(): tier for column, tier in settings.price_map.items()}
        stem = f"{settings.quantity_column.upper()}@"
        self.warehouse_columns = [
            (index, name.strip()[len(stem) :].strip())
            for index, name in enumerate(columns)
            if name.strip().upper().startswith(stem)
        ]
        wanted = ["STOCKCODE", "DESCRIPTION", self.active_name, *prices]
        if not self.warehouse_columns:
            wanted.append(settings.quantity_column.upper())
        elif "WAREHOUSECODE" in at:
            raise NotSetUp(
                "The product query yields WAREHOUSECODE and also a quantity column per warehouse.",
                hint="Keep one of them: rows per warehouse, or columns like OAvailable@EDN.",
            )
        if missing := [name for name in wanted if name not in at]:
            raise NotSetUp(
                f"The product query yields no {missing[0]}. It yields: {', '.join(columns) or 'nothing'}.",
                hint=f"Add {', '.join(missing)} to the agent's product query, or change the settings.",
            )
        self.is_plain = not self.warehouse_columns
        self.code = at["STOCKCODE"]
        self.title = at["DESCRIPTION"]
        self.active = at[self.active_name]
        self.quantity_name = settings.quantity_column
        self.quantity = at.get(self.quantity_name.upper(), -1)
        self.warehouse = at.get("WAREHOUSECODE", -1)
        self.barcode = at.get("BARCODE", -1)
        self.category = at.get("CATEGORY", -1)
        self.weight = at.get("WEIGHT", -1)
        self.grams_per_unit = Decimal(1000 if settings.weight_unit == "kg" else 1)
        self.prices = [
            (index, name, prices.get(name) or name.lower())
            for name, index in at.items()
            if name in prices or _PRICE_COLUMN.fullmatch(name)
        ]
        metas = {column.upper(): key for column, key in settings.meta_map.items()}
        self.meta = [
            (index, metas.get(name) or name.lower())
            for name, index in at.items()
            if name in metas or (_EXTRA_COLUMN.fullmatch(name) and name != self.active_name)
        ]
