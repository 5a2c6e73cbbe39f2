"""An order with a document in each of two sources at the command line: what is shown, and what can be done."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from tests.sync.two_sources import BOTH, Two


@pytest.fixture
def order(two: Two) -> Callable[..., str]:
    """`stockwire order WORD --client 1 ...`: what it prints, with what it says of an error."""
    from click.testing import CliRunner

    from stockwire.cli import main

    def run(word: str, *more: str) -> str:
        client = str(two.rehearsal.hub.client_id)
        return CliRunner().invoke(main, ["order", word, "--client", client, *more]).output

    return run


def test_an_operator_sees_every_document_and_acts_on_one_or_on_all(
    two: Two, order: Callable[..., str]
) -> None:
    two.store(BOTH)
    first, second = (row["reference"] for row in two.documents())
    assert order("hold", "41") == "Order #41 is held.\n"
    assert two.states() == ["held", "held"]
    assert order("release", second) == "Order #41 is released.\n"
    assert two.states() == ["held", "ready"]
    assert order("release", "41") == "Order #41 is released.\n", "only one of them was held"
    assert "Order #41 is waiting for omni: it cannot be released now" in order("release", "41")
    two.home.raise_all()

    shown = order("show", "41")
    assert "Order #41 (Web shop): Waiting for Omni, 1 of 2 documents is raised" in shown
    assert f"Reference       {first}" in shown
    assert f"Reference       {second}" in shown
    one = order("show", second)
    assert "Document 2 of 2, Omni Durban: Waiting for Omni" in one
    assert first not in one
    listed = {row["reference"]: row for row in json.loads(order("list", "--json"))}
    assert (listed[first]["state"], listed[first]["document"]) == ("Raised", "document 1 of 2, Omni Accounts")
    assert listed[second]["order_state"] == "Waiting for Omni, 1 of 2 documents is raised"

    refused = order("reset", "41", "--send")
    assert "Order #41 has 2 documents." in refused
    assert first in refused
    assert order("reset", first, "--send") == "Order #41 is reset and sent to Omni.\n"
    assert [given.reference for given in two.home.claim()] == [first]
    assert order("cancel", second) == "Order #41 is cancelled.\n"
    assert two.states() == ["raising", "cancelled"]
