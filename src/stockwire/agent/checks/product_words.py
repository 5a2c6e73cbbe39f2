"""What the checks of the product query may say."""

from __future__ import annotations

from stockwire.agent.checks.check import Check, failed, passed, unknown, warning

QUERY = Check(
    "product_query",
    "the place products come from",
    {
        "accepted": passed("The database accepts the product query."),
        "no_right": failed(
            "The user {user} may not read what the product query asks for: {why}.",
            "GRANT SELECT ON each table of the product query TO {user}.",
        ),
        "refused": failed(
            "The database does not accept the product query: {why}.",
            "Correct database.product_query in agent.toml; stockwire agent inspect drafts one.",
        ),
        "reports": passed("Products come from saved reports of Omni: {names}."),
        "no_report": failed("{why}.", "{hint}"),
        "not_said": failed(
            "agent.toml does not say which column of the report holds ACTIVE, DELETE or IGNORE.",
            "Set report.active in agent.toml to the report's key, or report.everything_active = true.",
        ),
    },
)
COLUMNS = Check(
    "product_columns",
    "the columns of the products",
    {
        "there": passed("There are {count} columns: {columns}."),
        "missing": failed(
            "Missing columns: {missing}. There are {count}: {columns}.",
            "Name {missing} with AS in database.product_query of agent.toml (with reports: in "
            "report.columns), or change the source's settings in the hub.",
        ),
        "twice": failed(
            "The column {column} is there twice.",
            "Give every column of database.product_query a name of its own with AS.",
        ),
    },
)
CHANGES = Check(
    "change_mark",
    "the way changed rows are found",
    {
        "by_mark": passed("Firebird {version}: only changed rows are read."),
        "could": warning(
            "Firebird {version} can say which rows changed, but the product query yields no CHANGEMARK: all "
            "rows are read each time.",
            "Add k.RDB$RECORD_VERSION AS CHANGEMARK as stockwire agent example-config shows it.",
        ),
        "reports": passed("Reports do not say which rows changed: all rows are read and compared."),
        "too_old": passed(
            "Firebird {version} cannot say which rows changed: all rows are read and compared."
        ),
    },
)
ROWS = Check(
    "product_rows",
    "the rows of the products",
    {
        "counted": passed("There are {count} rows; reading all of them took {seconds} s."),
        "none": failed(
            "There are no rows.",
            "Run the product query with isql (or open the report in Omni): its selection leaves everything "
            "out, or this is another company's database.",
        ),
        "broke": failed(
            "The rows cannot be read to the end: {why}.",
            "Run the product query with isql (or open the report in Omni); correct the item or the "
            "expression it stops at.",
        ),
    },
)
SAMPLE = Check("product_sample", "a sample of the rows", {"rows": passed("The first {count} rows: {rows}")})
ACTIVE = Check(
    "active_field",
    "the field that holds ACTIVE, DELETE or IGNORE",
    {
        "counted": passed(
            "{column}: {active} ACTIVE, {delete} DELETE, {ignore} IGNORE, {blank} blank (the same as IGNORE)."
        ),
        "unknown_words": warning(
            "{column}: {active} ACTIVE, {delete} DELETE, {ignore} IGNORE, {blank} blank; {other} rows hold "
            "something else: {words}.",
            "Put ACTIVE, DELETE or IGNORE into {column} of these stock items in Omni; anything else counts "
            "as IGNORE.",
        ),
        "elsewhere": failed(
            "{column} holds ACTIVE on no row, but {other} does on {count}.",
            "Set active_column of the source in the hub to {other}, or fill {column} in Omni.",
        ),
        "none_active": failed(
            "{column} holds ACTIVE on no row: no product would be sent.",
            "Put ACTIVE into {column} of the stock items to be sold; in Omni it is an extra stock detail.",
        ),
    },
)
CODES = Check(
    "stock_codes",
    "the stock codes",
    {
        "all": passed("Every row has a STOCKCODE."),
        "blank": warning(
            "{count} rows have no STOCKCODE and are left out.",
            "Give these items a code in Omni, or leave such rows out of the product query.",
        ),
    },
)
COLLISIONS = Check(
    "sku_collisions",
    "the difference between the stock codes",
    {
        "none": passed("No two rows share a stock code, not even in upper and lower case."),
        "twice": failed(
            "{count} stock codes come more than once: {codes}.",
            "Rename the other item in Omni, or narrow the product query so that each STOCKCODE (and "
            "WAREHOUSECODE) comes once; only the first row is used.",
        ),
        "case": warning(
            "{count} stock codes differ only in upper and lower case: {codes}.",
            "Shops take them for the same SKU. Rename one of each in Omni.",
        ),
    },
)
VALUES = Check(
    "product_values",
    "the values of the rows",
    {
        "good": passed("Every row can be used as it is."),
        "problems": warning(
            "{count} rows cannot be used or have to be put right: {first}",
            "Correct these items in Omni; all others go on.",
        ),
    },
)
PRICES = Check(
    "price_lists",
    "the price lists",
    {
        "found": passed("Price lists found: {lists}."),
        "no_price": warning(
            "{count} ACTIVE products have no price in {column}, for instance {codes}.",
            "Fill in this selling price in Omni; without it a product cannot be sold.",
        ),
    },
)
WAREHOUSES = Check(
    "warehouses",
    "the warehouses",
    {
        "found": passed("Warehouses found: {warehouses}."),
        "one": passed("There is one quantity per item (no WAREHOUSECODE)."),
        "blank": warning(
            "{count} rows have no WAREHOUSECODE. Warehouses found: {warehouses}.",
            "Leave such rows out of the product query, or let it yield their warehouse.",
        ),
    },
)
SF046 = Check(
    "switch_sf046",
    "the switch SF046 (extra stock details)",
    {
        "on": passed("SF046 works: {column} is filled on {count} rows."),
        "not_seen": unknown(
            "No extra stock detail is filled in anywhere, so it cannot be seen whether SF046 is on.",
            "In Omni, open a stock item: if it shows no extra details, ask Omni for SF046.",
        ),
    },
)
CHECKS = (QUERY, COLUMNS, CHANGES, ROWS, SAMPLE, ACTIVE, CODES, COLLISIONS, VALUES, PRICES, WAREHOUSES, SF046)
