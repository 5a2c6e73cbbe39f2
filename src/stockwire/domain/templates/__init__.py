"""The language of field maps: Mustache with the helpers that users of such hubs know.

A template is compiled once and rendered often. It can only read the values it is given: it calls no code,
reads no file and includes no other template, and it ends within its Limits whatever is written in it.
docs/field-maps.md is the operator's page, ADR 15 says why this is ours.
"""

from stockwire.domain.templates.errors import TemplateError
from stockwire.domain.templates.lookup import Named
from stockwire.domain.templates.nodes import Escape
from stockwire.domain.templates.rendering import (
    LIMITS,
    Limits,
    Origin,
    Template,
    compile,  # noqa: A004 - as in re.compile
)

__all__ = ["LIMITS", "Escape", "Limits", "Named", "Origin", "Template", "TemplateError", "compile"]
