"""Product fields that are made of several columns: Mustache templates over a row of the product query.

A template sees the columns under their names, in any case, trimmed; a blank one is nothing. It is compiled
once and knows nothing but its row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from stockwire.connectors.omni.amounts import Unusable
from stockwire.domain import templates
from stockwire.domain.templates import Template, TemplateError

OPTIONS = ("option1", "option2", "option3")
FIELDS = ("title", "body_html", "collection", "product_type", "vendor", "tags", "barcode", *OPTIONS)
_META = re.compile(r"meta\.\S.{0,99}")


def is_field(name: str) -> bool:
    """Whether a template can fill it: one of FIELDS, or meta.<attribute>."""
    return name in FIELDS or _META.fullmatch(name) is not None


@lru_cache(maxsize=256)
def compiled(field: str, text: str) -> Template:
    """Plain text, but for body_html, where `{{x}}` is escaped for HTML. Raises TemplateError."""
    return templates.compile(
        text, name=f"field_map {field}", escape="html" if field == "body_html" else "none"
    )


def columns_of(template: Template) -> set[str]:
    """The columns that a template asks for, in capitals."""
    return {path.split(".", 1)[0].upper() for path in template.paths()}


def render(template: Template, code: str, row: Mapping[str, object]) -> str:
    """The field of one row, trimmed. Raises Unusable naming the row, the field and the fix."""
    try:
        return template.render(row).strip().replace("\x00", "")
    except TemplateError as error:
        error.label = code
        raise Unusable(f"{error}.", error.hint) from None


class RowValues(Mapping[str, object]):
    """A row by the names of its columns, in any case. `at` has the names in capitals."""

    def __init__(self, at: Mapping[str, int], row: Sequence[str | None]) -> None:
        self._at = at
        self._row = row

    def __getitem__(self, name: str) -> str:
        return (self._row[self._at[name.upper()]] or "").strip()

    def __iter__(self) -> Iterator[str]:
        return iter(self._at)

    def __len__(self) -> int:
        return len(self._at)
