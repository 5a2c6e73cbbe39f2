"""The demo's 60 changes: plain SQL in Firebird, and what each must look like in the shop afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from stockwire.demo.stage import Stage

Shop = dict[str, dict[str, Any]]
NEW_CODE = "DEMO-NEW-001"


@dataclass(frozen=True, slots=True)
class StockChange:
    """`statement` is run in Firebird; `arrived` says whether the shop shows it."""

    what: str
    sku: str
    statement: tuple[str, tuple[Any, ...]]
    arrived: Callable[[Shop], bool]


def sixty_changes(stage: Stage) -> list[StockChange]:
    """20 prices, 20 stock levels, 16 descriptions, one DELETE, one IGNORE, one new item, one row removed."""
    rows = stage.read_stock_database(
        "select first 60 STOCKCODE, SELLINGPRICE1, STOCKLEVEL, RESERVED from STOCK"
        " where upper(trim(EXTRADTLS8)) = 'ACTIVE' and SELLINGPRICE1 > 1 and STOCKLEVEL > 20"
        " order by STOCKCODE"
    )
    codes = [str(row[0]).strip() for row in rows]
    reserved = {str(row[0]).strip(): Decimal(row[3]) for row in rows}
    shown = stage.shop_products()
    changes = [_price(code, Decimal(n) + Decimal("99.90")) for n, code in enumerate(codes[:20])]
    changes += [_stock(code, reserved[code] + 7 + n, 7 + n) for n, code in enumerate(codes[20:40])]
    changes += [
        _title(code, f"Karoo Star ontbytpap {n + 1} & rye, 1kg") for n, code in enumerate(codes[40:56])
    ]
    return [*changes, _deleted(codes[56]), _ignored(codes[57], shown[codes[57]]), _new(), _removed(codes[58])]


def shop_equals_stock_database(stage: Stage) -> list[str]:
    """Differences between what Firebird says should be in the shop and what is there, in plain words.

    Asked of both sides directly: none of the hub's own figures is used. IGNORE rows are left out.
    """
    rows = stage.read_stock_database(
        "select STOCKCODE, DESCRIPTION, SELLINGPRICE1, maxvalue(0, STOCKLEVEL - RESERVED),"
        " upper(trim(coalesce(EXTRADTLS8, ''))) from STOCK"
    )
    shop = stage.shop_products()
    found = []
    ignored = set()
    for code, title, price, available, flag in rows:
        sku = str(code).strip()
        if flag not in {"ACTIVE", "DELETE"}:
            ignored.add(sku)
            continue
        there = shop.get(sku)
        if flag == "DELETE":
            if there is not None:
                found.append(f"{sku} is set to DELETE and still in the shop")
        elif there is None:
            found.append(f"{sku} is ACTIVE and not in the shop")
        else:
            wanted = (str(title).strip(), _cents(price), int(available))
            shows = (
                str(there["name"]).replace("&amp;", "&"),
                str(there["regular_price"]),
                there["stock_quantity"],
            )
            if wanted != shows:
                found.append(f"{sku} should be {wanted} and is {shows}")
    in_omni = {str(row[0]).strip() for row in rows}
    # Only the shop knows these: the order of an unknown SKU brings one in.
    strangers = {sku for sku in shop if sku.startswith("SHOP-ONLY-")}
    found += [f"{sku} is in the shop and not in Omni" for sku in shop.keys() - in_omni - ignored - strangers]
    return found


def _price(code: str, price: Decimal) -> StockChange:
    return StockChange(
        "price",
        code,
        ("update STOCK set SELLINGPRICE1 = ? where STOCKCODE = ?", (price, code)),
        lambda shop: shop[code]["regular_price"] == _cents(price),
    )


def _stock(code: str, level: Decimal, available: int) -> StockChange:
    return StockChange(
        "stock",
        code,
        ("update STOCK set STOCKLEVEL = ? where STOCKCODE = ?", (level, code)),
        lambda shop: shop[code]["stock_quantity"] == available,
    )


def _title(code: str, title: str) -> StockChange:
    return StockChange(
        "description",
        code,
        ("update STOCK set DESCRIPTION = ? where STOCKCODE = ?", (title, code)),
        lambda shop: shop[code]["name"].replace("&amp;", "&") == title,
    )


def _deleted(code: str) -> StockChange:
    return StockChange(
        "set to DELETE",
        code,
        ("update STOCK set EXTRADTLS8 = 'DELETE' where STOCKCODE = ?", (code,)),
        lambda shop: code not in shop,
    )


def _ignored(code: str, shown: dict[str, Any]) -> StockChange:
    """IGNORE with a new price and description in the same breath: the shop must keep the old ones."""
    before = (shown["name"], shown["regular_price"], shown["stock_quantity"])
    return StockChange(
        "set to IGNORE",
        code,
        (
            "update STOCK set EXTRADTLS8 = 'IGNORE', SELLINGPRICE1 = 1, DESCRIPTION = 'not to be shown'"
            " where STOCKCODE = ?",
            (code,),
        ),
        lambda shop: (
            (shop[code]["name"], shop[code]["regular_price"], shop[code]["stock_quantity"]) == before
        ),
    )


def _new() -> StockChange:
    return StockChange(
        "new item",
        NEW_CODE,
        (
            "insert into STOCK (STOCKCODE, DESCRIPTION, EXTRADTLS8, SELLINGPRICE1, STOCKLEVEL, RESERVED)"
            " values (?, 'Rooibos tea 80s', ' active ', 54.99, 12, 0)",
            (NEW_CODE,),
        ),
        lambda shop: (
            NEW_CODE in shop
            and (shop[NEW_CODE]["regular_price"], shop[NEW_CODE]["stock_quantity"]) == ("54.99", 12)
        ),
    )


def _removed(code: str) -> StockChange:
    return StockChange(
        "row removed",
        code,
        ("delete from STOCK where STOCKCODE = ?", (code,)),
        lambda shop: code not in shop,
    )


def _cents(amount: Any) -> str:
    return str(Decimal(amount).quantize(Decimal("0.01"), ROUND_HALF_UP))
