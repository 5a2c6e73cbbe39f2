"""Every address of the console."""

from __future__ import annotations

from django.urls import URLPattern, path

from stockwire.hub.console import actions, health, signing_in, status

console_urls: list[URLPattern] = [
    path("", status.status, name="status"),
    path("status/live", status.status_live, name="status-live"),
    path("sign-in", signing_in.sign_in, name="sign-in"),
    path("sign-out", signing_in.sign_out, name="sign-out"),
    path("channels/<int:channel_id>/resume", actions.resume_channel, name="resume-channel"),
    path(
        "channels/<int:channel_id>/products/try-again", actions.try_products_again, name="try-products-again"
    ),
    path("channels/<int:channel_id>/orders/try-again", actions.try_marks_again, name="try-marks-again"),
    path("orders/<int:order_id>/send-again", actions.send_order_again, name="send-order-again"),
    path("orders/<int:order_id>/release", actions.release_order, name="release-order"),
    path("orders/<int:order_id>/settle", actions.settle_order, name="settle-order"),
    path("healthz", health.healthz, name="healthz"),
]
