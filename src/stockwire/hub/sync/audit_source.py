"""What an agent's batch changes of products that were there before, for the audit: read first, noted after.

Quantities are left out: a source counts them by the hour, and says in its own ledger why (docs/adr/0027).
When a product came and who brought it stands with the product, and audit_trail lists it as an entry.
"""

from __future__ import annotations

from collections.abc import Iterable

from stockwire.hub.models import Source
from stockwire.hub.sync.audit_rows import AuditRow, note_all
from stockwire.hub.sync.deactivations import still_active
from stockwire.hub.sync.row_differences import Changes, differences
from stockwire.hub.sync.staged_rows import Staged

ACTION = "product changed"


def agent_of(source: Source) -> str:
    """Who it is that brings and changes products of this source, in the audit."""
    return f"agent of {source.description}"


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


def note_changes(
    source: Source, changed: dict[str, Changes], removed: Iterable[tuple[str, str, str]] = ()
) -> None:
    """Add an entry for each code. `removed` are attributes that went: product code, key and value."""
    for code, key, value in removed:
        changed[code] = {**changed.get(code, {}), f"meta_{key}": (value, None)}
    rows = [
        AuditRow(
            code,
            {name: old for name, (old, _) in changes.items() if old is not None} or None,
            {name: new for name, (_, new) in changes.items()},
        )
        for code, changes in sorted(changed.items())
    ]
    note_all(source.client_id, agent_of(source), ACTION, rows)
