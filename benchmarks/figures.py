"""What a benchmark yields, the file it is kept in and the tables it is shown in.

Speed is a ratio of two things done in one run on one machine, so that a figure means the same anywhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

TOP = Path(__file__).parent.parent
RESULTS = TOP / "benchmarks" / "results.json"
DOCUMENT = TOP / "docs" / "benchmarks.md"
BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. `limit` None: plain information. `at_most` says on which side of it is good."""

    value: float
    unit: str
    note: str
    limit: float | None = None
    at_most: bool = True

    @property
    def good(self) -> bool:
        if self.limit is None:
            return True
        return self.value <= self.limit if self.at_most else self.value >= self.limit


Figures = dict[str, Figure]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured; the limits hold for FULL only."""

    rows: int
    changed_rows: int
    items: int
    shop_items: int
    stock_changes: int
    orders: int
    burst: int
    orders_among_faults: int


FULL = Sizes(
    rows=100_000,
    changed_rows=1_000,
    items=100_000,
    shop_items=11_000,
    stock_changes=10_000,
    orders=100,
    burst=20,
    orders_among_faults=10_000,
)
QUICK = Sizes(
    rows=10_000,
    changed_rows=100,
    items=10_000,
    shop_items=1_100,
    stock_changes=1_000,
    orders=10,
    burst=5,
    orders_among_faults=200,
)


class Wrong(Exception):
    """The thing measured did not do what it must: the figure would mean nothing."""


def write_results(machine: Mapping[str, Any], figures: Figures) -> None:
    """Write results.json; figures of a partial run replace their own and leave the others."""
    before = read_results()["results"] if RESULTS.exists() else {}
    now = {name: asdict(figure) for name, figure in figures.items()}
    whole = {"machine": dict(machine), "results": {**before, **now}}
    RESULTS.write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")


def read_results() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return found


def shown(figures: Figures) -> Table:
    """The table for the terminal."""
    table = Table("Measurement", "Value", "Limit", "", title="Benchmarks", title_justify="left")
    for name, figure in figures.items():
        verdict = "" if figure.limit is None else "[green]held[/]" if figure.good else "[red]missed[/]"
        table.add_row(name, _value(figure), _limit(figure), verdict)
    return table


def markdown(results: Mapping[str, Any]) -> str:
    """The same as Markdown, with the machine, from what results.json holds."""
    machine = results["machine"]
    rows: list[Sequence[str]] = [("Measurement", "Value", "Limit", "Held", "Note"), ("---",) * 5]
    for name, fields in results["results"].items():
        figure = Figure(**fields)
        held = "" if figure.limit is None else "yes" if figure.good else "**no**"
        rows.append((f"`{name}`", _value(figure), _limit(figure), held, figure.note))
    return (
        f"Measured on {machine['date']}: {machine['cpu']}, {machine['cores']} cores, {machine['memory']},"
        f" Python {machine['python']}, PostgreSQL {machine['postgres']}, Firebird {machine['firebird']}.\n\n"
        + "\n".join("| " + " | ".join(row) + " |" for row in rows)
    )


def write_document() -> None:
    """Put the table of the last real run between the marks of docs/benchmarks.md."""
    text = DOCUMENT.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCUMENT.write_text(f"{before}{BEGIN}\n{markdown(read_results())}\n{END}{after}", encoding="utf-8")


def _value(figure: Figure) -> str:
    return f"{figure.value:,g} {figure.unit}".strip()


def _limit(figure: Figure) -> str:
    if figure.limit is None:
        return ""
    return f"{'at most' if figure.at_most else 'at least'} {figure.limit:,g} {figure.unit}".strip()
