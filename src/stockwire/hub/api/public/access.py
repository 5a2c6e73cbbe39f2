"""What every address of the JSON API shares: the caller's rights, and errors in the operator's words."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.db import DataError
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Router, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from pydantic import ConfigDict

from stockwire.errors import NotSetUp, Refused, StockwireError, TryLater
from stockwire.hub.api.public.tokens import Caller, TokenAuth
from stockwire.hub.models import Role

log = logging.getLogger("django.request")
STATUS = {Refused: 422, NotSetUp: 409, TryLater: 503}


class Given(Schema):
    """What a call gives: a name that means nothing is an error, and not passed over in silence."""

    model_config = ConfigDict(extra="forbid")


class Request(HttpRequest):
    """What a view of the API is given."""

    auth: Caller


def may_change(request: Request) -> None:
    """Raises a 403 for people who may only look."""
    if request.auth.role != Role.ADMINISTRATOR:
        raise HttpError(403, "You may look but not change. Ask an administrator of your business.")


def new_api() -> NinjaAPI:
    """The API without its addresses."""
    api = NinjaAPI(
        title="Stockwire",
        version="1",
        auth=TokenAuth(),
        docs_url=None,
        urls_namespace="public-api",
        description="Amounts are text, so that no cent is lost. Errors carry message and hint.",
    )

    def told(status: int, message: str, hint: str = "", **more: Any) -> Callable[[HttpRequest], HttpResponse]:
        body = {"message": message, "hint": hint, **more}
        return lambda request: api.create_response(request, body, status=status)

    @api.exception_handler(StockwireError)
    def ours(request: HttpRequest, error: StockwireError) -> HttpResponse:
        status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)
        return told(status, error.message, error.hint)(request)

    @api.exception_handler(AuthenticationError)
    def unknown(request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
        hint = "Send `Authorization: Bearer TOKEN`; `stockwire user token` makes one."
        return told(401, "The hub does not know this API token.", hint)(request)

    @api.exception_handler(ValidationError)
    def wrong(request: HttpRequest, error: ValidationError) -> HttpResponse:
        said = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors)
        return told(422, f"The request cannot be used: {said}.", "Correct the named parts.")(request)

    @api.exception_handler(HttpError)
    def refused(request: HttpRequest, error: HttpError) -> HttpResponse:
        hint = "Send JSON." if "parse request body" in str(error) else ""
        return told(error.status_code, str(error), hint)(request)

    @api.exception_handler(Exception)
    def broken(request: HttpRequest, error: Exception) -> HttpResponse:
        if isinstance(error, DataError) and "NUL" in str(error):
            return told(422, "The request holds a NUL character.", "Take it out; it cannot be seen.")(request)
        log.error("Internal Server Error: %s", request.path, exc_info=error)
        hint = "Nothing you did caused this. Try again in a minute; the hub's log has the rest."
        return told(500, "Something went wrong in Stockwire.", hint)(request)

    return api


otherwise = Router()


@otherwise.api_operation(["GET", "POST", "PUT", "PATCH", "DELETE"], "/{path:rest}", include_in_schema=False)
def no_such_address(request: Request, rest: str) -> None:
    """For every address that is none, so that a program is answered in JSON here too."""
    raise HttpError(404, f"There is no {request.method} {rest} in the API; openapi.json lists what there is.")
