"""What an agent asks of the hub about itself and its products: enrol, settings, batches, readings."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import msgspec
import structlog
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone

from stockwire import wire
from stockwire.errors import NotSetUp
from stockwire.hub import tenancy
from stockwire.hub.api.agent_auth import authenticate, authenticated, hashed, new_token
from stockwire.hub.api.answers import ApiError, api_view, packed
from stockwire.hub.models import Agent, Audit
from stockwire.hub.sync.held_stock import Read
from stockwire.hub.sync.raise_orders import hear_of_run, release_stock
from stockwire.hub.sync.receive import note_reading, note_reading_failed, receive
from stockwire.hub.sync.turns import Gap

log = structlog.get_logger("stockwire.agents")
M = TypeVar("M")


@api_view("POST")
def enrol(request: HttpRequest) -> HttpResponse:
    """The code is exchanged once for a token; the next use of the same code is refused."""
    asked = _body(request, wire.Enrolment)
    found = tenancy.agent_by_code(hashed(asked.code))
    if found is None:
        raise _refused_code("This enrolment code is not known, or it was already used.")
    client_id, agent_id = found
    token, token_hash = new_token()
    with tenancy.scope(client_id):
        agent = Agent.objects.select_for_update().select_related("source").get(pk=agent_id)
        if agent.code_hash != hashed(asked.code):
            raise _refused_code("This enrolment code was already used.")
        if agent.code_expires_at is None or agent.code_expires_at < timezone.now():
            raise _refused_code("This enrolment code has expired.")
        agent.code_hash, agent.code_expires_at = "", None
        agent.token_hash, agent.revoked_at = token_hash, None
        agent.machine, agent.version = asked.machine[:200], asked.agent_version[:40]
        agent.last_seen_at = timezone.now()
        agent.save()
        Audit.objects.create(
            client_id=client_id,
            who="agent",
            action="enrolled",
            subject=f"agent {agent_id}",
            after={"machine": agent.machine, "version": agent.version},
        )
        return packed(wire.Enrolled(token=token, agent_id=agent_id, source=agent.source.description))


@api_view("GET")
def settings(request: HttpRequest) -> HttpResponse:
    client_id, agent_id = authenticate(request)
    with tenancy.scope(client_id):
        agent = Agent.objects.select_related("source").get(pk=agent_id)
        return packed(
            wire.Settings(
                source=agent.source.description,
                clock_utc=datetime.now(UTC).isoformat(),
                # Secrets never stand in `settings` (models/places.py).
                source_settings=agent.source.settings,
            )
        )


@api_view("POST")
def batches(request: HttpRequest) -> HttpResponse:
    agent = authenticated(request)
    batch = _body(request, wire.Batch)
    if len(batch.rows) > wire.MAX_ROWS:
        raise ApiError(422, f"A batch holds at most {wire.MAX_ROWS} rows; this one has {len(batch.rows)}.")
    try:
        return packed(receive(agent, batch))
    except Gap as gap:
        raise ApiError(
            409,
            f"Batch {batch.number} came out of turn; the hub waits for batch {gap.expected}.",
            "The agent sends again from there by itself.",
            expected=gap.expected,
        ) from None
    except NotSetUp as error:
        raise ApiError(422, error.message, error.hint) from None


@api_view("POST")
def readings(request: HttpRequest) -> HttpResponse:
    """A reading of the source ended: note it, and release stock that Omni now accounts for itself."""
    client_id, agent_id = authenticate(request)
    done = _body(request, wire.ReadingDone)
    read_at = _moment(done.read_at)
    with tenancy.scope(client_id):
        agent = Agent.objects.select_related("source").get(pk=agent_id)
        source = agent.source
        if done.error:
            note_reading_failed(source, done.error, done.hint)
        elif read_at is None:
            raise ApiError(422, f"read_at is {done.read_at!r}, which is no moment with a time zone.")
        else:
            is_present = hear_of_run(agent, done.run)
            # By the hub's own clock: that of the agent's machine may be hours off.
            shown = timezone.now() - timedelta(seconds=max(0.0, done.age_s)) if done.run else read_at
            note_reading(source, read_at=shown, mode=done.mode, rows=done.rows_seen, seconds=done.seconds)
            if is_present:
                release_stock(source, Read(read_at, agent.pk, done.run, done.run_s))
        return packed(wire.Confirmed(known=True))


def _moment(text: str) -> datetime | None:
    """An aware moment in ISO 8601; None for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _refused_code(message: str) -> ApiError:
    return ApiError(403, message, "Ask for a new enrolment code in the hub; a code works once, for a day.")


def _body(request: HttpRequest, shape: type[M]) -> M:
    raw = request.body
    if request.headers.get("Content-Encoding", "") == "gzip":
        raw = _unzipped(raw)
    try:
        return msgspec.msgpack.decode(raw, type=shape)
    except msgspec.MsgspecError as error:
        raise ApiError(
            422, f"This is not a {shape.__name__}: {error}.", "Upgrade the agent to the version of the hub."
        ) from None


def _unzipped(raw: bytes) -> bytes:
    """At most MAX_BATCH_BYTES, however small the packed form is."""
    try:
        unzip = zlib.decompressobj(wbits=31)
        body = unzip.decompress(raw, wire.MAX_BATCH_BYTES)
    except zlib.error:
        raise ApiError(422, "The body says it is gzip and is not.") from None
    if unzip.unconsumed_tail:
        raise ApiError(413, f"A batch may be at most {wire.MAX_BATCH_BYTES} bytes unpacked.")
    return body


def new_enrolment_code(agent: Agent, code_hash: str, hours: int = 24) -> None:
    """Let this agent enrol (again) with a code of which only the hash is kept, inside an open scope."""
    agent.code_hash = code_hash
    agent.code_expires_at = timezone.now() + timedelta(hours=hours)
    agent.save(update_fields=["code_hash", "code_expires_at"])


agent_urls = [
    path("api/agent/enrol", enrol),
    path("api/agent/settings", settings),
    path("api/agent/batches", batches),
    path("api/agent/readings", readings),
]
