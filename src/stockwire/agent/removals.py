"""Products that vanish: told to the hub, unless so many vanish at once that a person should look first.

A table emptied by mistake, a reader that lost a right or a report saved with another filter looks exactly
like products that were discontinued. Nothing is removed until somebody at the Omni server confirms it.
"""

from __future__ import annotations

from stockwire.agent.journal import Journal
from stockwire.domain.vanished import most_at_once
from stockwire.errors import NotSetUp

HELD, CONFIRMED = "removals_held", "removals_confirmed"
COMMAND = "stockwire agent confirm-removals --config agent.toml"


def held_back(journal: Journal, limit: float, origin: str) -> tuple[str, str]:
    """Message and hint when what this reading did not meet has to wait for a person, else two empty texts.

    `origin` is what was read, in the operator's words. A permission is for the number it was given for, or
    fewer: more than that is asked about again.
    """
    gone, known = journal.vanished_count(), journal.known_count()
    if gone <= most_at_once(known, limit) or gone <= int(journal.get(CONFIRMED) or 0):
        return "", ""
    if journal.get(HELD) != str(gone):
        journal.put(**{HELD: str(gone)})
    return (
        f"{gone:,} of {known:,} products vanished from {origin} at once. They were not removed.",
        f"Check {origin}, the company's database and the reader's rights. If they are really gone, run on "
        f"the Omni server: {COMMAND}",
    )


def was_confirmed(journal: Journal) -> bool:
    """Whether a person allowed what goes now."""
    return bool(journal.get(CONFIRMED))


def settled(journal: Journal) -> None:
    """Nothing waits any more: the permission is used up."""
    if journal.get(HELD) or journal.get(CONFIRMED):
        journal.put(**{HELD: "", CONFIRMED: ""})


def confirm(journal: Journal) -> int:
    """Allow, once, the removals that are held back; their number. Raises NotSetUp when none are."""
    held = journal.get(HELD)
    if not held:
        raise NotSetUp(
            "No removals wait for you.",
            hint="The agent holds removals back only while a reading finds too many products gone at once; "
            "its log and the hub say so.",
        )
    journal.put(**{CONFIRMED: held})
    return int(held)
