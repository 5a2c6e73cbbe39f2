"""How the API answers: MessagePack for the agent's own words, JSON for every error."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

CONTENT_TYPE = "application/x-msgpack"


class ApiError(Exception):
    """An answer with this status, saying what is wrong and what to do."""

    def __init__(self, status: int, message: str, hint: str = "", **more: Any) -> None:
        super().__init__(message)
        self.status, self.body = status, {"message": message, "hint": hint, **more}


def packed(value: msgspec.Struct) -> HttpResponse:
    return HttpResponse(msgspec.msgpack.encode(value), content_type=CONTENT_TYPE)


def api_view(method: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """A view for programs: one method, no cookies and so no CSRF, errors as JSON."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @csrf_exempt
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method != method:
                return JsonResponse({"message": f"Use {method} here.", "hint": ""}, status=405)
            try:
                return view(request, *args, **kwargs)
            except ApiError as error:
                return JsonResponse(error.body, status=error.status)

        return answer

    return decorate
