"""The agent's way out to the hub: which proxy it goes through and whose certificates it trusts.

One answer for the running agent and for `stockwire agent check`. It only looks at settings, environment
and, on Windows, the registry; it opens no connection.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from urllib.request import getproxies, proxy_bypass

import httpx2

from stockwire.agent.config import HubSettings
from stockwire.agent.config_checks import NONE, SYSTEM, is_loopback
from stockwire.errors import NotSetUp
from stockwire.tls import authorities


def proxy_of(hub: HubSettings) -> str:
    """The address of the proxy to the hub, "" for straight to it.

    "system" is HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, and on Windows, where none of them is set,
    the proxy of the user the agent runs as, with its exceptions. A script that chooses a proxy (PAC) is not
    followed.
    """
    if hub.proxy == NONE:
        return ""
    if hub.proxy != SYSTEM:
        return hub.proxy
    url = httpx2.URL(hub.url)
    if is_loopback(hub.url) or proxy_bypass(url.host):
        return ""
    known = getproxies()
    found = known.get(url.scheme, "") or known.get("all", "")
    return found if not found or "://" in found else f"http://{found}"


def trusted(hub: HubSettings) -> ssl.SSLContext:
    """What a certificate of the hub is checked against. Raises NotSetUp when the file is no certificate.

    "system" is the certificate store of Windows, elsewhere OpenSSL's, or what SSL_CERT_FILE or SSL_CERT_DIR
    name.
    """
    if hub.certificates == SYSTEM:
        return authorities()
    try:
        return ssl.create_default_context(cafile=hub.certificates)
    except (ssl.SSLError, OSError) as error:
        raise NotSetUp(
            f"hub.certificates {Path(hub.certificates).name} is no certificate file.",
            hint="Give it in PEM form (it begins with -----BEGIN CERTIFICATE-----).",
            detail=str(error),
        ) from None
