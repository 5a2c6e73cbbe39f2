"""What a template is made of once it has been read: text, variables, sections, helpers, with their lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Escape = Literal["html", "json", "none"]
HELPERS = ("calculate", "json_escape", "generate_random")


@dataclass(frozen=True, slots=True)
class Path:
    """A dotted name. `parts` pairs each step with its value as an index into a list, or -1; `.` has none."""

    text: str
    parts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Variable:
    path: Path
    line: int
    raw: bool


@dataclass(frozen=True, slots=True)
class Section:
    path: Path
    line: int
    inverted: bool
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Helper:
    name: str
    line: int
    nodes: tuple[Node, ...]


Node = Text | Variable | Section | Helper
