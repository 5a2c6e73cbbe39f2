"""Between agent and hub: nothing is lost or doubled when either is away, killed, restored or distrusted."""

from __future__ import annotations

import os
import ssl
import stat
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from stockwire.agent.config import AgentSettings, HubSettings, parse
from stockwire.agent.link import HubLink, TokenRefused
from stockwire.agent.run import Agent, enrol
from stockwire.errors import NotSetUp, Refused, StockwireError, TryLater
from stockwire.wire import Raised

CHANGE = "UPDATE STOCK SET SELLINGPRICE1 = {price} WHERE STOCKCODE = '00000050'"


def test_batches_hold_at_most_a_thousand_rows_and_count_up_from_one(bench, hub):
    bench.sync()
    assert [batch.number for batch in hub.batches] == [1, 2]
    assert [len(batch.rows) for batch in hub.batches] == [1_000, 1_000]
    assert all(batch.full for batch in hub.batches)


def test_the_reading_moment_is_not_after_the_snapshot(bench, hub):
    before = datetime.now(UTC)
    bench.sync()
    read_at = datetime.fromisoformat(hub.batches[0].read_at)
    assert before <= read_at <= datetime.now(UTC)
    assert read_at.tzinfo is not None


def test_what_was_read_while_the_hub_was_away_is_sent_when_it_is_back(bench, hub):
    hub.stop()
    bench.read()
    with pytest.raises(TryLater, match="cannot be reached"):
        bench.delivery.step()
    assert bench.journal.waiting() == 2
    bench.close()
    bench.open()
    hub.start()
    bench.delivery.step()
    assert bench.journal.waiting() == 0
    assert bench.differences() == []


def test_a_busy_hub_is_asked_again_with_the_same_batch(bench, hub):
    hub.fail_batches = 1
    bench.read()
    with pytest.raises(TryLater, match="the hub is busy"):
        bench.delivery.step()
    bench.delivery.step()
    assert [batch.number for batch in hub.batches] == [1, 2]
    assert hub.repeats == []


def test_a_batch_whose_answer_was_lost_is_sent_twice_and_applied_once(bench, hub):
    bench.read()
    hub.lose_answers = 1
    with pytest.raises(TryLater):
        bench.delivery.step()
    bench.close()
    bench.open()
    bench.delivery.step()
    assert hub.repeats == [1]
    assert [batch.number for batch in hub.batches] == [1, 2]
    assert bench.differences() == []
    assert len({batch.stream for batch in hub.batches}) == 1


def test_an_answer_lost_while_the_agent_runs_on_does_not_begin_a_new_stream(bench, hub):
    bench.sync()
    bench.sql(CHANGE.format(price=3))
    bench.read()
    hub.lose_answers = 1
    with pytest.raises(TryLater):
        bench.delivery.step()
    bench.delivery.step()
    assert hub.repeats == [3]
    assert {batch.stream for batch in hub.batches} == {bench.journal.stream}


def test_a_deleted_journal_means_a_new_stream_and_a_full_reading(bench, hub):
    bench.sync()
    bench.close()
    for name in os.listdir(bench.folder):
        (bench.folder / name).unlink()
    bench.open()
    bench.sql("DELETE FROM STOCK WHERE STOCKCODE = '00000100'")
    reading = bench.sync()
    assert reading.why_full == "first reading"
    assert len({batch.stream for batch in hub.batches}) == 2
    assert reading.rows_sent == 1_999


def test_a_broken_journal_is_set_aside_and_begun_anew(bench):
    bench.sync()
    path = bench.journal.path
    bench.close()
    path.write_bytes(b"this is no database at all" * 500)
    bench.open()
    assert bench.journal.began_anew.startswith("journal.sqlite.broken-")
    assert bench.sync().rows_sent == 2_000


def test_a_journal_put_back_from_an_old_copy_loses_nothing(bench, hub):
    bench.sync()
    bench.close()
    old = {p.name: p.read_bytes() for p in bench.folder.iterdir()}
    bench.open()
    bench.sql(CHANGE.format(price=3))
    bench.sync()
    bench.close()
    for path in bench.folder.iterdir():
        path.unlink()
    for name, content in old.items():
        (bench.folder / name).write_bytes(content)
    bench.open()
    bench.sql(CHANGE.format(price=4))
    bench.sync()
    bench.sync()
    assert hub.source["00000050"]["SELLINGPRICE1"] == "4.0000"
    assert bench.differences() == []


def test_a_hub_that_lost_batches_gets_a_new_stream(bench, hub):
    bench.sync()
    hub.last_number.clear()
    hub.source.clear()
    bench.sql(CHANGE.format(price=3))
    bench.sync()
    bench.sync()
    assert len({batch.stream for batch in hub.batches}) == 2
    assert bench.differences() == []


def test_a_hub_that_asks_for_an_old_batch_gets_a_new_stream(bench, hub):
    bench.sync()
    hub.resend_from = 1
    hub.source.clear()
    bench.close()
    bench.open()
    bench.delivery.step()
    hub.resend_from = 0
    assert bench.sync().rows_sent == 2_000


def test_a_revoked_token_is_told_with_what_to_do_and_work_goes_on_afterwards(bench, hub):
    hub.tokens.clear()
    bench.read()
    with pytest.raises(TokenRefused) as caught:
        bench.delivery.step()
    assert caught.value.message == "The hub does not accept this agent's token."
    assert "stockwire agent enrol" in caught.value.hint
    hub.tokens.add(bench.link.token)
    bench.delivery.step()
    assert bench.differences() == []


