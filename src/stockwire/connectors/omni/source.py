"""Omni Accounts as the hub sees a source: rows in, documents out. It never talks to Omni: the agent does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stockwire.connectors.omni.documents import document
from stockwire.connectors.omni.headers import header
from stockwire.connectors.omni.settings import OmniSettings
from stockwire.connectors.omni.translate import translate
from stockwire.domain.records import Order, RowProblem, SourceProduct
from stockwire.ports import Document, DocumentHeader, OrderContext


class OmniSource:
    """The Source port over one source's settings."""

    def __init__(self, settings: OmniSettings) -> None:
        self._settings = settings

    def translate(
        self, columns: Sequence[str], rows: Sequence[Sequence[str | None]]
    ) -> tuple[list[SourceProduct], list[RowProblem]]:
        return translate(columns, rows, self._settings)

    def document(self, order: Order, context: OrderContext) -> Document:
        return document(order, context, self._settings)

    def document_types(self) -> Sequence[str]:
        return self._settings.fetch_document_types

    def header(self, fields: Mapping[str, str]) -> DocumentHeader:
        return header(fields, self._settings)
