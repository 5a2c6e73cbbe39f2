"""`python -m benchmarks`: measure, print one table, keep the results. Exit code 1 when a limit is missed."""

from __future__ import annotations

import sys
import time

import click
from rich.console import Console

from benchmarks import (
    figures,
    first_load,
    imports,
    machine,
    oversell,
    planning,
    raising_faults,
    shop,
    shopify,
    shopify_hub,
    watermark,
)
from benchmarks.figures import FULL, QUICK, Figures

PARTS = (watermark, first_load, imports, shop, shopify, shopify_hub, planning, raising_faults, oversell)
NAMES = [name for part in PARTS for name in part.NAMES]


@click.command(epilog="Example: python -m benchmarks --quick --only watermark_read_ratio")
@click.option(
    "--only", metavar="NAME", type=click.Choice(NAMES), multiple=True, help="Measure only this one."
)
@click.option("--quick", is_flag=True, help="Small sizes, to see whether it runs. Not kept.")
@click.option("--write-docs", is_flag=True, help="Only write the kept results into docs/benchmarks.md.")
def main(only: tuple[str, ...], quick: bool, write_docs: bool) -> None:
    """Measure Stockwire on this machine with real servers and processes (some minutes)."""
    if write_docs:
        figures.write_document()
        return
    console, found = Console(), Figures()
    began = time.monotonic()

    def say(what: str) -> None:
        console.print(f"[dim]{time.monotonic() - began:5.0f} s[/]  {what}", highlight=False)

    for part in PARTS:
        if not only or set(only) & set(part.NAMES):
            found |= part.measure(QUICK if quick else FULL, say)
    found = {name: figure for name, figure in found.items() if not only or name in only}
    for name, figure in found.items():
        console.print(f"[dim]{name}: {figure.note}[/]", highlight=False, soft_wrap=True)
    console.print(figures.shown(found))
    if not quick:
        figures.write_results(machine.machine(), found)
        console.print(f"Kept in {figures.RESULTS.relative_to(figures.TOP)}.")
    sys.exit(0 if all(figure.good for figure in found.values()) else 1)


if __name__ == "__main__":
    main()
