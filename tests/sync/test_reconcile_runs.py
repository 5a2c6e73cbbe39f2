"""When channels are compared and how that ends: at night, on request, over a broken list, a lost lane, a dead worker."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.sync.conftest import found, reports, shop

from stockwire.errors import Refused
from stockwire.simulators.faults import Fault


@pytest.mark.parametrize("kind", ["error_500", "html"])
def test_a_list_that_cannot_be_read_is_a_failed_report_and_holds_up_no_push(
    rehearsal: Any, feed: Any, push: Any, kind: str
) -> None:
    from stockwire.hub.sync import drift_reports

    feed.send(feed.row("BOLT"))
    push()
    feed.send(feed.row("BOLT", SELLINGPRICE1="99.00"))
    rehearsal.stand.faults.arm(Fault(kind, times=None, method="GET", path="/products$"))
    with rehearsal.hub.scope():
        drift_reports.ask(rehearsal.channel_id, "thandi")
    push()
    [report] = reports(rehearsal)
    assert (report["state"], report["items"], bool(report["message"])) == ("failed", [], True)
    assert shop(rehearsal)["BOLT"]["regular_price"] == "99.00"


def test_a_comparison_that_its_worker_died_over_is_begun_anew_but_not_for_ever(
    rehearsal: Any, feed: Any, push: Any
) -> None:
    from stockwire.hub.models import DriftItem, DriftReport
    from stockwire.hub.sync import drift_reports

    feed.send(feed.row("BOLT"))
    push()
    rehearsal.act("delete_product", sku="BOLT")
    with rehearsal.hub.scope():
        report, _ = drift_reports.ask(rehearsal.channel_id, "thandi")
        DriftReport.objects.filter(pk=report.pk).update(state="reading", tries=1)
        DriftItem.objects.create(client_id=rehearsal.hub.client_id, report=report, kind="extra", sku="HALF")
    push()
    assert found(reports(rehearsal)[0]) == [("missing", "BOLT", "", "gone from the channel")]
    with rehearsal.hub.scope():
        DriftReport.objects.filter(pk=report.pk).update(state="reading", tries=3)
    rehearsal.hub.owner.execute("update lanes set next_at = now()")
    push()
    assert [(one["state"], one["message"]) for one in reports(rehearsal)] == [
        ("failed", "It was interrupted 3 times.")
    ]


def test_who_lost_the_lane_while_reading_writes_nothing_and_the_next_one_does(
    rehearsal: Any, feed: Any, push: Any
) -> None:
    from stockwire.hub.models import Channel
    from stockwire.hub.sync import drift_reports, lanes, reconcile
    from stockwire.registry import channel_connector

    feed.send(feed.row("BOLT"))
    push()
    rehearsal.act("delete_product", sku="BOLT")
    with rehearsal.hub.scope():
        _, lane_id = drift_reports.ask(rehearsal.channel_id, "thandi")
        row = Channel.objects.get(pk=rehearsal.channel_id)
    held = lanes.claim(rehearsal.hub.client_id, lane_id, "the slow one")
    assert held is not None
    with rehearsal.hub.scope():
        lanes.take_from_the_dead(lane_id)
    connector = channel_connector(row.type)
    port = connector.open(row.read_settings(connector.settings))
    with pytest.raises(lanes.LostLease):
        reconcile.work_off(held, port, connector)
    port.close()
    assert (reports(rehearsal)[0]["state"], reports(rehearsal)[0]["items"]) == ("requested", [])
    push()
    assert [item["kind"] for item in reports(rehearsal)[0]["items"]] == ["missing"]


def test_a_lease_is_renewed_while_one_call_takes_longer_than_it_lasts(rehearsal: Any, until: Any) -> None:
    from stockwire.hub.sync import lanes

    [(lane_id,)] = rehearsal.hub.rows("select id from lanes where kind = 'push'")
    held = lanes.claim(rehearsal.hub.client_id, lane_id, "test")
    assert held is not None
    with lanes.kept(held, every_s=0.01):
        rehearsal.hub.owner.execute(
            "update lanes set lease_until = now() - interval '1 s' where id = %s", [lane_id]
        )
        lease = "select lease_until > now() from lanes where id = %s"
        until(lambda: rehearsal.hub.rows(lease, lane_id)[0][0])


@pytest.mark.slow
def test_the_last_few_reports_are_kept(rehearsal: Any, reconcile: Any) -> None:
    from stockwire.hub.sync.drift_reports import KEPT

    rehearsal.act("add_product", name="By hand", sku="STRAY", regular_price="5.00")
    for _ in range(KEPT + 2):
        reconcile()
    assert len(reports(rehearsal)) == KEPT
    assert rehearsal.count("drift_items") == KEPT


def test_a_paused_channel_is_not_compared_and_says_why(rehearsal: Any) -> None:
    from stockwire.hub.sync import drift_reports, operator

    with rehearsal.hub.scope():
        operator.pause(rehearsal.channel_id, "sipho", "stock-take")
    with rehearsal.hub.scope(), pytest.raises(Refused, match="Paused by sipho: stock-take"):
        drift_reports.ask(rehearsal.channel_id, "thandi")


def nightly(rehearsal: Any, made: timedelta, now: timedelta) -> list[tuple[str, str, list[str]]]:
    """The task runs now, which is so long after the last 3 o'clock, for a channel that was made so long after it;
    state, who asked and what is repaired of each report."""
    from django.utils import timezone

    from stockwire.hub.sync import drift_reports

    three = drift_reports.last_time(3, timezone.now())
    rehearsal.hub.owner.execute("update channels set created_at = %s", [three + made])
    drift_reports.ask_for_due(three + now)
    return [(one["state"], one["asked_by"], one["repairs"]) for one in reports(rehearsal)]


A_MINUTE, A_DAY = timedelta(minutes=1), timedelta(days=1)


def test_every_night_at_its_hour_a_report_is_asked_for_once(rehearsal: Any, push: Any) -> None:
    assert nightly(rehearsal, -A_MINUTE, -A_MINUTE) == []
    assert nightly(rehearsal, -A_MINUTE, A_MINUTE) == [("requested", "every night", [])]
    push()
    assert [state for state, *_ in nightly(rehearsal, -A_MINUTE, A_MINUTE)] == ["done"]


def test_a_night_in_which_the_hub_was_off_is_made_up_for(rehearsal: Any) -> None:
    assert len(nightly(rehearsal, -A_DAY, timedelta(hours=9))) == 1


def test_repairing_every_night_is_a_setting_of_the_channel_and_so_is_never(rehearsal: Any) -> None:
    from stockwire.hub.sync.drift_reports import set_nightly

    with rehearsal.hub.scope():
        set_nightly(rehearsal.channel_id, None, "report", "thandi")
    assert nightly(rehearsal, -A_DAY, A_MINUTE) == []
    with rehearsal.hub.scope():
        set_nightly(rehearsal.channel_id, 3, "repair", "thandi")
    assert nightly(rehearsal, -A_DAY, A_MINUTE) == [("requested", "every night", ["different", "missing"])]
    assert rehearsal.hub.rows(
        "select who, after from audit where action = 'nightly comparison set' order by id"
    )[1] == ("thandi", {"reconcile_hour": 3, "reconcile_policy": "repair"})


def test_a_night_that_fails_is_tried_again_three_times(rehearsal: Any) -> None:
    for tries in (1, 2, 3, 3):
        assert len(nightly(rehearsal, -A_DAY, A_MINUTE)) == tries
        rehearsal.hub.owner.execute(
            "update drift_reports set state = 'failed', requested_at = now() + interval '2 d'"
        )
