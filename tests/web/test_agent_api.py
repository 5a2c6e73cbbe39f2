"""What an agent may ask of the hub about itself and its products, and what everybody else gets told."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from stockwire import wire

MSGPACK = "application/x-msgpack"
COLUMNS = ["STOCKCODE", "DESCRIPTION", "EXTRADTLS8", "SELLINGPRICE1", "OAvailable"]
ROW: list[str | None] = ["BOLT", "Hex bolt", "ACTIVE", "115.00", "12"]


@pytest.fixture
def code(hub: Any) -> str:
    """The enrolment code of a second agent of the source."""
    from stockwire.hub import setting_up

    return str(setting_up.add_agent(hub.client_id, hub.source_id).code)


def post(name: str, body: bytes | msgspec.Struct, token: str = "", **headers: str) -> Any:
    from django.test import Client

    sent = body if isinstance(body, bytes) else msgspec.msgpack.encode(body)
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return Client(enforce_csrf_checks=True).post(
        f"/api/agent/{name}", data=sent, content_type=MSGPACK, headers=headers
    )


def get(name: str, token: str = "") -> Any:
    from django.test import Client

    return Client().get(f"/api/agent/{name}", headers={"Authorization": f"Bearer {token}"} if token else {})


def said(answer: Any) -> dict[str, Any]:
    """An error as the agent reads it: always a message, always a hint."""
    body = json.loads(answer.content)
    assert body["message"]
    assert "hint" in body
    return dict(body)


def batch(number: int = 1, rows: list[list[str | None]] | None = None, **more: Any) -> wire.Batch:
    return wire.Batch(
        **{
            "stream": "journal",
            "number": number,
            "read_at": datetime.now(UTC).isoformat(),
            "columns": COLUMNS,
            "rows": [ROW] if rows is None else rows,
            **more,
        }
    )


def enrol(code: str) -> Any:
    return post("enrol", wire.Enrolment(code=code, machine="OMNISERVER", agent_version="0.1.0"))


def test_a_code_is_exchanged_once_for_a_token_that_works(hub: Any, code: str) -> None:
    answer = enrol(code)
    assert answer.status_code == 200
    enrolled = msgspec.msgpack.decode(answer.content, type=wire.Enrolled)
    assert enrolled.source == "Omni Accounts"
    assert get("settings", enrolled.token).status_code == 200
    [row] = hub.rows(
        "select machine, version, code_hash, code_expires_at, revoked_at from agents where id = %s",
        enrolled.agent_id,
    )
    assert row == ("OMNISERVER", "0.1.0", "", None, None)
    assert enrolled.token not in str(hub.rows("select a::text from agents a"))
    assert hub.rows("select who, subject, after from audit where action = 'enrolled'") == [
        ("agent", f"agent {enrolled.agent_id}", {"machine": "OMNISERVER", "version": "0.1.0"})
    ]
    again = enrol(code)
    assert again.status_code == 403
    assert said(again)["message"] == "This enrolment code is not known, or it was already used."
    assert get("settings", enrolled.token).status_code == 200


def test_a_code_with_blanks_around_it_is_the_same_code(hub: Any, code: str) -> None:
    assert enrol(f"  {code}\n").status_code == 200


@pytest.mark.parametrize("wrong", ["", "AAAAA-BBBBB-CCCCC-DDDDD", "' or 1=1 --"])
def test_an_unknown_code_is_refused_with_the_fix(hub: Any, wrong: str) -> None:
    answer = enrol(wrong)
    assert answer.status_code == 403
    assert "new enrolment code" in said(answer)["hint"]


def test_an_expired_code_is_refused_and_stays_refused(hub: Any, code: str) -> None:
    hub.owner.execute("update agents set code_expires_at = now() - interval '1 second' where code_hash <> ''")
    for _ in range(2):
        answer = enrol(code)
        assert (answer.status_code, said(answer)["message"]) == (403, "This enrolment code has expired.")


def test_enrolling_an_agent_again_makes_its_old_token_worthless(hub: Any, code: str) -> None:
    from stockwire.hub.api.agent import new_enrolment_code
    from stockwire.hub.api.agent_auth import new_code
    from stockwire.hub.models import Agent

    first = msgspec.msgpack.decode(enrol(code).content, type=wire.Enrolled)
    another, another_hash = new_code()
    with hub.scope():
        new_enrolment_code(Agent.objects.get(pk=first.agent_id), another_hash)
    assert get("settings", first.token).status_code == 200
    second = msgspec.msgpack.decode(enrol(another).content, type=wire.Enrolled)
    assert second.agent_id == first.agent_id
    assert (get("settings", first.token).status_code, get("settings", second.token).status_code) == (401, 200)


@pytest.mark.parametrize("name", ["settings", "work"])
@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Bearer swa_unknown", "Basic {token}", "{token}", "Bearer x{token}"],
)
def test_without_its_token_nobody_is_let_in(hub: Any, name: str, authorization: str) -> None:
    from django.test import Client

    header = authorization.format(token=hub.agent_token)
    answer = Client().get(f"/api/agent/{name}?wait=0", headers={"Authorization": header} if header else {})
    assert answer.status_code == 401
    assert said(answer)["message"] == "The hub does not know this agent's token."
    assert "stockwire agent enrol" in said(answer)["hint"]


@pytest.mark.parametrize("name", ["batches", "readings", "raised"])
def test_nothing_is_written_without_a_token(hub: Any, name: str) -> None:
    assert post(name, batch()).status_code == 401
    assert hub.rows("select 1 from products") == []


def test_a_revoked_token_is_told_so_everywhere(hub: Any) -> None:
    from stockwire.hub import setting_up

    setting_up.revoke_agent(hub.client_id, hub.agent_id)
    for answer in (get("settings", hub.agent_token), post("batches", batch(), hub.agent_token)):
        assert answer.status_code == 401
        assert said(answer)["message"] == "This agent's token was revoked."
    assert hub.rows("select 1 from products") == []


def test_every_call_shows_that_the_agent_is_there(hub: Any) -> None:
    hub.owner.execute("update agents set last_seen_at = now() - interval '1 hour'")
    get("settings", hub.agent_token)
    assert hub.rows("select last_seen_at > now() - interval '1 minute' from agents") == [(True,)]


@pytest.mark.parametrize(
    ("method", "name", "right"),
    [
        ("get", "enrol", "POST"),
        ("get", "batches", "POST"),
        ("get", "readings", "POST"),
        ("post", "settings", "GET"),
    ],
)
def test_a_wrong_method_is_answered_with_the_right_one(hub: Any, method: str, name: str, right: str) -> None:
    answer = get(name, hub.agent_token) if method == "get" else post(name, b"", hub.agent_token)
    assert (answer.status_code, said(answer)["message"]) == (405, f"Use {right} here.")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xff",
        b'{"stream": "journal"}',
        msgspec.msgpack.encode({"stream": 1}),
        msgspec.msgpack.encode([]),
    ],
    ids=["empty", "garbage", "JSON", "wrong type", "a list"],
)
@pytest.mark.parametrize("name", ["enrol", "batches", "readings"])
def test_a_body_that_is_no_messagepack_of_ours_is_turned_down_readably(
    hub: Any, name: str, body: bytes
) -> None:
    answer = post(name, body, hub.agent_token)
    assert answer.status_code == 422
    assert "This is not a" in said(answer)["message"]
    assert "Upgrade the agent" in said(answer)["hint"]


def test_a_gzip_bomb_is_stopped_before_it_is_unpacked(hub: Any) -> None:
    bomb = gzip.compress(b"\0" * (wire.MAX_BATCH_BYTES + 1))
    assert len(bomb) < 20_000
    answer = post("batches", bomb, hub.agent_token, **{"Content-Encoding": "gzip"})
    assert answer.status_code == 413
    assert said(answer)["message"] == "A batch may be at most 16777216 bytes unpacked."


@pytest.mark.parametrize(
    "broken", [b"", b"no gzip at all", gzip.compress(b"x" * 5000)[:-20]], ids=["empty", "none", "cut"]
)
def test_a_body_that_says_gzip_and_is_not_whole_is_turned_down(hub: Any, broken: bytes) -> None:
    answer = post("batches", broken, hub.agent_token, **{"Content-Encoding": "gzip"})
    assert answer.status_code == 422
    assert said(answer)["message"]


def test_a_packed_batch_is_taken(hub: Any) -> None:
    packed = gzip.compress(msgspec.msgpack.encode(batch()))
    answer = post("batches", packed, hub.agent_token, **{"Content-Encoding": "gzip"})
    assert msgspec.msgpack.decode(answer.content, type=wire.Received).changed == 1


def test_a_thousand_rows_are_taken_and_one_more_is_not(hub: Any) -> None:
    rows: list[list[str | None]] = [[f"ITEM-{n}", *ROW[1:]] for n in range(wire.MAX_ROWS + 1)]
    answer = post("batches", batch(rows=rows), hub.agent_token)
    assert answer.status_code == 422
    assert said(answer)["message"] == "A batch holds at most 1000 rows; this one has 1001."
    assert hub.rows("select 1 from products") == []
    answer = post("batches", batch(rows=rows[:-1]), hub.agent_token)
    assert msgspec.msgpack.decode(answer.content, type=wire.Received).products == 1000


def test_settings_tell_the_agent_its_source_its_pace_and_the_hubs_clock(hub: Any) -> None:
    answer = get("settings", hub.agent_token)
    settings = msgspec.msgpack.decode(answer.content, type=wire.Settings)
    assert settings.source == "Omni Accounts"
    assert settings.poll_s > 0
    clock = datetime.fromisoformat(settings.clock_utc)
    assert abs((datetime.now(UTC) - clock).total_seconds()) < 60


def reading(**over: Any) -> wire.ReadingDone:
    usual: dict[str, Any] = {
        "stream": "journal",
        "mode": "watermark",
        "read_at": "2026-11-23T08:00:00+00:00",
        "rows_seen": 5000,
        "rows_sent": 3,
        "removed": 0,
        "seconds": 0.4,
    }
    return wire.ReadingDone(**{**usual, **over})


def test_a_reading_is_noted_at_its_source_and_clears_an_earlier_error(hub: Any) -> None:
    failed = post("readings", reading(error="The password is wrong.", hint="Correct it."), hub.agent_token)
    assert failed.status_code == 200
    assert hub.rows("select read_error, read_hint, stock_read_at from sources") == [
        ("The password is wrong.", "Correct it.", None)
    ]
    assert post("readings", reading(), hub.agent_token).status_code == 200
    assert hub.rows("select read_error, read_hint, read_mode, read_rows, stock_read_at from sources") == [
        ("", "", "watermark", 5000, datetime(2026, 11, 23, 8, tzinfo=UTC))
    ]


@pytest.mark.parametrize(
    "moment", ["", "yesterday", "2026-11-23T08:00:00"], ids=["none", "words", "no time zone"]
)
def test_a_reading_without_a_proper_moment_is_turned_down_readably(hub: Any, moment: str) -> None:
    answer = post("readings", reading(read_at=moment), hub.agent_token)
    assert answer.status_code == 422
    assert "read_at" in said(answer)["message"]
    assert hub.rows("select stock_read_at from sources") == [(None,)]


def test_two_agents_of_two_clients_never_touch_each_others_products(hub: Any) -> None:
    other = hub.new_client("Overberg Tools")
    source = hub.new_source(other)
    _, token = hub.new_agent(other, source)
    assert post("batches", batch(), hub.agent_token).status_code == 200
    theirs: list[list[str | None]] = [["BOLT", "Their bolt", "ACTIVE", "1.00", "1"]]
    assert post("batches", batch(rows=theirs), token).status_code == 200
    assert post("batches", batch(2, rows=[], removed=["BOLT"]), token).status_code == 200
    post("readings", reading(error="Theirs is broken.", hint="h"), token)
    assert hub.rows("select client_id, title, active from products order by 1") == [
        (hub.client_id, "Hex bolt", True),
        (other, "Their bolt", False),
    ]
    assert hub.rows("select client_id, read_error from sources order by 1") == [
        (hub.client_id, ""),
        (other, "Theirs is broken."),
    ]
    assert hub.rows("select last_number from agents order by id") == [(1,), (2,)]


def test_two_agents_of_one_source_count_for_themselves(hub: Any, code: str) -> None:
    second = msgspec.msgpack.decode(enrol(code).content, type=wire.Enrolled).token
    assert post("batches", batch(), hub.agent_token).status_code == 200
    answer = post("batches", batch(rows=[["NUT", *ROW[1:]]]), second)
    assert not msgspec.msgpack.decode(answer.content, type=wire.Received).repeated
    assert hub.rows("select count(*) from products") == [(2,)]


def test_an_answer_of_the_api_sets_no_cookie(hub: Any, code: str) -> None:
    answers: list[Callable[[], Any]] = [
        lambda: enrol(code),
        lambda: get("settings", hub.agent_token),
        lambda: post("batches", batch(), hub.agent_token),
    ]
    for ask in answers:
        answer = ask()
        assert answer.status_code == 200
        assert not answer.cookies
