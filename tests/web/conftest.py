"""People who sign in, and browsers of theirs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

PASSWORD = "tall grass moves slowly"


@pytest.fixture
def new_user(hub: Any) -> Callable[..., str]:
    """Make a console user (of the first client, an administrator, unless told otherwise); gives the name."""

    def make(username: str = "thandi", client_id: int = 0, **fields: Any) -> str:
        from stockwire.hub.models import Client, User

        client_id = client_id or hub.client_id
        with hub.scope(client_id):
            User.objects.create_user(username, PASSWORD, Client.objects.get(pk=client_id), **fields)
        return username

    return make


@pytest.fixture
def tokens(hub: Any) -> dict[str, str]:
    """API tokens of two people: thandi is an administrator, sipho may only read."""
    from stockwire.hub.api.public.tokens import make_token
    from stockwire.hub.setting_up import add_user

    made: dict[str, str] = {}
    for username, role in (("thandi", "administrator"), ("sipho", "read_only")):
        add_user(hub.client_id, username, "correct horse 42 battery", role)
        made[username] = make_token(hub.client_id, username, "a test", "a test")
    return made


@pytest.fixture
def browser(hub: Any) -> Callable[..., Any]:
    """A browser, signed in as `username` when one is given."""

    def open_browser(username: str = "", password: str = PASSWORD, **settings: Any) -> Any:
        from django.test import Client

        opened = Client(**settings)
        if username:
            answer = opened.post("/sign-in", {"username": username, "password": password})
            assert answer.status_code == 302, answer.content.decode()
        return opened

    return open_browser


@pytest.fixture
def password() -> str:
    """Of every user that new_user makes."""
    return PASSWORD
