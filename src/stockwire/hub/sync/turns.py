"""Whose turn it is: batches of one agent are applied in their order, though several are under way at once.

The order is PostgreSQL's to keep, so it holds over any number of web processes: each batch holds an advisory
lock on its own number while it is worked on and waits for the one before it; the agent's row, locked last,
decides. Nothing is decided by who asked first, and nothing is applied here.
"""

from __future__ import annotations

from time import sleep

from django.db import OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected, LockNotAvailable

MOST_AHEAD = 4
"""A batch further ahead of the expected one is out of turn and not waited with."""
LOOKS, LOOK_AGAIN_S = 100, 0.01
"""How often and how soon to look for a batch that was overtaken; waiting for one at work is not counted."""
PATIENCE_S = 0.9
"""How long a batch that stored something ahead of its turn waits for others before it lets go of it. Shorter
than PostgreSQL's own deadlock_timeout, so that it is never the batch in turn that is ended."""


class Gap(Exception):
    """A batch came out of turn; `expected` is the number the hub waits for (1 for a new stream)."""

    def __init__(self, expected: int) -> None:
        super().__init__(f"expected batch {expected}")
        self.expected = expected


class Repeated(Exception):
    """The batch was applied before: nothing is to be done, and what was begun is to be undone."""


def announce(agent_id: int, number: int, *, ahead: bool) -> None:
    """From here to the end of this transaction the batch after this one waits for it. `ahead` says that
    something is to be stored before the turn has come: then nothing here waits long for anybody's lock.
    """
    most_ms = round(PATIENCE_S * 1000) if ahead else 0
    with connection.cursor() as cursor:
        cursor.execute(
            "select set_config('lock_timeout', %s, true), pg_advisory_xact_lock(%s, %s)",
            [str(most_ms), *_keys(agent_id, number)],
        )


def wait_for_turn(agent_id: int, stream: str, number: int) -> None:
    """Return with the agent's row locked once everything before `number` is applied and committed.

    Raises Repeated when this batch was applied too, Gap when it is too far ahead or the one before it never
    comes.
    """
    for _ in range(LOOKS):
        expected = _expected(agent_id, stream, number)
        if expected > number:
            raise Repeated
        if expected == number:
            return
        if number > expected + MOST_AHEAD:
            break
        # The one before has not even been announced: this one overtook it on the way here.
        sleep(LOOK_AGAIN_S)
    raise Gap(expected)


def in_the_way(error: OperationalError) -> bool:
    """Whether a batch was ended because it and another one waited for each other: it is simply done again.

    It happens when both speak of the same new product and the later one stored it first.
    """
    return isinstance(error.__cause__, (LockNotAvailable, DeadlockDetected))


def _expected(agent_id: int, stream: str, number: int) -> int:
    """The number that is next. The locks stay when it is `number` or later, and are set free when it is not:
    the one before needs them to come first.
    """
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_xact_lock_shared(%s, %s)", _keys(agent_id, number - 1))
                cursor.execute("select stream, last_number from agents where id = %s for update", [agent_id])
                at, last = cursor.fetchone()
            expected = int(last) + 1 if at == stream else 1
            if number > expected:
                raise Gap(expected)
            return expected
    except Gap as gap:
        return gap.expected


def _keys(agent_id: int, number: int) -> list[int]:
    # Four bytes each; should two pairs ever fold into one, somebody waits a moment for nothing.
    return [agent_id % 2**31, number % 2**31]
