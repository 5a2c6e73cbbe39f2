"""Field maps: a template whose result is JSON, and errors that lead back to the field at fault.

What a connector does with the result is its own affair; which text stands in which setting is the hub's.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping

from stockwire.domain.strict_json import NotJSON, loads
from stockwire.domain.templates import LIMITS, Escape, Limits, Origin, Template, TemplateError
from stockwire.domain.templates.errors import shown

JSON_MAPS = frozenset(
    {
        "order_map",
        "product_map",
        "offer_map",
        "simple_product_map",
        "configurable_product_map",
        "category_map",
        "location_map",
        "fulfillment_map",
        "order_ship_map",
        "shipment_comment_map",
        "channel_product_map",
        "map",
    }
)
"""The settings whose text is a map to JSON. Every other template makes plain text: gtin_map (in spite of its
name), compare_at_price, set_param_*."""


def escape_of(setting: str) -> Escape:
    """How `{{x}}` is escaped in this setting unless its text says otherwise in a first comment.

    Maps to JSON keep the HTML escaping their users know, so that a map brought from another hub gives what
    it gave there; the maps that come with Stockwire begin with `{{! escape: json }}`. Plain text stays plain.
    """
    return "html" if setting in JSON_MAPS else "none"


def render_json(
    template: Template,
    context: Mapping[str, object],
    *,
    label: str,
    limits: Limits = LIMITS,
    missing: dict[str, int] | None = None,
    random_digits: Callable[[int], str] | None = None,
) -> object:
    """What the map makes of the context: dicts, lists, text, int, Decimal, bool and None.

    `label` is what the errors are about, a SKU or an order. Raises TemplateError with the template's line
    and, where one is at fault, the path and value.
    """
    try:
        text, origins = template.trace(context, limits, missing=missing, random_digits=random_digits)
    except TemplateError as problem:
        problem.label = label
        raise
    try:
        return loads(text)
    except NotJSON as problem:
        raise _explained(problem, text, origins, template, label) from None


def _explained(
    problem: NotJSON, text: str, origins: list[Origin], template: Template, label: str
) -> TemplateError:
    """The error in the operator's terms: the template's line, the value that broke it, the way out."""
    if not text.strip():
        return TemplateError(
            "the map gives nothing at all for this record",
            1,
            "A map must give JSON. Look at the sections around everything in it.",
            name=template.name,
            label=label,
        )
    line = _template_line(origins, problem.offset)
    culprit = _culprit(problem, origins)
    said = f"the result is not valid JSON ({problem.message})"
    if culprit is None:
        hint = problem.hint or _hint_for_template(text, problem.offset)
        return TemplateError(said, line, hint, name=template.name, label=label)
    what = f"{culprit.path} is {shown(culprit.text)}" if culprit.text else f"{culprit.path} is empty"
    return TemplateError(
        f"{said}: {what}",
        culprit.line,
        _hint_for_value(culprit, template.escape),
        name=template.name,
        label=label,
        path=culprit.path,
        value=culprit.text,
    )


def _template_line(origins: list[Origin], offset: int) -> int:
    position = bisect_right(origins, offset, key=lambda origin: origin.offset) - 1
    if position < 0:
        return 1
    origin = origins[position]
    return origin.line + (0 if origin.path else origin.text.count("\n", 0, offset - origin.offset))


def _culprit(problem: NotJSON, origins: list[Origin]) -> Origin | None:
    """The value to blame, None when it is the template's own text.

    The reader stops at or after the value that broke the JSON. So: a value that it stopped in; an empty one
    that it stopped just behind; else the last one before that has a quote, a backslash or a control
    character in it. When a string does not end, the reader names where it began, so the value stands behind.
    """
    values = [origin for origin in origins if origin.path]
    offset = problem.offset
    for origin in values:
        if origin.offset <= offset < origin.offset + len(origin.text):
            return origin
    if problem.hint:
        return None
    before = [origin for origin in values if origin.offset + len(origin.text) <= offset]
    if before and not before[-1].text and _only_blanks_between(origins, before[-1].offset, offset):
        return before[-1]
    behind = [origin for origin in values if origin.offset > offset]
    suspects = [*(behind if problem.message.startswith("unterminated") else ()), *reversed(before)]
    return next((origin for origin in suspects if _breaks_strings(origin.text)), None)


def _only_blanks_between(origins: list[Origin], start: int, end: int) -> bool:
    return all(
        not origin.text[: end - origin.offset].strip() for origin in origins if start <= origin.offset < end
    )


def _breaks_strings(text: str) -> bool:
    """Whether it cannot stand between quotes as it is; JSON of its own is not meant to stand there."""
    return not _is_json(f'"{text}"') and not (text.lstrip()[:1] in ("{", "[") and _is_json(text))


def _is_json(text: str) -> bool:
    try:
        loads(text)
    except NotJSON:
        return False
    return True


def _hint_for_value(culprit: Origin, escape: Escape) -> str:
    path = culprit.path
    if not culprit.text:
        return (
            f"Fill the field in, put quotes around {{{{{path}}}}},"
            f" or write it only where it is there: {{{{#{path}}}}}...{{{{/{path}}}}}."
        )
    if not _breaks_strings(culprit.text):
        return (
            f"If {{{{{path}}}}} is text, put it in quotes in the map. If it is a number, correct the field."
        )
    if escape == "json":
        return f"Clean the field, or write it with two braces, {{{{{path}}}}}: in this map that escapes it."
    return (
        f"Clean the field, or write {{{{#json_escape}}}}{{{{{{{path}}}}}}}{{{{/json_escape}}}}"
        " in the map, or begin the map with {{! escape: json }}."
    )


def _hint_for_template(text: str, offset: int) -> str:
    near = shown(text[max(0, offset - 30) : offset + 30].strip())
    before, here = text[:offset].rstrip()[-1:], text[offset:].lstrip()[:1]
    if here == "," or (before == "," and here in ("}", "]")):
        return (
            f"Look at the commas near {near}. In a list, {{{{^last}}}},{{{{/last}}}} leaves out the last one."
        )
    return f"Look at the quotes, commas and brackets of the map near {near}."
