"""Every signed-in view runs for one client: inside `tenancy.scope`, with `request.user` and `request.client`.

Whoever is not signed in is sent to the sign-in page. A view behind these decorators makes no call to another
system, because a transaction is open around it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import get_user
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from stockwire.hub import tenancy
from stockwire.hub.models import Client, Role, User

CLIENT_KEY = "client_id"


class SignedInRequest(HttpRequest):
    """What a signed-in view is given."""

    user: User
    client: Client


View = Callable[..., HttpResponseBase]


def signed_in(view: View) -> View:
    """Only for people who are signed in, whatever their role."""

    @wraps(view)
    def inside(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        client_id = request.session.get(CLIENT_KEY)
        if client_id is not None:
            with tenancy.scope(client_id):
                # Also checks that the password is still the one of the sign-in.
                user = get_user(request)
                if isinstance(user, User):
                    request.user = user
                    request.client = Client.objects.get(pk=client_id)
                    response = view(request, *args, **kwargs)
                    response.setdefault("Cache-Control", "no-store, private")
                    return response
            request.session.flush()
        return _to_sign_in(request)

    return inside


def administrators_only(view: View) -> View:
    """Only for people who may change things; others get a 403 that says who can help."""

    @wraps(view)
    def allowed(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may_change(request.user):
            raise PermissionDenied("You may look but not change. Ask an administrator of your business.")
        return view(request, *args, **kwargs)

    return signed_in(allowed)


def may_change(user: User) -> bool:
    return bool(user.role == Role.ADMINISTRATOR)


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    back_to = request.get_full_path() if request.method == "GET" else "/"
    if request.headers.get("HX-Request"):
        # A refreshed part of a page must not be replaced by a sign-in form: the whole page goes there.
        return HttpResponse(status=204, headers={"HX-Redirect": reverse("sign-in")})
    query = "" if back_to == "/" else "?" + urlencode({"next": back_to})
    return HttpResponseRedirect(reverse("sign-in") + query)
