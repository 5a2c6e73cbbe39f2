"""Staged uploads: addresses for files, and the files that were sent there.

The signature of an address is checked, as the real storage does; sizes are 1 byte to 100 MB.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from stockwire.simulators.shopify import given
from stockwire.simulators.shopify.fields import field, inputs, plain

if TYPE_CHECKING:
    from stockwire.simulators.shopify.fields import Call
    from stockwire.simulators.shopify.shop import Record, Shop

MOST_BYTES = 104_857_600
PATH = "/staged-uploads/"
FOLDERS = {"BULK_MUTATION_VARIABLES": "bulk", "IMAGE": "files", "FILE": "files"}

plain("StagedMediaUploadTarget", "url resourceUrl parameters")
plain("StagedUploadParameter", "name value")
inputs("StagedUploadInput", "resource filename mimeType httpMethod fileSize")


@field("Mutation.stagedUploadsCreate", takes="input")
def create(_: Any, call: Call, sent: Record) -> Record:
    """An address for each file, to be POSTed to as a form, or PUT to."""
    given.too_many(len(sent["input"]), 250)
    return {"stagedTargets": [_target(call.shop, row) for row in sent["input"]]}


def _target(shop: Shop, row: Record) -> Record:
    folder = FOLDERS.get(row["resource"], "files")
    key = f"tmp/8000000001/{folder}/{secrets.token_hex(16)}/{row['filename']}"
    signature = secrets.token_hex(32)
    shop.uploads[key] = {"signature": signature, "body": None, "type": row["mimeType"]}
    base = f"{shop.home}{PATH}"
    if row.get("httpMethod") == "POST":
        values = {
            "Content-Type": row["mimeType"],
            "success_action_status": "201",
            "acl": "private",
            "key": key,
            "x-goog-signature": signature,
        }
        url = base
    else:
        values = {"content_type": row["mimeType"], "acl": "private"}
        url = f"{base}{key}?X-Goog-Signature={signature}"
    parameters = [{"name": name, "value": value} for name, value in values.items()]
    resource = url if folder == "bulk" else f"{base}{key}"
    return {"url": url, "resourceUrl": resource, "parameters": parameters}


def received(shop: Shop, request: Request, key: str) -> Response:
    """POST with a form, or PUT: keep the file."""
    if request.method == "PUT":
        signature, body = request.args.get("X-Goog-Signature"), request.get_data()
    else:
        key, signature = request.form.get("key", ""), request.form.get("x-goog-signature")
        file = request.files.get("file")
        body = file.read() if file is not None else b""
    held = shop.uploads.get(key)
    if held is None or signature != held["signature"]:
        return _xml(403, "<Error><Code>SignatureDoesNotMatch</Code></Error>")
    if request.method == "POST" and not 1 <= len(body) <= MOST_BYTES:
        code = "EntityTooSmall" if not body else "EntityTooLarge"
        return _xml(400, f"<Error><Code>{code}</Code></Error>")
    held["body"] = body
    if request.method == "PUT":
        return Response(b"", 200)
    tag = hashlib.md5(body, usedforsecurity=False).hexdigest()
    location = f"{shop.home}{PATH}{key}"
    return _xml(
        201,
        f"<PostResponse><Location>{location}</Location><Bucket>staged-uploads</Bucket><Key>{key}</Key>"
        f'<ETag>"{tag}"</ETag></PostResponse>',
    )


def _xml(status: int, text: str) -> Response:
    body = f"<?xml version='1.0' encoding='UTF-8'?>{text}"
    return Response(body, status, content_type="application/xml; charset=UTF-8")