def test_enrolling_exchanges_the_code_once_for_a_token_only_its_owner_can_read(tmp_path, hub, agent_settings):
    agent_settings.hub.token = ""
    assert enrol(agent_settings, "7KQ2-M4ZD") == "omni"
    path = tmp_path / "agent" / "hub.token"
    assert path.read_text() == "the-token-of-this-agent"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(NotSetUp, match="does not accept this enrolment code"):
        enrol(agent_settings, "7KQ2-M4ZD")
    assert path.exists()


def test_an_agent_that_is_not_enrolled_says_how_to_enrol(agent_settings):
    agent_settings.hub.token = ""
    with pytest.raises(NotSetUp) as caught:
        Agent(agent_settings)
    assert "stockwire agent enrol" in caught.value.hint


def test_a_reading_that_fails_after_an_order_leaves_the_next_one_to_be_told_at_once(hub, agent_settings):
    """Else the hub would hold the order's stock back until it is told of a reading for another reason."""
    agent_settings.database.password = "wrong"
    agent = Agent(agent_settings)
    try:
        agent._stock_was_reserved()
        with pytest.raises(StockwireError):
            agent._read_step()
        assert agent._reserved.is_set()
    finally:
        agent.close()


def test_the_journal_can_be_read_by_its_owner_only(bench):
    bench.sync()
    assert stat.S_IMODE(bench.folder.stat().st_mode) == 0o700
    for path in bench.folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


@pytest.mark.parametrize(
    "url", ["http://hub.example.co.za:8080", "http://192.0.2.7", "http://[2001:db8::1]:8080"]
)
def test_plain_http_to_another_machine_is_refused(url):
    with pytest.raises(NotSetUp) as caught:
        parse(raw_settings(url), environment={})
    assert "plain HTTP" in caught.value.message
    assert "allow_plain_http = true" in caught.value.hint


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080"])
def test_plain_http_to_this_machine_is_fine(url):
    assert isinstance(parse(raw_settings(url), environment={}), AgentSettings)


def test_plain_http_that_was_allowed_is_still_said(log):
    raw = raw_settings("http://hub.example.co.za:8080")
    raw["hub"]["allow_plain_http"] = True
    HubLink(parse(raw, environment={}).hub).close()
    assert any("plain HTTP" in line["event"] for line in log)


@pytest.mark.parametrize("how", ["Date header", "clock_utc"])
def test_a_clock_an_hour_wrong_is_warned_about_once(hub, log, how):
    there = datetime.now(UTC) - timedelta(hours=1)
    if how == "clock_utc":
        hub.clock_utc = there.isoformat()
    else:
        hub.date = format_datetime(there, usegmt=True)
    link = HubLink(HubSettings(url=hub.url), "the-token-of-this-agent")
    link.settings()
    link.settings()
    link.close()
    assert len([line for line in log if "clock differs" in line["event"]]) == 1


def test_a_clock_that_is_set_right_and_wrong_again_is_warned_about_again(hub, log):
    link = HubLink(HubSettings(url=hub.url), "the-token-of-this-agent")
    for hours_off in (9, 9, 0, 9, -7):
        hub.clock_utc = (datetime.now(UTC) - timedelta(hours=hours_off)).isoformat()
        link.settings()
    link.close()
    assert len([line for line in log if "clock differs" in line["event"]]) == 3


def test_a_certificate_nobody_vouches_for_is_not_trusted(tmp_path, free_tls_server):
    link = HubLink(HubSettings(url=free_tls_server.url), "x")
    with pytest.raises(NotSetUp) as caught:
        link.settings()
    link.close()
    assert "is not trusted" in caught.value.message
    assert "hub.certificates" in caught.value.hint
    trusting = HubLink(
        HubSettings(url=free_tls_server.url, certificates=str(free_tls_server.certificate)), "x"
    )
    with pytest.raises(Refused, match="I am no hub"):
        trusting.settings()
    trusting.close()


def test_a_web_page_instead_of_the_hub_is_no_answer(page_server):
    link = HubLink(HubSettings(url=page_server), "x")
    with pytest.raises(TryLater, match="Something else than the hub answered"):
        link.raised(Raised(order_id=1, claim=1, state="raised"))
    link.close()


def raw_settings(url: str) -> dict:
    return {
        "hub": {"url": url},
        "database": {"path": "x", "user": "u", "product_query": "SELECT 1"},
    }


class _Served:
    def __init__(self, app, certificate=None, key=None):
        import threading

        from werkzeug.serving import WSGIRequestHandler, make_server

        class Quiet(WSGIRequestHandler):
            def log(self, *_args, **_kwargs):
                pass

        context = None
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
        self.certificate = certificate
        self.server = make_server("127.0.0.1", 0, app, ssl_context=context, request_handler=Quiet)
        scheme = "https" if certificate else "http"
        self.url = f"{scheme}://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def page_server():
    from werkzeug import Response

    served = _Served(Response("<html>Sign in to the guest network</html>", content_type="text/html"))
    yield served.url
    served.stop()


@pytest.fixture
def free_tls_server(tmp_path):
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID
    from werkzeug import Response

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (tmp_path / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    body = b'{"message": "I am no hub", "hint": ""}'
    app = Response(body, status=422, content_type="application/json")
    served = _Served(app, tmp_path / "cert.pem", tmp_path / "key.pem")
    yield served
    served.stop()
