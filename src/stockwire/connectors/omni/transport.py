"""How a request reaches OmniWebServiceREST: address, sign-in, connections, and what network trouble means.

The credentials are added below the HTTP client, so that the address the client logs never holds them.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import quote

import httpx2

from stockwire.connectors.omni.replies import Away
from stockwire.errors import NotSetUp, TryLater
from stockwire.tls import authorities

_ADDRESS = re.compile(r"https?://(?:\[[0-9a-fA-F:]+\]|[^/\s:@?#\[\]]+)(?::\d+)?(?:/[^?#\s]*)?")


def check_address(base_url: str) -> None:
    """Raises NotSetUp unless this is an HTTP address without credentials, query or fragment."""
    if not _ADDRESS.fullmatch(base_url):
        shown = "" if "@" in base_url else f', "{base_url}",'
        raise NotSetUp(
            f"The address of OmniWebServiceREST{shown} makes no sense.",
            hint="Write it like http://127.0.0.1:8080, without user or password.",
        )


class SignedTransport(httpx2.BaseTransport):
    """Adds company and credentials below the client, whose log line shows the address it was given."""

    def __init__(
        self, inner: httpx2.BaseTransport, company: str, user: str, password: str, auth: str
    ) -> None:
        self._inner = inner
        self._query = f"CompanyName={quote(company, safe='')}"
        self._basic = ""
        if auth == "basic":
            self._basic = f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"
        elif auth == "query":
            self._query += f"&UserName={quote(user, safe='')}&Password={quote(password, safe='')}"
        else:
            raise ValueError(f"auth must be basic or query, not {auth!r}.")

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        present = request.url.query.decode("ascii")
        query = "&".join(filter(None, (self._query, present.replace("+", "%20"))))
        headers = request.headers.copy()
        if self._basic:
            headers["Authorization"] = self._basic
        return self._inner.handle_request(
            httpx2.Request(
                request.method,
                request.url.copy_with(query=query.encode("ascii")),
                headers=headers,
                stream=request.stream,
                extensions=request.extensions,
            )
        )

    def close(self) -> None:
        self._inner.close()


@contextmanager
def reachable(named: str, *, writing: bool, clean: Callable[[str], str]) -> Iterator[None]:
    """Network trouble as TryLater. A write may have worked unless the connection was never made."""
    try:
        yield
    except httpx2.LocalProtocolError as error:
        raise NotSetUp(
            f"{named}: this cannot be asked over HTTP.",
            hint="Check company, user and document type for odd characters.",
            detail=clean(str(error)),
        ) from None
    except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
        raise Away(
            f"{named}: OmniWebServiceREST cannot be reached.",
            hint=(
                "Start OmniWebServiceREST on the Omni server and leave it open, minimised. "
                "It is tried again by itself."
            ),
            detail=clean(str(error)),
        ) from None
    except httpx2.RequestError as error:
        raise TryLater(
            f"{named}: no answer came from OmniWebServiceREST.",
            hint=(
                "Nothing to do: it is looked up before it is posted again."
                if writing
                else "It is tried again by itself."
            ),
            detail=clean(f"{type(error).__name__}: {error}"),
            may_have_worked=writing,
        ) from None


def fresh_connections() -> httpx2.HTTPTransport:
    """A new connection each time: one the server had closed meanwhile would turn a post into a doubt."""
    return httpx2.HTTPTransport(
        verify=authorities(), trust_env=False, limits=httpx2.Limits(max_keepalive_connections=0)
    )


def path_of(resource: str, reference: str) -> str:
    return f"/{quote(resource, safe='')}/{quote(reference, safe='')}"


def content_type_of(response: httpx2.Response) -> str:
    return response.headers.get("Content-Type", "").split(";")[0].strip().lower()


def decoded(response: httpx2.Response) -> str:
    """A27: JSON as UTF-8, else ISO-8859-1; text by the charset it names."""
    charset = "utf-8-sig"
    if not content_type_of(response).endswith("json"):
        charset = response.charset_encoding or "iso-8859-1"
    try:
        return response.content.decode(charset)
    except (UnicodeDecodeError, LookupError):
        return response.content.decode("iso-8859-1")
