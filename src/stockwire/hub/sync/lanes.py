"""Leases on lanes: one worker at a time, and a fencing number that makes a late one harmless.

A lane is claimed, worked on in short steps and released. Every write-back calls `still_ours` in its own
transaction, so that a worker that was thought dead cannot write over its successor.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, connection, connections
from django.db.models import F, Q
from django.utils import timezone

from stockwire.errors import NotSetUp, TryLater
from stockwire.hub import tenancy
from stockwire.hub.models import Lane

LEASE_S = 120.0
FIRST_WAIT_S = 2.0
LONGEST_WAIT_S = 600.0


class LostLease(Exception):
    """Somebody else has this lane now: stop without writing."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A lane in hand. `epoch` is the fencing number of this claim."""

    client_id: int
    lane_id: int
    channel_id: int
    kind: str
    epoch: int
    attempts: int


def claim(client_id: int, lane_id: int, owner: str) -> Claim | None:
    """Take the lane if nobody holds it and it is not paused."""
    now = timezone.now()
    with tenancy.scope(client_id), connection.cursor() as cursor:
        cursor.execute(
            "update lanes set owner = %s, epoch = epoch + 1, lease_until = %s, last_run_at = %s"
            # A wake-up never cuts a back-off short: only its own time does, or a person.
            " where id = %s and not paused and (lease_until is null or lease_until < %s)"
            " and (attempts = 0 or next_at <= %s)"
            " returning channel_id, kind, epoch, attempts",
            [owner, now + timedelta(seconds=LEASE_S), now, lane_id, now, now],
        )
        row = cursor.fetchone()
    return Claim(client_id, lane_id, row[0], row[1], row[2], row[3]) if row else None


@contextmanager
def writing(held: Claim) -> Iterator[None]:
    """A transaction for this client in which the lane is certainly still ours; the lease is renewed.

    Raises LostLease, and nothing is written, when it is not.
    """
    with tenancy.scope(held.client_id):
        renewed = Lane.objects.filter(pk=held.lane_id, epoch=held.epoch).update(
            lease_until=timezone.now() + timedelta(seconds=LEASE_S)
        )
        if not renewed:
            raise LostLease(held)
        yield


@contextmanager
def kept(held: Claim, every_s: float = LEASE_S / 4) -> Iterator[None]:
    """The lease is renewed by itself meanwhile, for calls that may take longer than it lasts, such as the
    list of everything a large shop holds. Whoever writes afterwards still asks whether the lane is ours."""
    done = threading.Event()

    def renew() -> None:
        try:
            while not done.wait(every_s):
                with writing(held):
                    pass
        except (LostLease, DatabaseError):
            pass  # whoever writes next finds out
        finally:
            connections.close_all()

    keeper = threading.Thread(target=renew, name=f"keeps lane {held.lane_id}", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        done.set()
        keeper.join()


def take_from_the_dead(lane_id: int) -> None:
    """Its worker is no more: the lane is free at once, inside an open scope. Should that worker wake up after
    all, it finds a newer fencing number and writes nothing."""
    Lane.objects.filter(pk=lane_id).update(
        owner="", lease_until=None, epoch=F("epoch") + 1, next_at=timezone.now()
    )


def release(held: Claim, next_due: Callable[[], datetime | None]) -> None:
    """Done for now. `next_due` says when to come back without being asked (None: when woken).

    It is asked once the row is locked: work that arrives meanwhile is either seen by it or wakes the lane.
    A lane that somebody paused meanwhile stays paused, with their reason.
    """
    with tenancy.scope(held.client_id):
        ours = Lane.objects.select_for_update().filter(pk=held.lane_id, epoch=held.epoch)
        lane = ours.first()
        if lane is None:
            return
        ours.update(owner="", lease_until=None, attempts=0)
        if not lane.paused:
            ours.update(note="", hint="", next_at=next_due())


def back_off(held: Claim, error: TryLater) -> datetime:
    """The other side is away or busy: come back later by ourselves, each time a little later.

    A lane that somebody paused meanwhile stays paused, with their reason.
    """
    wait_s = waiting_s(held.attempts, error.after_s)
    next_at = timezone.now() + timedelta(seconds=wait_s)
    with tenancy.scope(held.client_id):
        ours = Lane.objects.filter(pk=held.lane_id, epoch=held.epoch)
        ours.update(owner="", lease_until=None, attempts=held.attempts + 1)
        ours.filter(paused=False).update(note=error.message, hint=error.hint, next_at=next_at)
    return next_at


def pause(held: Claim, error: NotSetUp) -> None:
    """A person must put something right; the lane waits for them."""
    with tenancy.scope(held.client_id):
        Lane.objects.filter(pk=held.lane_id, epoch=held.epoch).update(
            owner="", lease_until=None, paused=True, note=error.message, hint=error.hint, next_at=None
        )


def resume(client_id: int, channel_id: int) -> None:
    """The person says it is right now: try again at once."""
    with tenancy.scope(client_id):
        Lane.objects.filter(Q(channel_id=channel_id) & (Q(paused=True) | Q(attempts__gt=0))).update(
            paused=False, attempts=0, note="", hint="", next_at=timezone.now()
        )


def waiting_s(attempts: int, after_s: float | None) -> float:
    """Seconds to wait after this many failures in a row: doubling, bounded, never less than asked."""
    doubled: float = min(FIRST_WAIT_S * 2 ** min(attempts, 12), LONGEST_WAIT_S)
    return max(doubled, after_s or 0.0)
