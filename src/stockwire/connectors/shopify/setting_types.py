"""How texts of settings are read: switches, secrets, numbers, the location map. Knows no setting by name."""

from __future__ import annotations

from enum import StrEnum
from ipaddress import ip_address
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr

from stockwire.domain.setting_templates import setting_template
from stockwire.domain.strict_json import NotJSON, loads
from stockwire.domain.templates import TemplateError


class Credential(StrEnum):
    """How the shop knows us; which one follows from what is filled in."""

    STATIC = "static"
    CLIENT = "client"
    REFRESH = "refresh"


def truthy(value: object) -> object:
    """Settings arrive as text: "true" and "1" are true, trimmed and in any case; any other text is not."""
    return value.strip().lower() in {"true", "1"} if isinstance(value, str) else value


def blank_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


Switch = Annotated[bool, BeforeValidator(truthy)]
Secret = Annotated[SecretStr | None, BeforeValidator(blank_is_none)]
Number = Annotated[float | None, BeforeValidator(blank_is_none)]
Whole = Annotated[int | None, BeforeValidator(blank_is_none)]


def setting(default: Any, title: str, help_text: str, group: str, **limits: Any) -> Any:
    return Field(
        default=default,
        title=title,
        description=help_text,
        validate_default=False,
        json_schema_extra={"group": group},
        **limits,
    )


def location_templates(text: str) -> dict[str, str]:
    """Location ids may be given as numbers or as gid://shopify/Location/123. The quantity is a template, so
    the text is JSON only as long as its templates stand in quotes."""
    try:
        found = loads(text)
    except NotJSON as problem:
        raise ValueError(
            f'it must be JSON such as {{"12345": "{{{{qty_availability.Main}}}}"}} ({problem.message})'
        ) from None
    if not isinstance(found, dict) or not all(type(value) in {str, int} for value in found.values()):
        raise ValueError('it must be a JSON object such as {"12345": "{{qty_availability.Main}}"}')
    by_code = {str(name).rpartition("/")[2]: str(value) for name, value in found.items()}
    if not all(code.isdecimal() for code in by_code):
        raise ValueError("its names must be location ids, which are numbers")
    if len(by_code) < len(found):
        raise ValueError("it names a location twice, so it is not clear which quantity it shows")
    return by_code


def template_can_be_read(text: str, setting: str) -> None:
    """Raises ValueError with the line and what is wrong there."""
    try:
        setting_template(text, setting)
    except TemplateError as error:
        raise ValueError(f"{error}. {error.hint}") from None


def is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
