"""A file from an address into a file of ours: bounded in size, time and redirects, and only if it changed.

Never holds the file in memory, never follows an address that may not be fetched, never logs a password.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from stockwire import tls
from stockwire.errors import Refused, TryLater
from stockwire.files.addresses import Network, pin, redirected, shown
from stockwire.files.answers import Deadline, pieces

REDIRECTS = 5


@dataclass(frozen=True, slots=True)
class Bounds:
    """`largest` in bytes, `within_s` for all of it, `allowed` networks besides public addresses. `smaller` is
    what to do about a file that is too large."""

    largest: int
    within_s: float = 300.0
    timeout_s: float = 30.0
    allowed: Sequence[Network] = ()
    smaller: str = "Make it smaller."


@dataclass(frozen=True, slots=True)
class Marks:
    """What a server said of the file when it was last fetched; "" where it said nothing."""

    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Got:
    """`changed` False: the server says the file is the one of the marks, and nothing was written."""

    changed: bool
    marks: Marks
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Login:
    """For servers that ask for a name and a password."""

    username: str
    password: str = field(repr=False)


def download(
    url: str, target: Path, bounds: Bounds, *, marks: Marks = Marks(), login: Login | None = None
) -> Got:
    """Fetch `url` into `target`. Raises Refused for what will not get better by itself, else TryLater."""
    asked = url
    with (
        httpx2.Client(
            timeout=bounds.timeout_s, trust_env=False, follow_redirects=False, verify=tls.authorities()
        ) as client,
        Deadline(bounds.within_s) as deadline,
    ):
        for _ in range(REDIRECTS + 1):
            pinned = pin(asked, bounds.allowed)
            headers = {"Host": pinned.host, "User-Agent": "Stockwire", "Accept-Encoding": "identity"}
            if marks.etag:
                headers["If-None-Match"] = marks.etag
            if marks.last_modified:
                headers["If-Modified-Since"] = marks.last_modified
            # A password is for the machine it was given for, and for no other that it redirects to.
            same = urlsplit(asked)[:2] == urlsplit(url)[:2]
            auth = (login.username, login.password) if login and same else None
            try:
                with client.stream(
                    "GET",
                    pinned.url,
                    headers=headers,
                    auth=auth,
                    extensions={"sni_hostname": pinned.name, "trace": deadline.watch},
                ) as answer:
                    if answer.has_redirect_location:
                        asked = redirected(asked, answer.headers.get("location", ""))
                        continue
                    return _take(asked, answer, target, bounds)
            except (httpx2.HTTPError, httpx2.InvalidURL) as error:
                raise _failure(asked, error, late=deadline.over) from None
    raise Refused(f"{shown(url)} redirects again and again.", hint="Give the address it ends at.")


def _take(asked: str, answer: httpx2.Response, target: Path, bounds: Bounds) -> Got:
    if answer.status_code == 304:
        return Got(False, Marks())
    if answer.status_code == 429 or answer.status_code >= 500:
        raise TryLater(f"{shown(asked)} answers {answer.status_code}.", hint="It is tried again by itself.")
    if answer.status_code == 401:
        raise Refused(
            f"{shown(asked)} asks for a name and a password.",
            hint="Give username and password where they can be given, or an address that asks for none.",
        )
    if answer.status_code != 200:
        raise Refused(
            f"{shown(asked)} answers {answer.status_code}.",
            hint="Open the address in a private browser window: it must be there without signing in.",
        )
    size = 0
    with target.open("wb") as file:
        for piece in pieces(asked, answer):
            size += len(piece)
            if size > bounds.largest:
                raise Refused(f"{shown(asked)} is larger than {_mb(bounds.largest)}.", hint=bounds.smaller)
            file.write(piece)
    said = answer.headers
    return Got(
        True,
        Marks(said.get("etag", "")[:200], said.get("last-modified", "")[:100]),
        said.get("content-type", "").partition(";")[0].strip().lower(),
    )


def _failure(asked: str, error: Exception, *, late: bool) -> TryLater | Refused:
    detail = f"{type(error).__name__}: {error}"
    if late or isinstance(error, httpx2.ReadTimeout):
        return TryLater(
            f"{shown(asked)} answers so slowly that it was given up.",
            hint="It is tried again by itself. Ask whoever runs that server.",
            detail=detail,
        )
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return Refused(
            f"The certificate of {shown(asked)} is not trusted.",
            hint="Open the address in a browser: it must open without a warning.",
            detail=detail,
        )
    if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout):
        return TryLater(
            f"{shown(asked)} did not answer.",
            hint="It is tried again by itself. Open the address in a browser.",
            detail=detail,
        )
    if isinstance(error, httpx2.UnsupportedProtocol | httpx2.InvalidURL | httpx2.LocalProtocolError):
        return Refused(f"{shown(asked)} is no address of a file.", hint="Correct the address.", detail=detail)
    return TryLater(
        f"{shown(asked)} broke off in the middle, or answers in no way that a web server does.",
        hint="It is tried again by itself. Open the address in a browser.",
        detail=detail,
    )


def _mb(size: int) -> str:
    return f"{size / 1024 / 1024:g} MB"
