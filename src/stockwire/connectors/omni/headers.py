"""The head of a fetched document, as far as Omni's keys are understood.

`customer_account_code` is confirmed for posting; `customer_name` and `document_date` are names of report
columns, and that a document carries them is an ASSUMPTION (A29). Pure; what is odd is passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from stockwire.connectors.omni.settings import OmniSettings
from stockwire.ports import DocumentHeader

CUSTOMER = ("customer_account_code", "customer_account")


def header(fields: Mapping[str, str], settings: OmniSettings) -> DocumentHeader:
    """From the document's own keys, in any case."""
    named = {key.strip().lower(): value.strip() for key, value in fields.items()}
    return DocumentHeader(
        source_customer_code=next((named[key] for key in CUSTOMER if named.get(key)), ""),
        customer_name=named.get("customer_name", ""),
        dated=_date(named.get("document_date", "")),
        currency=settings.currency,
    )


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
