"""The agent's side of OmniWebServiceREST: look a document up, post one, ask for the version.

One request at a time unless told otherwise (A26): the service is a desktop program of unproven concurrency.
Passwords never reach an address that is logged, a message or a detail. It never posts twice by itself and
never takes an unclear answer for "missing".
"""

from __future__ import annotations

import json
import re
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, Self
from urllib.parse import quote

import httpx2

from stockwire.connectors.omni.body import encode_body
from stockwire.connectors.omni.replies import (
    MISSING,
    AlreadyExists,
    Away,
    Reply,
    document_in,
    is_passing_trouble,
    number_in,
    number_of,
    posting_error,
    read_version,
    set_up_error,
    shortened,
)
from stockwire.connectors.omni.report_replies import report_error
from stockwire.connectors.omni.transport import (
    SignedTransport,
    check_address,
    content_type_of,
    decoded,
    fresh_connections,
    path_of,
    reachable,
)
from stockwire.errors import NotSetUp, StockwireError, TryLater

__all__ = ["AlreadyExists", "Away", "FoundDocument", "OmniService"]

_PROBE = "SWCHECK"
_PLACEHOLDER = "\x00reference\x00"


@dataclass(frozen=True, slots=True)
class FoundDocument:
    """A document Omni has. `number` is what Omni shows for it, `body` the document inside its envelope."""

    reference: str
    number: str
    body: Mapping[str, Any]


