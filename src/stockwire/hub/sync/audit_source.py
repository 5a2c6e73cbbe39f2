"""What an agent's batch changes of products that were there before, for the audit: read first, noted after.

Quantities are left out: a source counts them by the hour, and says in its own ledger why (docs/adr/0027).
Products that are new have no "before"; when each came stands with it.
"""

from __future__ import annotations

from stockwire.hub.models import Source
from stockwire.hub.sync.audit_rows import AuditRow, note_all
from stockwire.hub.sync.deactivations import still_active
from stockwire.hub.sync.row_differences import Changes, differences
from stockwire.hub.sync.staged_rows import Staged

ACTION = "product changed"


def what_changes(source: Source, staged: Staged, *, may_differ: bool) -> dict[str, Changes]:
    """By variant code, what storing the staged rows will change; inside the batch's transaction and before it
    is stored. `may_differ`: among the rows are some whose product is there already."""
    found = differences(source) if may_differ else {}
    changed = {code: kept for code, changes in found.items() if (kept := without_quantities(changes))}
    for code, is_on_sale in still_active(source, staged.gone_variants).items():
        if is_on_sale:
            changed[code] = {"active": ("true", "false")}
    return changed


def without_quantities(changes: Changes) -> Changes:
    return {name: change for name, change in changes.items() if name != "qty" and not name.startswith("qty_")}


def note_changes(source: Source, changed: dict[str, Changes]) -> None:
    """Add an entry for each variant code."""
    rows = [
        AuditRow(
            code,
            {name: old for name, (old, _) in changes.items() if old is not None} or None,
            {name: new for name, (_, new) in changes.items()},
        )
        for code, changes in sorted(changed.items())
    ]
    note_all(source.client_id, f"agent of {source.description}", ACTION, rows)
