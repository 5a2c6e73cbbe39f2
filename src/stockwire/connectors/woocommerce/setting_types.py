"""The kinds of values that settings of a WooCommerce channel hold, and how text from a form becomes one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
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


@lru_cache(maxsize=256)
def bundles_of(text: str) -> Mapping[str, tuple[str, ...]]:
    """SKUs of items by the SKU of their bundle. Raises ValueError in words for text that is none."""
    if not text.strip():
        return {}
    try:
        read = json.loads(text)
    except ValueError as error:
        raise ValueError(f"bundles is not valid JSON: {error}") from None
    if not isinstance(read, dict):
        raise ValueError('bundles must be an object, for example {"SET-1": ["BOLT-M8", "NUT-M8"]}')
    found = {}
    for sku, items in read.items():
        if not sku.strip() or not isinstance(items, list) or not items:
            raise ValueError(f"the bundle {sku!r} must have a list of SKUs")
        if not all(isinstance(item, str) and item.strip() for item in items):
            raise ValueError(f"the bundle {sku!r} must have SKUs between quotes")
        found[sku.strip().casefold()] = tuple(item.strip() for item in items)
    return found


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
