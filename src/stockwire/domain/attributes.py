"""Attribute templates: which attributes a kind of product has, of what type, and which may not be blank.

Pure. A product whose required attributes are blank is not sent to channels (behaviour B10).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum

_TRUTH = frozenset({"true", "false", "1", "0"})


class AttributeType(StrEnum):
    TRUE_FALSE = "true/false"
    STRING = "string"
    NUMBER = "number"
    DROPDOWN = "dropdown"


@dataclass(frozen=True, slots=True)
class Attribute:
    """`name` is the attribute's key on the product; `choices` are those of a dropdown."""

    name: str
    type: AttributeType = AttributeType.STRING
    default: str = ""
    description: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Template:
    name: str
    attributes: tuple[Attribute, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """A required attribute that is blank, or one whose value its type does not allow, in plain English."""

    attribute: str
    reason: str
    fix: str


def missing_required(meta: Mapping[str, str], templates: Sequence[Template]) -> list[Missing]:
    """What stands between a product with these attributes and the channels; `templates` are those that were
    applied to it. Names are compared regardless of case."""
    values = {key.casefold(): value for key, value in meta.items()}
    found = []
    for template in templates:
        for one in template.attributes:
            value = values.get(one.name.casefold(), "").strip()
            if value:
                wrong = unfit(one, value)
                if wrong:
                    found.append(Missing(one.name, f"attribute {one.name} {wrong}", _fix(one)))
            elif one.required:
                reason = f"attribute {one.name} is blank, and the template {template.name} requires it"
                found.append(Missing(one.name, reason, _fix(one)))
    return found


def unfit(attribute: Attribute, value: str) -> str:
    """Why a value, not blank, is none for this attribute; "" when it is one."""
    if attribute.type is AttributeType.TRUE_FALSE and value.strip().lower() not in _TRUTH:
        return f'is "{value[:40]}", neither true nor false'
    if attribute.type is AttributeType.NUMBER and not _is_number(value):
        return f'is "{value[:40]}", which is no number'
    if attribute.type is AttributeType.DROPDOWN and value not in attribute.choices:
        return f'is "{value[:40]}", which is none of {", ".join(attribute.choices)}'
    return ""


def template(name: str, attributes: Sequence[Mapping[str, object]]) -> Template:
    """A template as somebody wrote it. Raises ValueError saying what is wrong with it."""
    if not name.strip() or len(name) > 100:
        raise ValueError("A template needs a name of at most 100 characters.")
    made = [_attribute(one) for one in attributes]
    names = [one.name.casefold() for one in made]
    if not made:
        raise ValueError(f"The template {name} has no attributes.")
    for one in made:
        if names.count(one.name.casefold()) > 1:
            raise ValueError(f"The attribute {one.name} is in the template {name} twice.")
    return Template(name.strip(), tuple(made))


def _attribute(given: Mapping[str, object]) -> Attribute:
    unknown = sorted(set(given) - {"name", "type", "default", "description", "required", "choices"})
    name = str(given.get("name", "")).strip()
    if unknown or not name or len(name) > 100:
        raise ValueError(
            f"An attribute cannot have {', '.join(unknown)}." if unknown else "An attribute needs a name."
        )
    try:
        kind = AttributeType(str(given.get("type", "string")).strip().lower())
    except ValueError:
        types = ", ".join(one.value for one in AttributeType)
        raise ValueError(f"{name} cannot be of the type {given.get('type')}: {types}.") from None
    listed = given.get("choices", ())
    choices = tuple(str(one) for one in listed) if isinstance(listed, list | tuple) else ()
    if (kind is AttributeType.DROPDOWN) != bool(choices):
        raise ValueError(f"{name}: a dropdown has choices, and nothing else has.")
    one = Attribute(
        name,
        kind,
        str(given.get("default", "")),
        str(given.get("description", "")),
        given.get("required") is True,
        choices,
    )
    if one.default and (wrong := unfit(one, one.default)):
        raise ValueError(f"The default of {name} {wrong}.")
    return one


def _is_number(text: str) -> bool:
    try:
        return Decimal(text.strip()).is_finite()
    except InvalidOperation:
        return False


def _fix(attribute: Attribute) -> str:
    said = f"Fill in {attribute.name}"
    if attribute.type is AttributeType.DROPDOWN:
        return f"{said} with one of: {', '.join(attribute.choices)}."
    if attribute.type is AttributeType.TRUE_FALSE:
        return f"{said} with true or false."
    return f"{said} with a number." if attribute.type is AttributeType.NUMBER else f"{said}."
