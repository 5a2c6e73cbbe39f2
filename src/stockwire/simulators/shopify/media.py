"""Pictures by URL. Nothing is downloaded: the address decides whether a picture becomes ready or fails.

A host beginning with `unreachable`, or a file beginning with `missing` or `not-an-image`, fails.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from stockwire.simulators.shopify.fields import field, plain

if TYPE_CHECKING:
    from stockwire.simulators.shopify.fields import Call
    from stockwire.simulators.shopify.shop import Record, Shop

BAD_FILES = ("missing", "not-an-image")


def from_url(shop: Shop, url: str, alt: str | None = None, filename: str | None = None) -> Record:
    """A picture that is being processed and will be ready, or have failed, after `media_s`."""
    now = shop.now()
    picture = shop.new(
        "MediaImage",
        alt=alt or "",
        source=url,
        filename=filename or urlsplit(url).path.rsplit("/", 1)[-1],
        fileStatus="UPLOADED",
        createdAt=now,
        updatedAt=now,
    )
    due = shop.clock.now() + timedelta(seconds=shop.options.media_s)
    shop.agenda.at(due, lambda: _processed(shop, picture))
    return picture


def _processed(shop: Shop, picture: Record) -> None:
    parts = urlsplit(picture["source"])
    bad = (parts.hostname or "").startswith("unreachable") or picture["filename"].startswith(BAD_FILES)
    picture["fileStatus"] = "FAILED" if bad else "READY"
    picture["updatedAt"] = shop.now()


plain("MediaImage", "id alt fileStatus createdAt updatedAt")
plain("Image", "id url altText")
plain("MediaError", "code message details")
plain("FileError", "code message details")


@field("MediaImage.status")
def status(picture: Record, call: Call, given: Record) -> str:
    return str(picture["fileStatus"])


@field("MediaImage.mediaContentType")
def content_type(picture: Record, call: Call, given: Record) -> str:
    return "IMAGE"


@field("MediaImage.mimeType")
def mime_type(picture: Record, call: Call, given: Record) -> str | None:
    ending = picture["filename"].rsplit(".", 1)[-1].lower()
    return {"jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp"}.get(ending)


@field("MediaImage.image")
def image(picture: Record, call: Call, given: Record) -> Record | None:
    """The picture on Shopify's own address, once it is ready."""
    if picture["fileStatus"] != "READY":
        return None
    return {
        "__typename": "Image",
        "id": f"gid://shopify/ImageSource/{picture['number']}",
        "url": f"{call.shop.home}/cdn/files/{picture['number']}/{picture['filename']}",
        "altText": picture["alt"] or None,
    }


@field("MediaImage.mediaErrors")
def media_errors(picture: Record, call: Call, given: Record) -> list[Record]:
    if picture["fileStatus"] != "FAILED":
        return []
    message = "The image could not be downloaded or is no image."
    return [{"code": "IMAGE_DOWNLOAD_FAILURE", "message": message, "details": picture["source"]}]


@field("MediaImage.fileErrors")
def file_errors(picture: Record, call: Call, given: Record) -> list[Record]:
    return media_errors(picture, call, given)  # type: ignore[no-any-return]


@field("MediaImage.originalSource")
def original_source(picture: Record, call: Call, given: Record) -> Any:
    ready = picture["fileStatus"] == "READY"
    return (
        {"url": f"{call.shop.home}/cdn/originals/{picture['number']}/{picture['filename']}"}
        if ready
        else None
    )


plain("MediaImageOriginalSource", "url")
