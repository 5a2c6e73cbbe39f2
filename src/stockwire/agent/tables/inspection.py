"""What `stockwire agent inspect` prints: tables that look like stock, one by one, and a draft from one."""

from __future__ import annotations

import time
from collections.abc import Iterator

from stockwire.agent.checks.database import major
from stockwire.agent.checks.product_rows import columns_found
from stockwire.agent.config import AgentSettings
from stockwire.agent.firebird import Database, describe_columns, engine_version, open_database
from stockwire.agent.product_query import bracketed
from stockwire.agent.tables.catalogue import Counted, Relation, count, relations
from stockwire.agent.tables.draft import as_toml, draft
from stockwire.agent.tables.scoring import LEAST, Score, score
from stockwire.connectors.omni.settings import OmniSettings
from stockwire.errors import NotSetUp, StockwireError

SHOWN = 25
COUNT_WITHIN_S = 3.0
ALL_WITHIN_S = 60.0
COLUMNS_SHOWN = 12


def inspect(
    settings: AgentSettings, table: str = "", *, count_within_s: float = COUNT_WITHIN_S
) -> Iterator[str]:
    """Lines of text, as they are known. Raises NotSetUp or TryLater as reading does, and NotSetUp when there
    is no such table."""
    if settings.database is None:
        raise NotSetUp(
            "agent.toml has no table [database]: products come from saved reports.",
            hint="Add the table [database] with host, port, path, user and password to look at the database.",
        )
    with open_database(settings.database) as database:
        with database.snapshot(isolated=False) as snapshot:
            version = engine_version(snapshot)
        every = relations(database)
        rated = sorted(((score(relation), relation) for relation in every), key=_order)
        yield f"Firebird {version}; {len(every)} tables and views can be seen."
        if table:
            chosen = [pair for pair in rated if pair[1].name.upper() == table.upper()]
            if not chosen:
                names = ", ".join(relation.name for _, relation in rated[:SHOWN]) or "none"
                raise NotSetUp(f"There is no table or view {table}.", hint=f"There are: {names}.")
            rating, relation = chosen[0]
            yield from _described(rating, relation, count(database, relation, count_within_s), whole=True)
        else:
            shown = [pair for pair in rated if pair[0].points >= LEAST][:SHOWN]
            yield from _listed(database, shown, count_within_s)
            if not shown:
                yield "None looks like stock, prices or warehouses. Name one with --table."
                return
            relation = shown[0][1]
            yield f"\nA draft from {relation.name}, the likeliest. For another: --table NAME"
        yield from _drafted(settings, database, relation, record_version=major(version) >= 3)


def _listed(database: Database, shown: list[tuple[Score, Relation]], within_s: float) -> Iterator[str]:
    until = time.monotonic() + ALL_WITHIN_S
    for rating, relation in shown:
        late = time.monotonic() > until
        counted = Counted(None, "not counted: time is up") if late else count(database, relation, within_s)
        yield from _described(rating, relation, counted, whole=False)


def _described(rating: Score, relation: Relation, counted: Counted, *, whole: bool) -> Iterator[str]:
    rows = counted.why if counted.rows is None else f"{counted.rows:,} rows"
    why = rating.reason or "nothing speaks for it"
    yield f"\n{relation.name} ({relation.what}; {rows}), {rating.points} points: {why}."
    columns = relation.columns if whole else relation.columns[:COLUMNS_SHOWN]
    more = len(relation.columns) - len(columns)
    listed = ", ".join(f"{column.name} ({column.kind})" for column in columns)
    yield f"    {listed}{f' and {more} more' if more else ''}"


def _drafted(
    settings: AgentSettings, database: Database, relation: Relation, *, record_version: bool
) -> Iterator[str]:
    drafted = draft(relation, record_version=record_version)
    if not drafted.query:
        yield f"\nNo query can be drafted from {relation.name}: no column of it looks like a stock code."
        return
    yield f"\n{as_toml(drafted, relation)}"
    assert settings.database is not None
    try:
        with database.snapshot(isolated=False) as snapshot:
            described = describe_columns(snapshot, bracketed(drafted.query), settings.database.charset)
    except StockwireError:
        raise
    except Exception as error:  # noqa: BLE001 - a driver's own exception, told in its words
        yield f"\nThe database does not accept it: {' '.join(str(error).split())}"
        return
    found = columns_found([column.name for column in described], OmniSettings.model_validate({}))
    yield f"\nThe database accepts it. {found.seen}"


def _order(pair: tuple[Score, Relation]) -> tuple[int, str]:
    return -pair[0].points, pair[1].name
