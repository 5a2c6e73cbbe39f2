"""What a channel answered with where it was not what was sent: a rounded price, a barcode it does not take.

Kept beside the known state so that showing it again is not taken for a change by hand. It decides nothing
about what is sent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from stockwire.domain.drift import same
from stockwire.domain.plan import DECIMAL_FIELDS, Difference, Fields, Value

# Null takes a name away: what was sent now is shown as it was sent, or not shown at all.
REMEMBER = """
    update {table} k set answered = jsonb_strip_nulls(k.answered || u.answered)
    from unnest(%s::bigint[], %s::text[], %s::jsonb[]) as u(owner, "group", answered)
    where k.channel_id = %s and k.{column} = u.owner and k."group" = u."group"
        and k.answered <> jsonb_strip_nulls(k.answered || u.answered)
"""
READ = """
    select {column}, "group", answered::text from {table}
    where channel_id = %s and {column} = any(%s) and answered <> '{{}}'
"""
Row = tuple[int, str, Mapping[str, list[Value] | None]]


def row_of(owner: int, group: str, differences: Sequence[Difference], seen: Mapping[str, Value]) -> Row:
    """What to remember of one group of what was just confirmed. Values stand in a list of one, for null to
    be a value too."""
    return (
        owner,
        group,
        {
            one.name: [seen[one.name]] if one.name in seen and not same(one.after, seen[one.name]) else None
            for one in differences
            if one.group == group
        },
    )


def remember(cursor: Any, table: str, column: str, channel_id: int, rows: Sequence[Row]) -> None:
    """Write it down after the known state itself, inside an open scope."""
    owners = [owner for owner, _, _ in rows]
    groups = [group for _, group, _ in rows]
    answers = [json.dumps(answer, default=_text) for _, _, answer in rows]
    sql = REMEMBER.format(table=table, column=column)
    cursor.execute(sql, [owners, groups, answers, channel_id])


def read(
    cursor: Any, table: str, column: str, channel_id: int, owners: Sequence[int]
) -> dict[int, dict[str, Fields]]:
    """Owner to field group to fields, for those that have any."""
    cursor.execute(READ.format(table=table, column=column), [channel_id, list(owners)])
    found: dict[int, dict[str, Fields]] = {}
    for owner, group, text in cursor.fetchall():
        fields = {name: _value(name, held[0]) for name, held in json.loads(text).items() if held}
        found.setdefault(owner, {})[group] = fields
    return found


def _value(name: str, held: Any) -> Value:
    if isinstance(held, list):
        return tuple(held)
    return Decimal(held) if name in DECIMAL_FIELDS and held is not None else held


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"cannot keep {value!r} as an answer")
