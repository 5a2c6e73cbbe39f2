"""A linked source is corrected, stopped, resumed and let go; what it wrote stays."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest

from stockwire.errors import NotSetUp, Refused

COLUMNS = {"source_variant_code": "Item", "qty": "On hand"}


@pytest.fixture
def products(hub: Any, tmp_path: Any) -> None:
    from stockwire.hub.sync.import_products import Options, import_products

    file = tmp_path / "products.csv"
    file.write_text("source_product_code,source_variant_code,title,qty\nBOLT,BOLT,Bolt,40\n")
    import_products(hub.client_id, hub.source_id, file, Options("thandi"))


@pytest.fixture
def linked(hub: Any, products: None) -> int:
    """A linked source whose file was uploaded and calls its column otherwise than the mapping says."""
    from stockwire.hub.linking import link_source, upload
    from stockwire.hub.sync.belonging import set_source_flags

    settings = {"location": "stock.csv", "columns": COLUMNS, "username": "karoo", "password": "tall grass"}
    source_id = link_source(hub.client_id, hub.source_id, "Supplier", settings, "thandi")
    upload(hub.client_id, BytesIO(b"Item;Available\nBOLT;7\n"), "stock.csv", "thandi")
    with hub.scope():
        set_source_flags(source_id, {"qty": "source"}, "thandi")
    return source_id


def fetch(hub: Any, source_id: int, *, in_any_case: bool = False) -> Any:
    from stockwire.hub.sync.fetch_source import fetch as verb

    return verb(hub.client_id, source_id, in_any_case=in_any_case)


def quantity(hub: Any) -> str:
    [(found,)] = hub.rows("select quantity::text from quantities")
    return str(found)


def test_a_wrong_mapping_is_said_with_the_columns_there_are_and_can_be_corrected(
    hub: Any, linked: int
) -> None:
    from stockwire.hub.linking import change_linked

    with pytest.raises(NotSetUp, match="no column On hand") as wrong:
        fetch(hub, linked, in_any_case=True)
    assert "It has: Item, Available." in wrong.value.hint
    changed = change_linked(
        hub.client_id,
        linked,
        "thandi",
        settings={"columns": {**COLUMNS, "qty": "Available"}, "schedule": "4h"},
    )
    assert (changed.source.read_error, changed.attempts, changed.etag) == ("", 0, "")
    found = fetch(hub, linked)
    assert (found.changed, found.problems, quantity(hub)) == (1, 0, "7.0000")
    [(before, after)] = hub.rows(
        "select before, after from audit where action = 'linked source changed' order by id desc limit 1"
    )
    assert (before["columns"]["qty"], after["columns"]["qty"]) == ("On hand", "Available")
    assert (before["schedule"], after["schedule"]) == ("24h", "4h")


def test_settings_that_are_not_named_stay_and_a_password_is_seen_nowhere(hub: Any, linked: int) -> None:
    from stockwire.connectors.flatfile.settings import FlatfileSettings
    from stockwire.hub.linking import change_linked

    change_linked(
        hub.client_id, linked, "thandi", settings={"schedule": "06:30"}, description="Karoo Supplies"
    )
    changed = change_linked(hub.client_id, linked, "thandi", settings={"password": "slow grass"})
    read = changed.source.read_settings(FlatfileSettings)
    assert (read.schedule, read.username, read.columns) == ("06:30", "karoo", COLUMNS)
    assert (read.password.get_secret_value(), changed.source.description) == ("slow grass", "Karoo Supplies")
    said = repr(hub.rows("select before, after from audit"))
    assert "(another)" in said
    assert "grass" not in said + repr(hub.rows("select settings from sources"))


def test_settings_that_cannot_be_leave_it_as_it_was(hub: Any, linked: int) -> None:
    from stockwire.hub.linking import change_linked

    for settings, said in (
        ({"schedule": "often"}, "schedule"),
        ({"columns": {"source_variant_code": "Item", "active": "Gone"}}, "only enriches"),
        ({"colour": "grey"}, "no setting colour"),
    ):
        with pytest.raises(NotSetUp, match=said):
            change_linked(hub.client_id, linked, "thandi", settings=settings)
    assert hub.rows("select settings ->> 'schedule' from sources where id = %s", linked) == [("24h",)]


def test_a_paused_one_is_not_fetched_until_it_is_resumed(hub: Any, linked: int) -> None:
    from django.utils import timezone

    from stockwire.hub import tenancy
    from stockwire.hub.linking import change_linked

    change_linked(hub.client_id, linked, "thandi", active=False)
    assert tenancy.due_fetches(timezone.now()) == []
    change_linked(hub.client_id, linked, "thandi", active=True)
    assert tenancy.due_fetches(timezone.now()) == [(hub.client_id, linked)]


def test_one_that_is_let_go_leaves_what_it_wrote_and_nothing_of_itself(hub: Any, linked: int) -> None:
    from stockwire.hub.linking import change_linked, unlink_source

    change_linked(hub.client_id, linked, "thandi", settings={"columns": {**COLUMNS, "qty": "Available"}})
    fetch(hub, linked)
    unlink_source(hub.client_id, linked, "thandi")
    left = "select (select count(*) from sources where id = %s), (select count(*) from flags where source_id = %s)"
    assert hub.rows(left, linked, linked) == [(0, 0)]
    assert quantity(hub) == "7.0000"
    for verb in (lambda: unlink_source(hub.client_id, linked, "t"), lambda: fetch(hub, linked)):
        with pytest.raises(Refused, match=f"no linked source {linked}"):
            verb()
    with pytest.raises(Refused, match=f"no linked source {hub.source_id}"):
        unlink_source(hub.client_id, hub.source_id, "thandi")


def test_a_fault_of_ours_is_said_at_the_source_and_it_is_free_again(
    hub: Any, linked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/nowhere/at/all")
    with pytest.raises(Refused, match="inside Stockwire"):
        fetch(hub, linked, in_any_case=True)
    [(error, lease)] = hub.rows(
        "select s.read_error, f.lease_until from sources s join source_fetches f on f.source_id = s.id"
    )
    assert ("Something went wrong inside Stockwire" in error, lease) == (True, None)
