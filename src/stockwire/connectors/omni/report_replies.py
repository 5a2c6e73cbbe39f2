"""What it means when OmniWebServiceREST does not answer a saved report with its rows."""

from __future__ import annotations

from stockwire.connectors.omni.replies import Reply, is_passing_trouble, set_up_error, shortened
from stockwire.errors import NotSetUp, StockwireError, TryLater


def report_error(named: str, reply: Reply) -> StockwireError:
    """The error for a reply that is no report. Unknown names are answered with 500 and text (recorded)."""
    if reply.is_banner:
        return NotSetUp(
            f"{named}: Omni answered with its banner instead of a report.",
            hint="Check the report's name, that the automation switch (SF187) is on, and the address of "
            "OmniWebServiceREST in agent.toml.",
            detail=reply.text,
        )
    if is_passing_trouble(reply):
        return TryLater(
            f"{named}: Omni's web service failed.",
            hint="It is tried again by itself. If it stays so, restart OmniWebServiceREST.",
            detail=reply.text,
        )
    return set_up_error(reply) or NotSetUp(
        f"{named}: Omni does not have this report.",
        hint="Save the report under exactly this name in Omni, then restart OmniWebServiceREST.",
        detail=shortened(reply.text),
    )
