"""From the text of a template to its tags and the text between them, following the Mustache specification.

Knows delimiters, and the lines on which a tag stands alone and leaves no trace. It does not know what closes
what: that is syntax.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from stockwire.domain.templates.errors import TemplateError, shown
from stockwire.domain.templates.nodes import Text

SIGNS = "#^/!&="
_NOT_SUPPORTED = {
    ">": "partials ({{>name}}), which include another template, are not supported",
    "<": "parents ({{<name}}), which inherit from another template, are not supported",
    "$": "blocks ({{$name}}), which belong to inheritance, are not supported",
    "*": "dynamic names ({{*name}}) are not supported",
    "%": "pragmas ({{%name}}) are not supported",
    "@": "{{@name}} is Handlebars and not Mustache",
}
_ALONE = frozenset("#^/!=")
_PIECES = re.compile(r"[^\n]*\n|[^\n]+")


@dataclass(frozen=True, slots=True)
class Tag:
    """`kind` is the character after the opening braces, "" for a variable; `{` for the triple form."""

    kind: str
    body: str
    line: int


def tags_and_text(text: str, name: str) -> Iterator[Text | Tag]:
    """Tags in order and the text between them, without the lines that a tag has to itself."""
    return _joined(_without_lone_lines(_items(text, name)))


def _items(text: str, name: str) -> Iterator[Text | Tag]:
    """Tags in order, and between them the text, in pieces of one line at most."""
    opening, closing = "{{", "}}"
    at, line = 0, 1
    while True:
        start = text.find(opening, at)
        end_of_text = len(text) if start < 0 else start
        for piece in _PIECES.findall(text[at:end_of_text]):
            yield Text(piece, line)
            line += piece.endswith("\n")
        if start < 0:
            return
        inner = start + len(opening)
        kind = text[inner : inner + 1]
        kind = kind if kind in SIGNS or kind in _NOT_SUPPORTED or (kind, opening) == ("{", "{{") else ""
        end_mark = "}}}" if kind == "{" else f"={closing}" if kind == "=" else closing
        end = text.find(end_mark, inner + len(kind))
        body = "" if end < 0 else text[inner + len(kind) : end]
        if end < 0 or (kind != "!" and (opening in body or "\n" in body)):
            _unclosed(text, start, line, end_mark, name)
        if kind in _NOT_SUPPORTED:
            raise TemplateError(
                _NOT_SUPPORTED[kind],
                line,
                "Write the text out where it is needed; docs/field-maps.md lists what there is.",
                name=name,
            )
        yield Tag(kind, body, line)
        if kind == "=":
            opening, closing = _delimiters(body, line, name)
        line += body.count("\n")
        at = end + len(end_mark)


def _unclosed(text: str, start: int, line: int, end_mark: str, name: str) -> NoReturn:
    began = text[start : start + 40].partition("\n")[0]
    hint = f"End the tag with {end_mark} on the same line."
    if re.match(r"\{\{\{\s*[#^/!]", text[start:]):
        hint = "If the first { belongs to the JSON, put a blank between it and the tag: { {{#name}}."
    raise TemplateError(f"the tag that begins {shown(began)} is not closed", line, hint, name=name)


def _delimiters(body: str, line: int, name: str) -> tuple[str, str]:
    found = body.split()
    if len(found) != 2 or any("=" in mark or len(mark) > 10 for mark in found):
        raise TemplateError(
            f"{shown(body.strip())} does not name new delimiters",
            line,
            "Name two, with a blank between them: {{=<% %>=}}.",
            name=name,
        )
    return found[0], found[1]


def _without_lone_lines(items: Iterator[Text | Tag]) -> Iterator[Text | Tag]:
    """Drop the blanks and the line's end around a section, comment or delimiter tag alone on its line."""
    line: list[Text | Tag] = []
    for item in items:
        line.append(item)
        if isinstance(item, Text) and item.text.endswith("\n"):
            yield from _shortened(line)
            line = []
    yield from _shortened(line)


def _shortened(line: list[Text | Tag]) -> list[Text | Tag]:
    tags = [item for item in line if isinstance(item, Tag)]
    if len(tags) != 1 or tags[0].kind not in _ALONE:
        return line
    blank = all(not item.text.strip(" \t\r\n") for item in line if isinstance(item, Text))
    return list(tags) if blank else line


def _joined(items: Iterator[Text | Tag]) -> Iterator[Text | Tag]:
    """One piece where text runs on from line to line; a new one after a dropped line, so that lines count."""
    pieces: list[Text] = []
    for item in items:
        if isinstance(item, Text) and (not pieces or item.line == pieces[-1].line + 1):
            pieces.append(item)
            continue
        if pieces:
            yield Text("".join(piece.text for piece in pieces), pieces[0].line)
        pieces = [item] if isinstance(item, Text) else []
        if isinstance(item, Tag):
            yield item
    if pieces:
        yield Text("".join(piece.text for piece in pieces), pieces[0].line)
