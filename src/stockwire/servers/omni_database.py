"""An invented stock database, standing in for an Omni Accounts company in rehearsals, tests and benchmarks.

ASSUMPTION: Omni's own table names are not public. The table STOCK and all its columns are OURS; only the
output names of the product query (STOCKCODE, DESCRIPTION, EXTRADTLSn, SELLINGPRICEn, OAvailable) are
evidenced. Nothing here may be taken for the layout of a real Omni database.
"""

# ruff: noqa: S608 - the SQL is made of the constants of this file and of checked numbers
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stockwire.servers.firebird import FirebirdServer

READER = "STOCKWIRE_READER"
READER_PASSWORD = "read-only"  # noqa: S105 - a rehearsal database with invented data on loopback
PRICES = 10
EXTRAS = 20

_CREATE = (
    "CREATE TABLE STOCK (STOCKCODE VARCHAR(20), DESCRIPTION VARCHAR(60), BARCODE VARCHAR(20), "
    "CATEGORY VARCHAR(30), STOCKGROUP VARCHAR(30), UNIT CHAR(6), WEIGHT NUMERIC(12,3), "
    "COSTPRICE NUMERIC(15,4), "
    + "".join(f"SELLINGPRICE{n} NUMERIC(15,4), " for n in range(1, PRICES + 1))
    + "".join(f"EXTRADTLS{n} VARCHAR(30), " for n in range(1, EXTRAS + 1))
    + "STOCKLEVEL NUMERIC(15,3), RESERVED NUMERIC(15,3))"
)

_CATEGORIES = (
    ("GRO", "Groceries", "Dry goods"),
    ("BEV", "Beverages", "Hot and cold drinks"),
    ("CLN", "Cleaning", "Household"),
    ("HRD", "Hardware", "Tools and fixings"),
    ("STA", "Stationery", "Office and school"),
    ("PET", "Pet care", "Feed and litter"),
    ("TOI", "Toiletries", "Personal care"),
    ("ELE", "Electrical", "Lighting and cable"),
)
_BRANDS = (
    "Veldgoud",
    "Karoo Star",
    "Mzansi Choice",
    "Bergwind",
    "Kaapse Trots",
    "Umoya",
    "Protea Lane",
    "Drakens",
    "Café Fynbos",
    "Khaya",
    "Hoëveld",
    "Egoli",
    "Lowveld",
    "Blouberg",
    "Imbali",
    "Marula",
)
_ARTICLES = {
    "GRO": ("Maize Meal Super", "Rooibos Tea", "Chakalaka Mild & Spicy", "Samp & Beans", "Brown Sugar"),
    "BEV": ("Ginger Beer", "Guava Nectar", "Sparkling Water", "Ground Coffee", "Cream Soda"),
    "CLN": ("Bleach Regular", "Dishwashing Liquid", "Floor Polish Red", "Pine Gel", "Scouring Pads"),
    "HRD": ("Wood Screw 4 x 40mm", "Claw Hammer", "Masking Tape 24mm", "PVC Elbow 20mm", 'Hose Fitting 1/2"'),
    "STA": ("Exercise Book A4 72pg", "Ballpoint Pen Blue", "Lever Arch File", "Copy Paper 80g", "Glue Stick"),
    "PET": ("Dog Pellets Adult", "Bird Seed Mixed", "Cat Litter Clumping", "Hoof Chew", "Aquarium Salt"),
    "TOI": ("Aqueous Cream", "Bath Soap Lavender", "Toothpaste Mint", "Camphor Cream", "Hand Wash Rosé"),
    "ELE": ("LED Globe 9W B22", "Extension Lead 5m", "Surfix Cable 2.5mm", "Isolator 63A", "Solar Lantern"),
}
_SIZES = ("100g", "250g", "500g", "1kg", "2.5kg", "10kg", "250ml", "750ml", "2L", "6s", "12s", "24 pack")


@dataclass(frozen=True, slots=True)
class StockDatabase:
    """Where the invented database is and how a reader gets in."""

    server: FirebirdServer
    path: Path
    items: int
    charset: str
    user: str = READER
    password: str = READER_PASSWORD

    @property
    def dsn(self) -> str:
        return self.server.dsn(self.path)

    @property
    def product_query(self) -> str:
        """The product query with CHANGEMARK, so that only changed rows are read."""
        return product_query()

    @property
    def query_of_all_columns(self) -> str:
        """All 40 columns with CHANGEMARK, as the benchmark of finding changed rows asks for."""
        return product_query(all_columns=True)

    @property
    def product_query_without_changemark(self) -> str:
        """The same without CHANGEMARK: the reader compares hashes of all rows."""
        return product_query(changemark=False)


def make_stock_database(
    server: FirebirdServer,
    name: str,
    items: int,
    *,
    charset: str = "WIN1252",
    seed: int = 1,
    active_share: float = 0.94,
) -> StockDatabase:
    """Make database `name` with `items` invented stock rows and a SELECT-only user; the same for each seed.

    `active_share` of the rows (0.94: 4,700 of 5,000) say ACTIVE in EXTRADTLS8, a few of them in small
    letters or with blanks round them; the others say DELETE, IGNORE, blank or nothing. Rows are generated
    inside the server: 100,000 take some seconds.
    """
    path = server.create_database(name, charset=charset)
    with server.connect(path, charset="WIN1252") as connection:
        connection.execute_immediate(_CREATE)
        connection.commit()
        inactive = items - round(items * active_share)
        connection.execute_immediate(_fill(items, inactive, seed))
        connection.commit()
        connection.execute_immediate("CREATE INDEX STOCK_CODE ON STOCK (STOCKCODE)")
        connection.commit()
    server.create_reader(READER, READER_PASSWORD, path, ["STOCK"])
    return StockDatabase(server=server, path=path, items=items, charset=charset)


