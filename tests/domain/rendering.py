"""Templates rendered and refused in one word, and a context that notes what it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from stockwire.domain import templates
from stockwire.domain.templates import TemplateError


def render(text: str, context: Mapping[str, object] | None = None, **options: Any) -> str:
    return templates.compile(text).render(context or {}, **options)


def refusal(text: str, context: Mapping[str, object] | None = None, **options: Any) -> TemplateError:
    with pytest.raises(TemplateError) as caught:
        templates.compile(text, name="product_map").render(context or {}, **options)
    return caught.value


class Asked(Mapping[str, object]):
    """A mapping that computes on access and remembers what it was asked for."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self.values_ = values
        self.asked: list[str] = []

    def __getitem__(self, key: str) -> object:
        self.asked.append(key)
        return self.values_[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_)

    def __len__(self) -> int:
        return len(self.values_)
