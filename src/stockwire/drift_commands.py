"""`stockwire channel reconcile`, `drift` and `nightly`: a channel against what is really there."""

from __future__ import annotations

import getpass
import json
import threading
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from stockwire.errors import Refused, TryLater
from stockwire.hub_commands import start_django

_CLIENT = click.option("--client", "client_id", type=int, required=True, help="Id of the client.")
_CHANNEL = click.argument("channel_id", type=int)
_SHOW = click.option(
    "--show",
    "shown",
    type=click.IntRange(0, 100_000),
    default=50,
    show_default=True,
    help="Most items shown.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="As JSON, money as text.")


@click.command()
@_CLIENT
@_CHANNEL
@click.option(
    "--repair",
    "repairs",
    type=click.Choice(["different", "missing"]),
    multiple=True,
    help="Put this kind right with the next push; may be repeated. Without it nothing is changed.",
)
@click.option("--wait", "wait_s", default=600.0, show_default=True, help="Seconds to wait, if it is busy.")
@_SHOW
@_JSON
def reconcile(
    client_id: int, channel_id: int, repairs: tuple[str, ...], *, wait_s: float, shown: int, as_json: bool
) -> None:
    """Read all that a channel holds and compare it with what it confirmed. Nothing is sent meanwhile.

    Example: stockwire channel reconcile --client 1 2 --repair different --repair missing
    """
    start_django(None)
    from stockwire.hub import tenancy
    from stockwire.hub.jobs import OWNER
    from stockwire.hub.sync import drift_reports, work

    with tenancy.scope(client_id):
        report, lane_id = drift_reports.ask(channel_id, f"{getpass.getuser()} (command line)", repairs)
    if not work.reconcile_only(client_id, lane_id, OWNER):
        click.echo("The channel is busy; its worker makes the report. Waiting for it.", err=True)
    report = _finished(client_id, report.pk, lane_id, wait_s)
    _tell(client_id, report, shown, as_json=as_json)


@click.command()
@_CLIENT
@_CHANNEL
@_SHOW
@_JSON
def drift(client_id: int, channel_id: int, *, shown: int, as_json: bool) -> None:
    """Show the last report of `stockwire channel reconcile`, or of the nightly one. Asks the channel nothing.

    Example: stockwire channel drift --client 1 2
    """
    start_django(None)
    from stockwire.hub import tenancy
    from stockwire.hub.sync import belonging, drift_reports

    with tenancy.scope(client_id):
        channel = belonging.channel_of(channel_id)
        report = drift_reports.newest(channel_id, finished=True)
    if report is None:
        raise drift_reports.not_yet(channel)
    _tell(client_id, report, shown, as_json=as_json)


@click.command()
@_CLIENT
@_CHANNEL
@click.option("--hour", type=click.IntRange(0, 23), help="Hour of the day, in the hub's time.")
@click.option("--never", is_flag=True, help="Not by itself.")
@click.option("--policy", type=click.Choice(["report", "repair"]), help="What to do about what is found.")
def nightly(client_id: int, channel_id: int, hour: int | None, never: bool, policy: str | None) -> None:
    """Say when a channel is compared by itself each night, and whether what is found is put right.

    Example: stockwire channel nightly --client 1 2 --hour 3 --policy report
    """
    start_django(None)
    from stockwire.hub import tenancy
    from stockwire.hub.sync import belonging, drift_reports

    with tenancy.scope(client_id):
        channel = belonging.channel_of(channel_id)
        hour = None if never else channel.reconcile_hour if hour is None else hour
        policy = policy or channel.reconcile_policy
        if (hour, policy) != (channel.reconcile_hour, channel.reconcile_policy):
            who = f"{getpass.getuser()} (command line)"
            drift_reports.set_nightly(channel_id, hour, policy, who)
    when = "never by itself" if hour is None else f"every night at {hour:02}:00"
    what = "repaired" if policy == "repair" else "reported only"
    click.echo(f"{channel.description} is compared {when}; what is found is {what}.")


def _finished(client_id: int, report_id: int, lane_id: int, wait_s: float) -> Any:
    """The report once it is done. Raises what made it fail, or TryLater when it takes too long."""
    from stockwire.hub import tenancy
    from stockwire.hub.models import DriftReport, DriftState, Lane

    pause, waited_s = threading.Event(), 0.0
    while True:
        with tenancy.scope(client_id):
            report = DriftReport.objects.get(pk=report_id)
            lane = Lane.objects.get(pk=lane_id)
        if report.state == DriftState.DONE:
            return report
        if report.state == DriftState.FAILED:
            raise Refused(f"It could not be compared. {report.message}", hint=report.hint)
        if lane.paused or waited_s >= wait_s:
            raise TryLater(
                f"The report is not made yet. {lane.note}".strip(),
                hint=lane.hint or "It stays asked for; `stockwire channel drift` shows it once it is made.",
            )
        pause.wait(0.5)
        waited_s += 0.5


def _tell(client_id: int, report: Any, shown: int, *, as_json: bool) -> None:
    from stockwire.hub import tenancy
    from stockwire.hub.sync import drift_reports

    with tenancy.scope(client_id):
        items = drift_reports.items_of(report, shown)
    if as_json:
        click.echo(json.dumps(drift_reports.as_json(report, items), ensure_ascii=False, indent=2))
        return
    console = Console()
    at = report.finished_at
    console.print(
        f"Report {report.pk}, {at:%Y-%m-%d %H:%M} UTC, asked for by {escape(report.asked_by)}:"
        f" {report.listed:,} listed by the channel, {report.linked:,} linked.",
        highlight=False,
    )
    if report.message:
        console.print(f"It failed: {escape(report.message)} {escape(report.hint)}", highlight=False)
        return
    found = drift_reports.summary(report)
    console.print(f"{found[0].upper()}{found[1:]}.", highlight=False)
    if known := report.counts.get("extra_known"):
        console.print(f"SKUs known here among those not linked: {known:,}.", highlight=False)
    for kind, count in report.repaired.items():
        console.print(
            f"Repaired, {drift_reports.WORDS[kind]}: {count:,}; the next push sends ours.", highlight=False
        )
    for note in report.notes:
        console.print(escape(note), highlight=False)
    _print_items(console, items)
    left = sum(report.counts.get(kind, 0) for kind in drift_reports.WORDS) - len(items)
    if left > 0:
        console.print(f"... and {left:,} more; --show says how many.")


def _print_items(console: Console, items: Any) -> None:
    if not items:
        return
    table = Table("Kind", "SKU", "Their id", "Field", "Confirmed", "Shown", "Wanted", "What", box=None)
    for one in items:
        place = one.product_code + (f"/{one.variant_code}" if one.variant_code else "")
        fields = (_said(one.confirmed), _said(one.shown), _said(one.wanted)) if one.field else ("", "", "")
        said = one.said + ("; repaired" if one.repaired else "")
        table.add_row(*map(escape, (one.kind, one.sku or "(none)", place, one.field, *fields, said)))
    console.print(table)


def _said(value: Any) -> str:
    if value is None:
        return "-"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= 40 else text[:37] + "..."