class OmniService:
    """One OmniWebServiceREST, for one company and user. Thread-safe; close it after use.

    `auth` is "basic" (the password stays out of addresses; the default, A28) or "query" (for 7.13 to 7.16).
    `missing_pattern` is a regular expression for the text of a missing document (A18). `at_once` is how many
    requests go out at the same time. `transport` is a ready httpx2 transport, for a service that runs inside
    the same process. Raises NotSetUp when the address makes no sense.
    """

    def __init__(
        self,
        base_url: str,
        company: str,
        user: str,
        password: str,
        auth: Literal["basic", "query"] = "basic",
        *,
        connect_timeout_s: float = 10.0,
        post_timeout_s: float = 60.0,
        report_timeout_s: float = 240.0,
        at_once: int = 1,
        missing_pattern: str = MISSING,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        check_address(base_url)
        self._password = password
        self._connect_timeout_s = connect_timeout_s
        self._post_timeout_s = post_timeout_s
        self._report_timeout_s = report_timeout_s
        self._missing = re.compile(missing_pattern, re.IGNORECASE | re.DOTALL)
        self._learned: dict[str, str] = {}
        self._turns = threading.BoundedSemaphore(at_once)
        self._client = httpx2.Client(
            base_url=base_url.rstrip("/"),
            transport=SignedTransport(transport or fresh_connections(), company, user, password, auth),
            headers={"Accept": "application/json"},
            trust_env=False,
        )

    def version(self) -> str:
        """The version of the service from its banner, like "7.21.68.3389"; "" when it does not say.

        Raises TryLater when it cannot be reached, NotSetUp when something else answers there.
        """
        reply = self._read("/", "Version of Omni", self._post_timeout_s)
        if reply.is_banner:
            return read_version(reply.text)
        if problem := set_up_error(reply):
            raise problem
        if is_passing_trouble(reply) and not (reply.is_web_page and reply.status < 300):
            raise TryLater("Omni's web service is there but fails.", detail=self._clean(reply.text))
        raise NotSetUp(
            "Something answers at the address of OmniWebServiceREST, but it is not Omni.",
            hint="Check host and port; its window shows the port (8080 unless changed).",
            detail=self._clean(reply.text),
        )

    def find(self, resource: str, reference: str) -> FoundDocument | None:
        """The document with this reference, or None when Omni says it has none.

        "None" is only ever concluded from a 404, from a text like `missing_pattern`, or from the very words
        `learn_missing_reply` saw. Anything unclear raises TryLater; a wrong set-up raises NotSetUp.
        """
        reply = self._read(path_of(resource, reference), f"{resource} {reference}", self._post_timeout_s)
        if problem := set_up_error(reply):
            raise self._cleaned(problem)
        if 200 <= reply.status < 300:
            if (body := document_in(resource, reply)) is not None:
                return FoundDocument(reference, number_of(body, reference), body)
        elif self._says_missing(resource, reference, reply):
            return None
        raise TryLater(
            f"{resource} {reference}: Omni's answer does not say whether the document exists.",
            hint="Nothing is posted until it does. If it stays so, restart OmniWebServiceREST.",
            detail=self._clean(f"{reply.status} {reply.text}"),
        )

    def post(self, resource: str, reference: str, body: Mapping[str, Any]) -> str:
        """Post a document and return its number, as far as the reply tells ("" when it does not).

        An empty `reference` lets Omni number the document. Raises Refused with Omni's own words,
        AlreadyExists, NotSetUp, or TryLater whose `may_have_worked` says to look before posting again.
        """
        content = encode_body(body)
        named = f"{resource} {reference}".strip()
        with self._turns, reachable(named, writing=True, clean=self._clean):
            reply = self._reply(
                self._client.post(
                    path_of(resource, reference),
                    content=content,
                    headers={"Content-Type": "application/json"},
                    timeout=self._timeout(self._post_timeout_s),
                )
            )
        if problem := set_up_error(reply):
            raise self._cleaned(problem)
        if not 200 <= reply.status < 300:
            raise self._cleaned(posting_error(resource, reference, reply))
        if reply.is_web_page or not _is_readable(reply):
            raise TryLater(
                f"{named}: something else than Omni answered, or its answer cannot be read.",
                hint="Nothing to do: it is looked up before it is posted again.",
                detail=self._clean(reply.text),
                may_have_worked=True,
            )
        return number_in(reference, reply)

    def learn_missing_reply(self, resource: str) -> bool:
        """Ask for two references that cannot exist and remember what "missing" looks like here.

        Learned, and True, when both answers are 404, or equal but for the reference they both name. False
        when the answers prove nothing: `find` then rests on `missing_pattern`. Raises as `find` does when
        the service cannot be reached or is not set up, and NotSetUp when it shows a document even for these:
        then "found" would prove nothing, and orders would be lost.
        """
        learned = set()
        for _ in range(2):
            reference = f"{_PROBE}{secrets.token_hex(4).upper()}"
            reply = self._read(path_of(resource, reference), resource, self._post_timeout_s)
            if problem := set_up_error(reply):
                raise self._cleaned(problem)
            if 200 <= reply.status < 300 and document_in(resource, reply) is not None:
                raise NotSetUp(
                    f"Omni shows a {resource} for a reference that cannot exist ({reference}).",
                    hint="No order can be looked up safely. Ask Omni how a reference is looked up.",
                    detail=self._clean(reply.text),
                )
            names_it = reply.status == 404 or reference in reply.text
            if 200 <= reply.status < 300 or is_passing_trouble(reply) or not names_it:
                return False
            learned.add("404" if reply.status == 404 else _template(reply, reference))
        if len(learned) != 1:
            return False
        self._learned[resource] = learned.pop()
        return True

    @contextmanager
    def report(self, name: str, filters: Mapping[str, str] | None = None) -> Iterator[Iterator[bytes]]:
        """The raw bytes of a saved report, piece by piece. `filters` are the report's own parameters.

        Raises NotSetUp when Omni does not know the report, TryLater when it cannot be had now.
        """
        named = f"Report {name}"
        address = path_of("Report", name)
        with self._turns, reachable(named, writing=False, clean=self._clean):
            with self._client.stream(
                "GET", address, params=filters, timeout=self._timeout(self._report_timeout_s)
            ) as response:
                if response.status_code != 200 or not content_type_of(response).endswith("json"):
                    response.read()
                    raise self._cleaned(report_error(named, self._reply(response)))
                yield response.iter_bytes()

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self, address: str, named: str, timeout_s: float) -> Reply:
        with self._turns, reachable(named, writing=False, clean=self._clean):
            return self._reply(self._client.get(address, timeout=self._timeout(timeout_s)))

    def _reply(self, response: httpx2.Response) -> Reply:
        retry_after = response.headers.get("Retry-After", "")
        return Reply(
            status=response.status_code,
            content_type=content_type_of(response),
            text=decoded(response),
            retry_after_s=float(retry_after) if retry_after.isdecimal() else None,
        )

    def _says_missing(self, resource: str, reference: str, reply: Reply) -> bool:
        if reply.is_web_page:
            return False
        if reply.status == 404:
            return True
        if is_passing_trouble(reply):
            return False
        learned = self._learned.get(resource)
        return learned == _template(reply, reference) or self._missing.search(reply.text) is not None

    def _timeout(self, seconds: float) -> httpx2.Timeout:
        return httpx2.Timeout(seconds, connect=self._connect_timeout_s)

    def _clean(self, text: str) -> str:
        """The text shortened, without the password in any form it could come back in.

        A password of one or two characters is only taken out where it is called one: else it would
        blacken every text it happens to be part of.
        """
        text = re.sub(r"(?i)(password=)[^&\s]*", r"\1***", text)
        if len(self._password) > 2:
            for secret in (self._password, quote(self._password, safe=""), quote(self._password)):
                text = text.replace(secret, "***")
        return shortened(text)

    def _cleaned(self, error: StockwireError) -> StockwireError:
        error.message, error.detail = self._clean(error.message), self._clean(error.detail)
        error.args = (error.message,)
        return error


def _template(reply: Reply, reference: str) -> str:
    return f"{reply.status} {reply.text.replace(reference, _PLACEHOLDER)}"


def _is_readable(reply: Reply) -> bool:
    """A success text is free in its wording (A9), but not in being text; JSON must parse."""
    if not reply.is_json:
        return "\x00" not in reply.text
    try:
        json.loads(reply.text)
    except ValueError:
        return False
    return True
