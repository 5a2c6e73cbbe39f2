"""Signing in and out of the console.

A user name is looked up before its client is known, then everything happens inside that client's scope. A
stranger learns nothing from the time it takes: unknown names cost a password hash too. The session carries
the client, because without it not even the user could be read again.
"""

from __future__ import annotations

import math
import time

import structlog
from django import forms
from django.contrib.auth import login, logout
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from stockwire.hub import tenancy
from stockwire.hub.console.scoped import CLIENT_KEY
from stockwire.hub.console.throttle import Throttle
from stockwire.hub.models import User

log = structlog.get_logger("stockwire.console")
failed_sign_ins = Throttle()
WRONG = "This user name and password do not belong together."


class ConsoleBackend(BaseBackend):
    """People of the console. The names of Django's contract: authenticate, get_user."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None
    ) -> User | None:
        if username is None or password is None:
            return None
        if (found := tenancy.user_by_username(username)) is None:
            make_password(password)  # as long as checking one
            return None
        client_id, user_id = found
        with tenancy.scope(client_id):
            user = User.objects.get(pk=user_id)
            return user if user.check_password(password) and user.is_active else None

    def get_user(self, user_id: int) -> User | None:
        """The user, if active. Nobody outside the scope of their client."""
        return User.objects.filter(pk=user_id, is_active=True).first()


class SignInForm(forms.Form):
    username = forms.CharField(max_length=150)
    password = forms.CharField(max_length=1000, strip=False)


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    next_page = _own_page(request.POST.get("next") or request.GET.get("next") or "/")
    if request.method == "GET":
        if CLIENT_KEY in request.session:
            return HttpResponseRedirect(next_page)
        return _form(request, next_page)
    form = SignInForm(request.POST)
    if not form.is_valid():
        return _form(request, next_page, "Fill in your user name and your password.", status=400)
    username, password = form.cleaned_data["username"], form.cleaned_data["password"]
    address = request.META.get("REMOTE_ADDR", "")
    wait_s = failed_sign_ins.attempt(username, address, time.monotonic())
    if wait_s:
        minutes = math.ceil(wait_s / 60)
        message = f"Too many failed sign-ins for this name. Try again in {minutes} min."
        response = _form(request, next_page, message, status=429)
        response["Retry-After"] = str(math.ceil(wait_s))
        return response
    user = ConsoleBackend().authenticate(request, username, password)
    if user is None:
        # Not the name: people type their password there by mistake.
        log.warning("A sign-in to the console failed", address=address)
        return _form(request, next_page, WRONG, status=403)
    failed_sign_ins.forget(username, address)
    with tenancy.scope(user.client_id):
        login(request, user, backend=f"{ConsoleBackend.__module__}.{ConsoleBackend.__qualname__}")
    request.session[CLIENT_KEY] = user.client_id
    return HttpResponseRedirect(next_page)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return HttpResponseRedirect("/sign-in")


def _form(request: HttpRequest, next_page: str, problem: str = "", status: int = 200) -> HttpResponse:
    username = request.POST.get("username", "")[:150]
    facts = {"next": next_page, "problem": problem, "username": username}
    return render(request, "console/sign_in.html", facts, status=status)


def _own_page(address: str) -> str:
    """A page of this hub; anything that would lead elsewhere becomes the first page."""
    return address if url_has_allowed_host_and_scheme(address, allowed_hosts=None) else "/"
