"""The kinds of values that settings of a WooCommerce channel hold, and how text from a form becomes one."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field


class Authentication(StrEnum):
    BASIC = "basic"
    QUERY_PARAMS = "query_params"


class DeleteMode(StrEnum):
    TRASH = "trash"
    DELETE = "delete"


class ProductStatus(StrEnum):
    PUBLISH = "publish"
    DRAFT = "draft"
    PENDING = "pending"
    PRIVATE = "private"


class WeightUnit(StrEnum):
    KG = "kg"
    G = "g"
    LBS = "lbs"
    OZ = "oz"


def truthy(value: object) -> object:
    """Settings arrive as text: "true" and "1" are true, trimmed and in any case; any other text is not."""
    return value.strip().lower() in {"true", "1"} if isinstance(value, str) else value


def blank_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def no_category(value: object) -> object:
    """Hubs of this kind show "true" as the default of this id, which names no category."""
    return None if isinstance(value, str) and value.strip().lower() in {"", "true", "false"} else value


Switch = Annotated[bool, BeforeValidator(truthy)]
CategoryId = Annotated[int | None, BeforeValidator(no_category)]


def setting(default: Any, title: str, help_text: str, group: str, **limits: Any) -> Any:
    return Field(
        default=default,
        title=title,
        description=help_text,
        validate_default=False,
        json_schema_extra={"group": group},
        **limits,
    )
