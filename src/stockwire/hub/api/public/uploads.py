"""Files that come through the API: which addresses take large ones, from whom, and where they wait.

A customer file holds passwords, so none gets a name on the disk in the clear: however the process ends, what
was uploaded is gone or encrypted.
"""

from __future__ import annotations

import re
import tempfile
from typing import IO, Any, BinaryIO

from asgiref.sync import sync_to_async
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.db import close_old_connections, connection

from stockwire.hub import tenancy

UPLOADS = re.compile(r"/api/v1/(?:imports|images|sources/[0-9]+/file)")
UPLOAD_BYTES = 500 * 1024 * 1024


async def known_token(authorization: str) -> bool:
    """Whether an Authorization header carries the token of a person."""
    kind, _, token = authorization.partition(" ")
    return kind.lower() == "bearer" and bool(token) and await sync_to_async(_is_known)(token.strip())


def _is_known(token: str) -> bool:
    from stockwire.hub.api.agent_auth import hashed

    close_old_connections()
    try:
        return tenancy.user_by_api_token(hashed(token)) is not None
    finally:
        # This is outside of any request, at whose end Django would see to it.
        connection.close()


def opened(file: UploadedFile) -> BinaryIO:
    """What was uploaded, to be read from its begin."""
    content: BinaryIO = file.file  # type: ignore[assignment]
    content.seek(0)
    return content


class NamelessUpload(FileUploadHandler):
    """Takes files that are too large for memory into one that has no name on the disk."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the request

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._file.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile:
        self._file.seek(0)
        return UploadedFile(self._file, self.file_name, self.content_type, file_size, self.charset)

    def upload_interrupted(self) -> None:
        self._file.close()
