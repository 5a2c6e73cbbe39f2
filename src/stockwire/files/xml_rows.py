"""Records of an XML file by a mapping of paths, one in memory at a time.

A file with a document type is refused, so there are no entities to expand and nothing to fetch; records are
bounded in size and depth. Names stand as in the file, prefix included (g:price).
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from xml.parsers import expat

from stockwire.errors import Refused
from stockwire.files.xml_parse import parse

LARGEST_RECORD = 4 * 1024 * 1024
DEEPEST = 50
_CHUNK = 64 * 1024


@dataclass(slots=True)
class _Element:
    name: str
    attributes: dict[str, str]
    children: list[_Element] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


def xml_rows(path: Path, record_path: str, paths: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """(number from 1, a text per path) of each record. Raises Refused.

    `record_path` names the records from the root (feed/items/item) or by their end (item). A path goes down
    from the record: price/retail, @sku for an attribute, stock/@qty, "." for its own text. The first of
    several elements counts; one that is not there is "".
    """
    reader = _Reader(tuple(part for part in record_path.split("/") if part))
    steps = [[part for part in one.split("/") if part not in {"", "."}] for one in paths]
    number = 0
    with path.open("rb") as file:
        for _ in parse(reader.parser, _chunks(file), path.name):
            for record in reader.take():
                number += 1
                yield number, [_find(record, wanted) for wanted in steps]
    if not number:
        raise Refused(
            f"{path.name} has no records at {record_path}.",
            hint=f"Elements seen in it: {', '.join(sorted(reader.seen)[:20])}.",
        )


def _chunks(file: BinaryIO) -> Generator[bytes, None, None]:
    while chunk := file.read(_CHUNK):
        yield chunk


class _Reader:
    def __init__(self, record_path: tuple[str, ...]) -> None:
        self._wanted = record_path
        self._way: list[str] = []
        self._open: list[_Element] = []
        self._done: list[_Element] = []
        self._size = 0
        self.seen: set[str] = set()
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        self.parser = parser

    def take(self) -> list[_Element]:
        """The records that ended since they were last taken."""
        done, self._done = self._done, []
        return done

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._way.append(name)
        if len(self.seen) < 200:
            self.seen.add("/".join(self._way))
        if len(self._way) > DEEPEST:
            raise Refused(f"The file nests more than {DEEPEST} elements.", hint="Ask whoever makes it.")
        if self._open:
            element = _Element(name, attributes)
            self._open[-1].children.append(element)
            self._open.append(element)
            self._grow(sum(map(len, attributes.values())))
        elif tuple(self._way[-len(self._wanted) :]) == self._wanted:
            self._open.append(_Element(name, attributes))
            self._size = 0

    def _end(self, name: str) -> None:
        self._way.pop()
        if self._open:
            element = self._open.pop()
            if not self._open:
                self._done.append(element)

    def _text(self, text: str) -> None:
        if self._open:
            self._open[-1].texts.append(text)
            self._grow(len(text))

    def _grow(self, size: int) -> None:
        self._size += size + 50
        if self._size > LARGEST_RECORD:
            raise Refused(
                f"A record is larger than {LARGEST_RECORD // 1024 // 1024} MB.",
                hint="Check the record path: it must name one product, not the list of them.",
            )


def _find(record: _Element, steps: Sequence[str]) -> str:
    element = record
    for step in steps:
        if step.startswith("@"):
            return element.attributes.get(step[1:], "")
        found = next((child for child in element.children if child.name == step), None)
        if found is None:
            return ""
        element = found
    return "".join(element.texts).strip()
