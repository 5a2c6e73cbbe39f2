"""OmniWebServiceREST as far as it is evidenced, for rehearsals and tests.

Evidenced: the banner, the sign-in by query or Basic, the JSON style, reports, Quote and Sales Order with
an optional reference, text answers. Everything else is an ASSUMPTION with a number and an option
(omni_options.py, docs/simulators/omni.md). It never speaks to a real Omni.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from werkzeug.wrappers import Request, Response

from stockwire.simulators.omni_books import LINES_KEY, Books, Rejected, StoredDocument
from stockwire.simulators.omni_options import OmniOptions
from stockwire.simulators.omni_reports import enveloped, report, slug

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

TEXT = "text/plain; charset=ISO-8859-1"
BANNER = "Omni Web Server. Version {version}. Please contact support for developer API."


def create(**options: Any) -> OmniSimulator:
    """A simulated service; the options are the fields of OmniOptions. Lists may be comma-separated texts."""
    for name in ("customers", "warehouses", "vat_codes", "missing_switches"):
        if name in options and not isinstance(options[name], list | tuple):
            options[name] = [part.strip() for part in str(options[name]).split(",") if part.strip()]
    for name in ("company", "user", "password", "version", "default_warehouse"):
        if name in options:
            options[name] = str(options[name])
    return OmniSimulator(OmniOptions(**options))


class OmniSimulator:
    """The WSGI app, with `state()` and `acts` for the stand."""

    def __init__(self, options: OmniOptions) -> None:
        self.options = options
        self.books = Books(options)
        self.acts: dict[str, Callable[[dict[str, Any]], object]] = {
            "set_stock": self._set_stock,
            "add_stock": self._add_stock,
            "add_customer": self._add_customer,
            "hold_customer": self._hold_customer,
            "set_switch": self._set_switch,
            "close_period": self._close_period,
            "delete_document": self._delete_document,
        }
        self.banner = BANNER.format(version=options.version)
        self._queue = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        with self._queue if self.options.one_at_a_time else nullcontext():  # A26
            if self.options.latency_s:
                threading.Event().wait(self.options.latency_s)
            try:
                response = self._answer(request)
            except Rejected as rejected:
                response = text_answer(rejected.text, rejected.status)
        return response(environ, start_response)

    def state(self) -> dict[str, Any]:
        """Documents with how often each was posted, and stock. Quantities are numbers as texts."""
        return {
            "documents": [
                {
                    "resource": document.resource,
                    "reference": document.reference,
                    "number": document.reference,
                    "posted": document.posted,
                    "body": _plain(_body(document)),
                }
                for document in self.books.documents()
            ],
            "stock": [
                {
                    "stock_code": item.stock_code,
                    "warehouse_code": item.warehouse_code,
                    "level": str(item.level),
                    "reserved": str(item.reserved),
                    "available": str(item.available),
                }
                for item in self.books.stock()
            ],
            "customers": self.books.customers,
            "switches_off": sorted(self.books.switches_off),
            "period_closed": self.books.period_closed,
        }

    def _answer(self, request: Request) -> Response:
        resource, slash, reference = request.path.removeprefix("/").partition("/")
        if not slash or resource not in {"Report", *LINES_KEY}:
            # Recorded: any unknown address answers the banner with 200, /Report without its slash too.
            return text_answer(self.banner)
        params = {name.lower(): value for name, value in request.args.items()}
        self._check_sign_in(request, params)
        self._check_switch("SF187")
        if resource == "Report":
            return self._report(reference, params)
        if resource == "Sales Order":
            self._check_switch("SF083")
        match request.method:
            case "GET":
                return json_answer(enveloped(slug(resource), _body(self.books.document(resource, reference))))
            case "POST":
                self._check_switch("SF109")
                asked = reference if self.options.reference_in_path else ""  # A10
                return self._saved(self.books.post(resource, asked, self._posted(resource, request)))
            case "PUT":
                self._check_switch("SF109")
                return self._saved(self.books.put(resource, reference, self._posted(resource, request)))
            case method:
                raise Rejected(f"{method} is not supported")

    def _check_sign_in(self, request: Request, params: Mapping[str, str]) -> None:
        basic = request.authorization
        if basic is not None and basic.type == "basic":
            user, password = basic.username, basic.password
        else:
            user, password = params.get("username"), params.get("password")
        if (user, password) != (self.options.user, self.options.password):
            raise Rejected("Invalid username or password", self.options.auth_failure_status)  # A16: status
        company = params.get("companyname", "")
        if company != self.options.company:  # Recorded: matched text, double spaces included. A17: the words
            raise Rejected(f'Company "{company}" does not exist')
        if self.options.licence_full:
            raise Rejected("The maximum number of users are logged in")  # A19

    def _check_switch(self, switch: str) -> None:
        if switch in self.books.switches_off:
            raise Rejected(f"Switch {switch} is not enabled")  # A19

    def _report(self, name: str, params: Mapping[str, str]) -> Response:
        if not name:
            raise Rejected("No report name was given")
        items = self.books.stock(fresh=True)
        if warehouse := self.options.report_warehouses.get(name):
            items = [item for item in items if item.warehouse_code == warehouse]
        answer = report(name, items, params, self.options.reports)
        if answer is None:
            raise Rejected(f"Report {name} does not exist")
        return json_answer(answer)

    def _posted(self, resource: str, request: Request) -> Mapping[str, Any]:
        try:
            posted = json.loads(request.get_data(), parse_float=Decimal, parse_int=Decimal)
        except ValueError:
            raise Rejected("The document is not valid JSON") from None
        key = slug(resource)
        if isinstance(posted, dict) and isinstance(posted.get(key), dict):
            return cast("dict[str, Any]", posted[key])
        if isinstance(posted, dict) and not self.options.envelope_required:
            return posted
        raise Rejected(f'"{key}" expected')  # A8

    def _saved(self, document: StoredDocument) -> Response:
        match self.options.success_reply:  # A9
            case "json":
                return json_answer(json.dumps({"reference": document.reference}), self.options.success_status)
            case "silent":
                return text_answer("Saved.", self.options.success_status)
            case _:
                return text_answer(document.reference, self.options.success_status)

    def _set_stock(self, values: dict[str, Any]) -> object:
        item = self.books.set_level(
            str(values["stock_code"]), Decimal(str(values["level"])), str(values.get("warehouse_code", ""))
        )
        return {"stock_code": item.stock_code, "available": str(item.available)}

    def _add_stock(self, values: dict[str, Any]) -> object:
        return self.books.add_stock(values).stock_code

    def _add_customer(self, values: dict[str, Any]) -> object:
        self.books.customers[str(values["code"])] = {"on_hold": False}
        return sorted(self.books.customers)

    def _hold_customer(self, values: dict[str, Any]) -> object:
        self.books.customers[str(values["code"])]["on_hold"] = bool(values.get("on_hold", True))
        return self.books.customers

    def _set_switch(self, values: dict[str, Any]) -> object:
        switch = str(values["switch"]).upper()
        (self.books.switches_off.discard if values.get("on", True) else self.books.switches_off.add)(switch)
        return sorted(self.books.switches_off)

    def _close_period(self, values: dict[str, Any]) -> object:
        self.books.period_closed = bool(values.get("closed", True))
        return self.books.period_closed

    def _delete_document(self, values: dict[str, Any]) -> object:
        resource, reference = str(values.get("resource", "Sales Order")), str(values["reference"])
        try:
            self.books.delete(resource, reference)
        except Rejected as rejected:
            raise ValueError(rejected.text) from rejected
        return reference


def text_answer(text: str, status: int = 200) -> Response:
    return Response(text.encode("iso-8859-1", "replace"), status, content_type=TEXT)


def json_answer(text: str, status: int = 200) -> Response:
    return Response(text.encode(), status, content_type="application/json")


def _body(document: StoredDocument) -> dict[str, Any]:
    """The document inside its envelope. Unknown header keys are kept and echoed (A12)."""
    lines = [{"selling_price_per": Decimal(1), **line} for line in document.lines]
    return {**document.header, LINES_KEY[document.resource]: lines}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Decimal) else value
