"""`stockwire audit`: who changed what, when, from what to what."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import click

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
    for one in found:
        click.echo(f"{one.at:%Y-%m-%d %H:%M:%S}  {one.who}: {one.action}: {one.subject}")
        for line in _changes(one):
            click.echo(f"    {line}")
    if not found:
        click.echo("There is nothing in the audit that is asked for.")


def _changes(one: Any) -> list[str]:
    """A line per field. What is new and blank is left out: a channel starts with dozens of such settings."""
    before, after = one.before or {}, one.after or {}
    if not isinstance(before, dict) or not isinstance(after, dict):
        return [f"{one.before} -> {one.after}"]
    said = []
    for name in dict.fromkeys([*before, *after]):
        old, new = (_cut(side.get(name)) for side in (before, after))
        if name in before:
            said.append(f"{name}: {old} -> {new}")
        elif after.get(name) not in (None, "", [], {}):
            said.append(f"{name}: {new}")
    return said


def _cut(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