def product_query(*, changemark: bool = True, all_columns: bool = False) -> str:
    """The site's SELECT whose output names are the contract (columns behind them are ours).

    CHANGEMARK is taken from a second look at the same rows, joined by RDB$DB_KEY: Firebird then filters by
    the mark without unpacking the 40 columns of every row (100,000 rows: 0.05 s instead of 0.16 s).
    """
    columns = (
        "s.*"
        if all_columns
        else "s.STOCKCODE, s.DESCRIPTION, s.EXTRADTLS8, s.SELLINGPRICE1, s.SELLINGPRICE2, s.SELLINGPRICE3, "
        'MAXVALUE(0, s.STOCKLEVEL - s.RESERVED) AS "OAvailable", s.BARCODE, s.CATEGORY, s.WEIGHT'
    )
    if not changemark:
        return f"SELECT {columns} FROM STOCK s"
    return (
        f"SELECT {columns}, k.RDB$RECORD_VERSION AS CHANGEMARK "
        "FROM STOCK k JOIN STOCK s ON s.RDB$DB_KEY = k.RDB$DB_KEY"
    )


def _fill(items: int, inactive: int, seed: int) -> str:
    """One EXECUTE BLOCK that inserts all rows; `r` runs through a linear congruential generator."""
    step = "r = MOD(r * 1103515245 + 12345, 2147483648); "
    columns = ["STOCKCODE", "DESCRIPTION", "BARCODE", "CATEGORY", "STOCKGROUP", "UNIT", "WEIGHT", "COSTPRICE"]
    values = [
        ":code",
        ":brand || ' ' || :article || ' ' || :size_",
        "'600' || LPAD(MOD(:i * 7919, 10000000000), 10, '0')",
        ":category",
        ":stockgroup",
        ":unit",
        "MOD(:r, 24000) / 1000.000 + 0.050",
        ":cost",
    ]
    for n in range(1, PRICES + 1):
        columns.append(f"SELLINGPRICE{n}")
        values.append(f"CAST(:cost * {1.60 - 0.04 * n:.2f} AS NUMERIC(15,2))")
    for n in range(1, EXTRAS + 1):
        columns.append(f"EXTRADTLS{n}")
        values.append(
            ":flag" if n == 8 else f"IIF(MOD(:i + {n}, 3) = 0, NULL, 'Detail {n} of ' || :category)"
        )
    columns += ["STOCKLEVEL", "RESERVED"]
    values += [
        "IIF(MOD(:i, 41) = 0, -MOD(:r, 9), IIF(MOD(:i, 17) = 0, MOD(:r, 900) + 0.5, MOD(:r, 900)))",
        "MOD(:r / 1000, 12)",
    ]
    return (
        "EXECUTE BLOCK AS DECLARE i INTEGER = 0; DECLARE k INTEGER; DECLARE c INTEGER; "
        f"DECLARE r BIGINT = {seed * 7919 % 2147483648}; DECLARE code VARCHAR(20); "
        "DECLARE prefix VARCHAR(3); DECLARE category VARCHAR(30); DECLARE stockgroup VARCHAR(30); "
        "DECLARE brand VARCHAR(30); DECLARE article VARCHAR(30); DECLARE size_ VARCHAR(10); "
        "DECLARE unit VARCHAR(6); DECLARE cost NUMERIC(15,4); DECLARE flag VARCHAR(30); BEGIN "
        f"WHILE (i < {items}) DO BEGIN i = i + 1; {step} c = MOD(r / 65536, {len(_CATEGORIES)}); "
        f"{_pick('prefix', 'c', [row[0] for row in _CATEGORIES])}"
        f"{_pick('category', 'c', [row[1] for row in _CATEGORIES])}"
        f"{_pick('stockgroup', 'c', [row[2] for row in _CATEGORIES])}"
        f"{step}{_pick('brand', f'MOD(r / 65536, {len(_BRANDS)})', _BRANDS)}{step}"
        + _pick(
            "article",
            "c * 5 + MOD(r / 65536, 5)",
            [article for row in _CATEGORIES for article in _ARTICLES[row[0]]],
        )
        + f"{step}{_pick('size_', f'MOD(r / 65536, {len(_SIZES)})', _SIZES)}{step}"
        "unit = DECODE(MOD(r / 65536, 3), 0, 'EACH', 1, 'BOX', 'CASE'); "
        "code = IIF(MOD(i, 50) = 0, LPAD(i, 8, '0'), prefix || LPAD(i, 6, '0')); "
        "cost = (MOD(r / 128, 90000) + 250) / 100.00; "
        f"k = MOD(CAST(i AS BIGINT) * 7919, {items}); "
        f"IF (k < {inactive}) THEN flag = "
        "DECODE(MOD(k, 6), 0, 'DELETE', 1, 'IGNORE', 2, '', 3, NULL, 4, 'delete', 'Ignore '); "
        "ELSE flag = DECODE(MOD(k, 37), 0, 'active', 1, ' Active ', 'ACTIVE'); "
        f"INSERT INTO STOCK ({', '.join(columns)}) VALUES ({', '.join(values)}); END END"
    )


def _pick(variable: str, index: str, choices: Sequence[str]) -> str:
    cases = ", ".join(f"{n}, '{_quoted(choice)}'" for n, choice in enumerate(choices))
    return f"{variable} = DECODE({index}, {cases}); "


def _quoted(text: str) -> str:
    return text.replace("'", "''")
