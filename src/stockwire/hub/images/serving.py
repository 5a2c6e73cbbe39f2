"""GET /images/...: a picture to whoever has its signed address: shops, and the people who look at them."""

from __future__ import annotations

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import path

_TYPES = {".jpg": "image/jpeg", ".png": "image/png"}


def image(request: HttpRequest, rest: str) -> HttpResponseBase:
    """200 with the picture, 404 for everything else, a wrong signature included."""
    from stockwire.hub.images.addresses import PREFIX, file_of

    file = file_of(PREFIX + rest)
    if request.method not in {"GET", "HEAD"} or file is None or not file.is_file():
        return HttpResponse("There is nothing here.", status=404, content_type="text/plain")
    response = FileResponse(file.open("rb"), content_type=_TYPES[file.suffix])
    # What an address shows never changes: it names the content.
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


image_urls = [path("images/<path:rest>", image)]
