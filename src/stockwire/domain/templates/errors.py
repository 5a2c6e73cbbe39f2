"""What is wrong with a template, or with a value in it, in words for the person who wrote the template."""

from __future__ import annotations

LONGEST_SHOWN = 60


class TemplateError(Exception):
    """`line` is the template's line, from 1. `path` and `value` name the value at fault, "" if there is none.

    str() gives the whole sentence: the label (a SKU or an order), the template, the line and the message.
    """

    def __init__(
        self,
        message: str,
        line: int,
        hint: str,
        *,
        name: str = "template",
        label: str = "",
        path: str = "",
        value: str = "",
    ) -> None:
        super().__init__(message, line, hint)
        self.message = message
        self.line = line
        self.hint = hint
        self.name = name
        self.label = label
        self.path = path
        self.value = value

    def __str__(self) -> str:
        where = f"{self.name}, line {self.line}: {self.message}"
        return f"{self.label}: {where}" if self.label else where


def shown(text: str) -> str:
    """A value as a message shows it: quoted, on one line, shortened."""
    cut = text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."
    return repr(cut)
