"""`stockwire audit`: who changed what, when, from what to what."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from stockwire.hub_commands import start_django

_DAY = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"])


@click.command()
@click.option("--client", "client_id", type=int, required=True, help="Id of the client.")
@click.option("--subject", default="", help="Only what holds this: a product code, a channel, a user ...")
@click.option("--who", default="", help="Only what this person or part did.")
@click.option("--action", default="", help="Only this action, such as: product imported")
@click.option("--since", type=_DAY, help="Only from this moment on (UTC).")
@click.option("--until", type=_DAY, help="Only before this moment (UTC).")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="Most entries.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def audit(client_id: int, *, as_json: bool, limit: int, **asked: Any) -> None:
    """Show the audit, newest first. Entries are kept for 400 days; nobody can change them.

    Example: stockwire audit --client 1 --subject BOLT-8 --since 2026-11-01
    """
    start_django(None)
    from stockwire.hub import tenancy
    from stockwire.hub.sync.audit_trail import Asked, entries

    for name in ("since", "until"):
        moment: datetime | None = asked[name]
        asked[name] = moment.replace(tzinfo=UTC) if moment else None
    with tenancy.scope(client_id):
        found = entries(Asked(**asked), limit)
    if as_json:
        for one in found:
            said = {"at": one.at.isoformat(), "who": one.who, "action": one.action, "subject": one.subject}
            click.echo(json.dumps({**said, "before": one.before, "after": one.after}, ensure_ascii=False))
        return
    table = Table("When", "Who", "What", "Of", "Change")
    for one in found:
        table.add_row(f"{one.at:%Y-%m-%d %H:%M:%S}", one.who, one.action, one.subject, _change(one))
    Console().print(table)


def _change(one: Any) -> str:
    before, after = one.before or {}, one.after or {}
    if not isinstance(before, dict) or not isinstance(after, dict):
        return f"{one.before} -> {one.after}"
    said = []
    for name in dict.fromkeys([*before, *after]):
        old, new = (_cut(side.get(name)) for side in (before, after))
        said.append(f"{name}: {new}" if name not in before else f"{name}: {old} -> {new}")
    return "\n".join(said)


def _cut(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
