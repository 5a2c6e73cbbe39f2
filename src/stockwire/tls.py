"""The authorities that certificates are checked against, loaded once per process.

Reading them takes some 40 ms, and a connection to a shop is opened for every run over its lane. A store that
changes is read again when the process starts again; hub and agent choose nothing else here.
"""

from __future__ import annotations

import os
import ssl
from functools import cache

import httpx2


def authorities() -> ssl.SSLContext:
    """The system's, or what SSL_CERT_FILE or SSL_CERT_DIR name. Shared by threads and connections."""
    return _named_by(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@cache
def _named_by(_file: str | None, _folder: str | None) -> ssl.SSLContext:
    return httpx2.create_ssl_context()
