"""Looks a document up in Omni by Omni's own number, for somebody at the hub who wants its header.

Only reads. ASSUMPTION A29: a document's number stands where its reference does in the address, as it is
confirmed for quotes (Q00008). The lines stay on the premises; the header's keys go out as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from stockwire.connectors.omni.api import FoundDocument
from stockwire.errors import NotSetUp, Refused, StockwireError, TryLater
from stockwire.wire import Fetched, FetchOrder

MOST_KEYS = 100
LONGEST_KEY = 60
LONGEST_VALUE = 500


class DocumentReader(Protocol):
    """What is asked of OmniService."""

    def find(self, resource: str, reference: str) -> FoundDocument | None: ...

    def learn_missing_reply(self, resource: str) -> bool: ...


class Fetcher:
    """`service` is None where the agent has no access to OmniWebServiceREST."""

    def __init__(self, service: DocumentReader | None) -> None:
        self._service = service
        self._learned: set[str] = set()

    def fetch(self, wanted: FetchOrder) -> Fetched:
        """The header of the first of the resources that has this number, or why there is none."""
        if self._service is None:
            return _not_set_up(wanted)
        try:
            for resource in wanted.resources:
                if found := self._find(self._service, resource, wanted.number):
                    return _found(wanted, resource, found)
        except TryLater as error:
            return _unanswered(wanted, "not_yet", error)
        except (NotSetUp, Refused) as error:
            return _unanswered(wanted, "failed", error)
        return Fetched(
            fetch_id=wanted.fetch_id,
            state="missing",
            message=f"Omni has no {' and no '.join(wanted.resources)} with the number {wanted.number}.",
            hint="Write the number exactly as Omni shows it, and look whether it is another document type.",
        )

    def _find(self, service: DocumentReader, resource: str, number: str) -> FoundDocument | None:
        if resource not in self._learned:
            service.learn_missing_reply(resource)
            self._learned.add(resource)
        return service.find(resource, number)


def _found(wanted: FetchOrder, resource: str, found: FoundDocument) -> Fetched:
    return Fetched(
        fetch_id=wanted.fetch_id,
        state="found",
        resource=resource,
        reference=found.reference,
        number=found.number,
        header=_header(found.body),
    )


def _header(body: Mapping[str, Any]) -> dict[str, str]:
    """Everything of the document but its lines and other lists, as texts."""
    single = [(key, value) for key, value in body.items() if not isinstance(value, list | dict)]
    return {
        key[:LONGEST_KEY]: "" if value is None else str(value)[:LONGEST_VALUE]
        for key, value in single[:MOST_KEYS]
    }


def _not_set_up(wanted: FetchOrder) -> Fetched:
    return Fetched(
        fetch_id=wanted.fetch_id,
        state="failed",
        message="The agent is not set up to reach Omni's documents.",
        hint="Fill in the table [omni] of agent.toml and restart the agent.",
    )


def _unanswered(wanted: FetchOrder, state: str, error: StockwireError) -> Fetched:
    return Fetched(
        fetch_id=wanted.fetch_id,
        state=state,
        message=error.message,
        hint=error.hint,
        detail=error.detail,
    )
