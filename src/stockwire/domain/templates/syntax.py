"""From tags and text to the nodes of a template: what closes what, and names that are names.

Everything it does not know is an error here, with its line, and never a surprise while rendering.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from stockwire.domain.templates.errors import TemplateError, shown
from stockwire.domain.templates.nodes import HELPERS, Escape, Helper, Node, Path, Section, Text, Variable
from stockwire.domain.templates.scanning import SIGNS, Tag, tags_and_text

LONGEST_NAME = 200
LONGEST_PATH = 20
"""Steps of a dotted name. With LONGEST_NAME this bounds what one look-up can cost."""

_HANDLEBARS = re.compile(r"(?:if|unless|each|with)\s+(.+)")
_ESCAPE_COMMENT = re.compile(r"\s*escape\s*:\s*(\w*)\s*")
_MODES: dict[str, Escape] = {"html": "html", "json": "json", "none": "none"}


@dataclass(frozen=True, slots=True)
class _Open:
    tag: Tag
    nodes: list[Node]


def parse(text: str, name: str, depth: int) -> tuple[tuple[Node, ...], Escape | None]:
    """The nodes, and the escaping that a first comment `{{! escape: json }}` asks for, None if there is none.

    `depth` is how many sections may be open at once. Raises TemplateError.
    """
    items = list(tags_and_text(text, name))
    return _tree(items, name, depth), _declared(items, name)


def _declared(items: list[Text | Tag], name: str) -> Escape | None:
    for item in items:
        if isinstance(item, Text):
            if item.text.strip():
                return None
            continue
        found = _ESCAPE_COMMENT.fullmatch(item.body) if item.kind == "!" else None
        if found is None:
            return None
        mode = found.group(1)
        if mode in _MODES:
            return _MODES[mode]
        raise TemplateError(
            f"there is no escaping called {shown(mode)}",
            item.line,
            "Write {{! escape: json }}, {{! escape: html }} or {{! escape: none }}.",
            name=name,
        )
    return None


def _tree(items: Iterable[Text | Tag], name: str, depth: int) -> tuple[Node, ...]:
    nodes: list[Node] = []
    opened: list[_Open] = []
    for item in items:
        if isinstance(item, Text):
            nodes.append(item)
        elif item.kind in ("#", "^"):
            _check_section(item, name)
            opened.append(_Open(item, nodes))
            nodes = []
            if len(opened) > depth:
                raise TemplateError(
                    f"more than {depth} sections are open at once",
                    item.line,
                    "Close sections earlier, or split the map.",
                    name=name,
                )
        elif item.kind == "/":
            begun = _closed(opened, item, name)
            begun.nodes.append(_section(begun.tag, tuple(nodes), name))
            nodes = begun.nodes
        elif item.kind in ("", "&", "{"):
            nodes.append(_variable(item, name))
    if opened:
        tag = opened[-1].tag
        title = tag.body.strip()
        raise TemplateError(
            f"the section {{{{{tag.kind}{title}}}}} is not closed",
            tag.line,
            f"Write {{{{/{title}}}}} where it ends.",
            name=name,
        )
    return tuple(nodes)


def _check_section(tag: Tag, name: str) -> None:
    title = tag.body.strip()
    handlebars = _HANDLEBARS.fullmatch(title)
    if handlebars:
        raise TemplateError(
            f"{{{{{tag.kind}{title}}}}} is Handlebars and not Mustache",
            tag.line,
            f"Write {{{{#{handlebars.group(1)}}}}} for a list or for what is there,"
            f" {{{{^{handlebars.group(1)}}}}} for what is not.",
            name=name,
        )
    if title in HELPERS and tag.kind == "^":
        raise TemplateError(
            f"{title} is a helper and has no opposite", tag.line, f"Write {{{{#{title}}}}}.", name=name
        )


def _closed(opened: list[_Open], tag: Tag, name: str) -> _Open:
    title = tag.body.strip()
    if not opened:
        raise TemplateError(
            f"{{{{/{title}}}}} closes a section that was not opened",
            tag.line,
            f"Remove it, or write {{{{#{title}}}}} where the section begins.",
            name=name,
        )
    begun = opened.pop()
    if begun.tag.body.strip() != title:
        begins = begun.tag.body.strip()
        raise TemplateError(
            f"{{{{/{title}}}}} closes {{{{{begun.tag.kind}{begins}}}}} of line {begun.tag.line}",
            tag.line,
            f"Write {{{{/{begins}}}}} first: what was opened last is closed first.",
            name=name,
        )
    return begun


def _section(tag: Tag, nodes: tuple[Node, ...], name: str) -> Section | Helper:
    if tag.body.strip() in HELPERS:
        return Helper(tag.body.strip(), tag.line, nodes)
    return Section(_path(tag, name), tag.line, tag.kind == "^", nodes)


def _variable(tag: Tag, name: str) -> Variable:
    title = tag.body.strip()
    if title in HELPERS:
        raise TemplateError(
            f"{title} is a helper and needs something to work on",
            tag.line,
            f"Write {{{{#{title}}}}}...{{{{/{title}}}}}.",
            name=name,
        )
    return Variable(_path(tag, name), tag.line, tag.kind != "")


def _path(tag: Tag, name: str) -> Path:
    title = tag.body.strip()
    if title == ".":
        return Path(title, ())
    parts = title.split(".")
    if title[:1] in SIGNS and title:
        raise TemplateError(
            f"{shown(title)} is not a name",
            tag.line,
            f"Write the {title[0]} directly after the opening braces, without a blank.",
            name=name,
        )
    if "" in parts or "{" in title or "}" in title:
        raise TemplateError(
            f"{shown(title)} is not a name",
            tag.line,
            "A name looks like title, variant.price or sales.0.order_id.",
            name=name,
        )
    if len(title) > LONGEST_NAME or len(parts) > LONGEST_PATH:
        raise TemplateError(
            f"the name {shown(title)} is too long",
            tag.line,
            f"A name has at most {LONGEST_NAME} characters and {LONGEST_PATH} steps.",
            name=name,
        )
    return Path(title, tuple((part, _index(part)) for part in parts))


def _index(part: str) -> int:
    return int(part) if len(part) < 10 and part.isascii() and part.isdigit() else -1
