"""Who gets in, who does not, and what a browser is allowed to do with our pages."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher

import stockwire.hub
from stockwire.hub.console.throttle import Throttle

STATIC = Path(stockwire.hub.__file__).parent / "static" / "stockwire"
NewUser = Callable[..., str]
Browser = Callable[..., Any]


def test_the_right_password_opens_the_status_page(hub: Any, new_user: NewUser, browser: Browser) -> None:
    page = browser(new_user()).get("/")
    assert page.status_code == 200
    assert "Karoo Fasteners" in page.content.decode()


def test_a_user_name_is_found_whatever_its_case(hub: Any, new_user: NewUser, browser: Browser) -> None:
    new_user("thandi")
    assert browser("Thandi").get("/").status_code == 200


@pytest.mark.parametrize("username", ["thandi", "nobody", "' or 1=1 --", "th\0andi"])
def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(
    hub: Any, new_user: NewUser, browser: Browser, username: str
) -> None:
    new_user("thandi")
    answer = browser().post("/sign-in", {"username": username, "password": "wrong"}, REMOTE_ADDR="10.0.0.1")
    text = answer.content.decode()
    if "\0" in username:
        assert answer.status_code == 400
    else:
        assert answer.status_code == 403
        assert "do not belong together" in text
    assert "sessionid" not in answer.cookies


def test_an_unknown_name_costs_a_password_hash_too(
    hub: Any, new_user: NewUser, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    for name in ("encode", "verify"):
        monkeypatch.setattr(Argon2PasswordHasher, name, counted(getattr(Argon2PasswordHasher, name), hashed))

    def cost(username: str) -> int:
        hashed.clear()
        browser().post("/sign-in", {"username": username, "password": "wrong"})
        return len(hashed)

    new_user("thandi")
    assert cost("nobody at all") == cost("thandi") == 1


def counted(call: Callable[..., Any], calls: list[str]) -> Callable[..., Any]:
    """The call as it is, and a note that it was made."""

    def noted(*given: Any) -> Any:
        calls.append(call.__name__)
        return call(*given)

    return noted


def test_somebody_switched_off_does_not_get_in_and_is_put_out(
    hub: Any, new_user: NewUser, browser: Browser, password: str
) -> None:
    inside = browser(new_user())
    hub.rows("update users set is_active = false returning id")
    assert inside.get("/").headers["location"] == "/sign-in"
    again = browser().post("/sign-in", {"username": "thandi", "password": password}, REMOTE_ADDR="10.2.0.1")
    assert again.status_code == 403


def test_a_new_password_ends_the_sessions_of_the_old_one(
    hub: Any, new_user: NewUser, browser: Browser
) -> None:
    from stockwire.hub.models import User

    inside = browser(new_user())
    with hub.scope():
        user = User.objects.get(username="thandi")
        user.set_password("another long password")
        user.save()
    assert inside.get("/").headers["location"] == "/sign-in"
    assert browser("thandi", "another long password").get("/").status_code == 200


def test_signing_in_changes_the_session_key(
    hub: Any, new_user: NewUser, browser: Browser, password: str
) -> None:
    known_to_an_attacker = browser()
    session = known_to_an_attacker.session
    session["planted"] = "yes"
    session.save()
    before = known_to_an_attacker.cookies["sessionid"].value
    known_to_an_attacker.post("/sign-in", {"username": new_user(), "password": password})
    assert known_to_an_attacker.cookies["sessionid"].value != before
    assert not hub.rows("select 1 from django_session where session_key = %s", before)


def test_passwords_are_kept_as_argon2_hashes(hub: Any, new_user: NewUser, password: str) -> None:
    new_user()
    [(kept,)] = hub.rows("select password from users")
    assert kept.startswith("argon2$argon2id$")
    assert password not in kept


def test_signing_in_leads_back_to_the_page_that_was_asked_for(
    hub: Any, new_user: NewUser, browser: Browser, password: str
) -> None:
    asked = browser().get("/status/live?x=1")
    assert asked.headers["location"] == "/sign-in?next=%2Fstatus%2Flive%3Fx%3D1"
    answer = browser().post(
        "/sign-in", {"username": new_user(), "password": password, "next": "/status/live?x=1"}
    )
    assert answer.headers["location"] == "/status/live?x=1"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil"]
)
def test_signing_in_never_leads_to_another_site(
    hub: Any, new_user: NewUser, browser: Browser, password: str, elsewhere: str
) -> None:
    answer = browser().post("/sign-in", {"username": new_user(), "password": password, "next": elsewhere})
    assert answer.headers["location"] == "/"


def test_signing_out_is_a_post_and_ends_the_session(hub: Any, new_user: NewUser, browser: Browser) -> None:
    inside = browser(new_user())
    assert inside.get("/sign-out").status_code == 405
    assert inside.get("/").status_code == 200
    assert inside.post("/sign-out").headers["location"] == "/sign-in"
    assert inside.get("/").headers["location"] == "/sign-in"
    assert not hub.rows("select 1 from django_session")


def test_every_address_but_signing_in_and_health_needs_a_sign_in(hub: Any, browser: Browser) -> None:
    open_to_all = {"sign-in", "sign-out", "healthz"}
    for address, name in addresses():
        if name in open_to_all:
            continue
        for method in ("get", "post"):
            answer = getattr(browser(), method)(address)
            assert answer.status_code in {302, 405}, (method, address)
            if answer.status_code == 302:
                assert answer.headers["location"].startswith("/sign-in"), (method, address)


def test_a_refreshed_part_sends_the_whole_page_to_the_sign_in(hub: Any, browser: Browser) -> None:
    answer = browser().get("/status/live", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/sign-in")


def test_no_form_is_taken_from_another_site(hub: Any, new_user: NewUser, browser: Browser) -> None:
    strict = browser(enforce_csrf_checks=True)
    refused = strict.post("/sign-in", {"username": new_user(), "password": "anything at all"})
    assert refused.status_code == 403
    assert "This form is out of date" in refused.content.decode()
    inside = browser("thandi")
    inside.handler.enforce_csrf_checks = True
    for address, name in addresses():
        if inside.get(address).status_code == 405:
            assert inside.post(address).status_code == 403, name
    assert inside.get("/").status_code == 200


def test_five_wrong_passwords_make_this_name_wait_from_this_address_only(
    hub: Any, new_user: NewUser, browser: Browser, password: str
) -> None:
    new_user("lerato")
    new_user("sipho")

    def attempt(username: str, secret: str, address: str) -> Any:
        return browser().post("/sign-in", {"username": username, "password": secret}, REMOTE_ADDR=address)

    assert [attempt("lerato", "guess", "10.9.0.1").status_code for _ in range(5)] == [403] * 5
    waiting = attempt("LERATO", password, "10.9.0.1")
    assert waiting.status_code == 429
    assert 0 < int(waiting.headers["Retry-After"]) <= 900
    assert "Try again in 15 min" in waiting.content.decode()
    assert attempt("lerato", password, "10.9.0.2").status_code == 302
    assert attempt("sipho", password, "10.9.0.1").status_code == 302


def test_the_throttle_lets_go_with_time_and_after_a_success_and_stays_small() -> None:
    throttle = Throttle(allowed=2, within_s=60, keys=3)
    assert [throttle.attempt("a", "x", at) for at in (0.0, 10.0, 20.0)] == [0, 0, 40.0]
    assert throttle.attempt("a", "x", 60.0) == 0
    throttle.forget("a", "x")
    assert [throttle.attempt("a", "x", at) for at in (61.0, 62.0)] == [0, 0]
    for name in "bcd":
        throttle.attempt(name, "x", 63.0)
    assert len(throttle._attempts) == 3


def test_every_page_tells_the_browser_to_run_our_own_files_only(
    hub: Any, new_user: NewUser, browser: Browser
) -> None:
    inside = browser(new_user())
    for address in ("/", "/status/live", "/nothing-here", "/healthz"):
        headers = inside.get(address).headers
        policy = headers["Content-Security-Policy"]
        assert "script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "camera=()" in headers["Permissions-Policy"]
        assert "Strict-Transport-Security" not in headers
    assert "max-age=" in inside.get("/sign-in", secure=True).headers["Strict-Transport-Security"]
    assert "no-store" in inside.get("/").headers["Cache-Control"]


def test_the_headers_are_there_under_asgi_too(hub: Any) -> None:
    from django.test import AsyncClient

    answer = asyncio.run(AsyncClient().get("/sign-in"))
    assert answer.status_code == 200
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


def test_no_page_has_inline_script_or_style_or_anything_from_elsewhere(
    hub: Any, new_user: NewUser, browser: Browser
) -> None:
    inside = browser(new_user())
    pages = [browser().get("/sign-in"), inside.get("/"), inside.get("/status/live"), inside.get("/nothing")]
    for page in pages:
        found = Inline()
        found.feed(page.content.decode())
        assert found.wrong == []


def test_error_pages_speak_plain_english(hub: Any, browser: Browser) -> None:
    from django.template.loader import render_to_string

    page = browser().get("/nothing-here")
    assert page.status_code == 404
    assert "There is nothing here" in page.content.decode()
    for name in ("400", "403", "403_csrf", "500"):
        assert "Go to the status page" in render_to_string(f"{name}.html")


def test_vendored_files_are_the_ones_their_note_names() -> None:
    note = (STATIC / "vendor" / "VENDORED.txt").read_text()
    facts = dict(line.split(": ", 1) for line in note.splitlines() if ": " in line)
    found = hashlib.sha256((STATIC / "vendor" / facts["file"]).read_bytes()).hexdigest()
    assert found == facts["sha256"]
    assert facts["licence"] == "0BSD"
    kept = {file.name for file in (STATIC / "vendor").iterdir()}
    assert kept == {"VENDORED.txt", facts["file"]}


def test_static_files_are_served_to_whoever_signs_in(hub: Any, browser: Browser) -> None:
    for name in ("stockwire.css", "stockwire.js", "icons.svg", "icon.svg", "vendor/htmx.min.js"):
        answer = browser().get(f"/static/stockwire/{name}")
        assert answer.status_code == 200
        assert b"".join(answer.streaming_content) == (STATIC / name).read_bytes()
        answer.close()


def test_health_says_whether_the_database_answers_and_nothing_else(
    hub: Any, browser: Browser, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from django.db import connection

    well = browser().get("/healthz")
    assert (well.status_code, well.content) == (200, b"ok\n")
    monkeypatch.setitem(connection.settings_dict, "HOST", str(tmp_path))
    ill = browser().get("/healthz")
    assert (ill.status_code, ill.content) == (503, b"the database does not answer\n")


def addresses() -> list[tuple[str, str]]:
    """Every address of the console, numbers filled in, with its name."""
    from django.urls import reverse

    from stockwire.hub.console.addresses import console_urls

    made = []
    for entry in console_urls:
        numbers = dict.fromkeys(entry.pattern.converters, 1)
        made.append((reverse(entry.name, kwargs=numbers), entry.name))
    return made


class Inline(HTMLParser):
    """Collects what the content security policy would forbid."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "style" or "style" in given or (tag == "script" and "src" not in given):
            self.wrong.append(self.get_starttag_text() or tag)
        self.wrong += [name for name in given if name.startswith(("on", "hx-on"))]
        for name in ("src", "href", "action", "hx-get"):
            address = given.get(name) or "/"
            if not address.startswith(("/", "#")) or address.startswith("//"):
                self.wrong.append(address)
