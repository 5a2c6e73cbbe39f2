"""The web process: console, API and webhooks in one, over TLS when it is given a certificate."""

from __future__ import annotations

import gc

import structlog
import uvicorn

from stockwire.hub.config import HubConfig

log = structlog.get_logger("stockwire.web")
ROOM = 20_000
"""So many new objects before Python looks which of them are garbage: some batches of an agent together."""


def run(config: HubConfig) -> None:
    """Serve until SIGTERM or SIGINT."""
    from stockwire.hub.asgi import application

    scheme = "https" if config.tls_certificate else "http"
    log.info("Hub listens", address=f"{scheme}://{config.host}:{config.port}")
    _spare_what_stays()
    uvicorn.run(
        application,
        host=config.host,
        port=config.port,
        ssl_certfile=config.tls_certificate or None,
        ssl_keyfile=config.tls_key or None,
        proxy_headers=config.behind_tls_proxy,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )


def _spare_what_stays() -> None:
    """What is loaded by now is never garbage. Looking through it every few batches took a tenth of the time
    of a first load.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(ROOM, 10, 10)
