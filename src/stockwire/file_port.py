"""What a source that is a file must do: be fetched by the hub, and hand its rows over under our columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel

from stockwire.domain.records import RowProblem


@dataclass(frozen=True, slots=True)
class Fetching:
    """How a file is fetched: `folder` holds the client's uploaded files, `target` is where a download goes,
    `marks` are those of the last fetch (empty: fetch in any case), `allowed` private networks."""

    folder: Path
    target: Path
    marks: tuple[str, str] = ("", "")
    allowed: Sequence[IPv4Network | IPv6Network] = ()


@dataclass(frozen=True, slots=True)
class Fetched:
    """`file` None: nothing has changed since the marks. `marks` are for the next time."""

    file: Path | None
    marks: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class FetchedRows:
    """`header` are our columns of a product file; `rows` yields (number, cells), or what is wrong
    with the row of that number."""

    header: Sequence[str]
    rows: Iterator[tuple[int, Sequence[str] | RowProblem]]


class CanFetch(Protocol):
    """A source that the hub fetches by itself, a file at a time."""

    def fetch(self, how: Fetching) -> Fetched: ...

    def rows(self, file: Path) -> AbstractContextManager[FetchedRows]:
        """The rows of a fetched file, one in memory at a time."""
        ...


@dataclass(frozen=True, slots=True)
class FileConnector:
    """A kind of linked source. `settings` is a pydantic model as of ports.SourceConnector."""

    name: str
    title: str
    settings: type[BaseModel]
    open: Callable[[Any], CanFetch]
