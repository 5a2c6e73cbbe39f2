"""What agent and hub say to each other: bulk payloads as msgspec structs, sent as MessagePack in gzip.

Both sides import this and nothing of each other. Fields are only ever added, with defaults: an agent that
was not upgraded for a year must still be understood.
"""

from __future__ import annotations

from typing import Any

import msgspec

MAX_ROWS = 1_000
MAX_BATCH_BYTES = 16 * 1024 * 1024


class Enrolment(msgspec.Struct):
    """POST /api/agent/enrol. The code is used up by the first success."""

    code: str
    machine: str
    agent_version: str


class Enrolled(msgspec.Struct):
    """The token is shown once and stored by the agent; the hub keeps only its hash."""

    token: str
    agent_id: int
    source: str


class Settings(msgspec.Struct):
    """GET /api/agent/settings: what the hub decides for the agent.

    `source_settings` are the source's own settings without secrets, so that `stockwire agent check` can
    look whether the codes and columns they name exist.
    """

    source: str
    poll_s: float = 10.0
    full_read_hour: int = 2
    resend_from: int = 0
    clock_utc: str = ""
    source_settings: dict[str, Any] = {}


class Batch(msgspec.Struct):
    """POST /api/agent/batches. `rows` are texts or nulls in the order of `columns`; at most MAX_ROWS.

    `stream` names one numbering (a new journal starts a new stream), `number` counts up from 1 in it. A
    batch received twice is answered twice and applied once. `removed` are stock codes that vanished.
    `problems` are rows the agent could not read: (code, message, hint). `read_at` is the aware UTC moment
    the reading's snapshot opened, in ISO 8601: what was raised after it is not yet in these quantities.
    `full` is True in every batch of a full read. `removals_confirmed` says that a person at the source has
    allowed what `removed` names, however much it is. `removed_quantities` are (stock code, warehouse) whose
    row vanished while the item still has rows for other warehouses. `settled` are (code, message) of
    problems told earlier whose row is gone.
    """

    stream: str
    number: int
    read_at: str
    columns: list[str]
    rows: list[list[str | None]]
    removed: list[str] = []
    problems: list[tuple[str, str, str]] = []
    full: bool = False
    removals_confirmed: bool = False
    removed_quantities: list[tuple[str, str]] = []
    settled: list[tuple[str, str]] = []


class Received(msgspec.Struct):
    """Answer to a batch. `repeated` is True when it had been received before."""

    number: int
    repeated: bool = False
    products: int = 0
    changed: int = 0
    problems: int = 0


class ReadingDone(msgspec.Struct):
    """POST /api/agent/readings after each product read that changed something, and once a minute else.

    `run` is the run of the agent, `run_s` the moment in it the snapshot opened, `age_s` how long before the
    telling that was: none of them moves when somebody sets the machine's clock.
    """

    stream: str
    mode: str
    read_at: str
    rows_seen: int
    rows_sent: int
    removed: int
    seconds: float
    error: str = ""
    hint: str = ""
    run: str = ""
    run_s: float = 0.0
    age_s: float = 0.0


class RaiseOrder(msgspec.Struct):
    """Work: find this document by its reference or raise it. `claim` fences: a stale claim is refused."""

    order_id: int
    claim: int
    resource: str
    reference: str
    body: dict[str, Any]
    number: str = ""


class FetchOrder(msgspec.Struct):
    """Work: look a document up by Omni's own number, in these resources one after another. Reads only."""

    fetch_id: int
    number: str
    resources: list[str]


class Work(msgspec.Struct):
    """GET /api/agent/work?wait=25, answered at once when there is work, else when the wait is over."""

    raise_orders: list[RaiseOrder] = []
    read_now: bool = False
    full_read: bool = False
    clock_utc: str = ""
    check: bool = False
    fetch_orders: list[FetchOrder] = []


class Raised(msgspec.Struct):
    """POST /api/agent/raised: how one claimed order ended.

    `state` is "raised" (with the document's number), "refused" (message and hint for the operator),
    "not_yet" (tried again later by itself) or "in_doubt" (may exist, cannot be found: a person looks).
    `found` is True when the document already existed and was not posted now. `omni_away` says of "not_yet"
    that Omni takes nothing on at all, whatever the order; `untried` are then the (order id, claim) of those
    that were given and not tried because of it. `run` and `run_s` say when it was raised, as in ReadingDone.
    """

    order_id: int
    claim: int
    state: str
    document_number: str = ""
    found: bool = False
    message: str = ""
    hint: str = ""
    detail: str = ""
    raised_at: str = ""
    omni_away: bool = False
    untried: list[tuple[int, int]] = []
    run: str = ""
    run_s: float = 0.0


class Fetched(msgspec.Struct):
    """POST /api/agent/fetched: what came of a FetchOrder. Answered by a Confirmed.

    `state` is "found" (with `resource`, `reference` asked for, `number` Omni shows and the header's own keys
    as texts), "missing", "not_yet" (Omni could not be asked; asked again later) or "failed" (not set up).
    """

    fetch_id: int
    state: str
    resource: str = ""
    reference: str = ""
    number: str = ""
    header: dict[str, str] = {}
    message: str = ""
    hint: str = ""
    detail: str = ""


class Confirmed(msgspec.Struct):
    """Answer to Raised. `known` is False when the claim was stale; the agent drops its journal entry."""

    known: bool


class CheckFinding(msgspec.Struct):
    """One ports.Finding, with the heading it stands under and what it is about, in words."""

    code: str
    state: str
    seen: str
    fix: str = ""
    group: str = ""
    about: str = ""


class Findings(msgspec.Struct):
    """POST /api/agent/findings: what `stockwire agent check` says, after a Work with `check`.

    `checked_at` is the aware UTC moment the checks ended, in ISO 8601. Answered by a Confirmed.
    """

    checked_at: str
    findings: list[CheckFinding]
