"""The web process: console, API and webhooks in one, over TLS when it is given a certificate."""

from __future__ import annotations

import structlog
import uvicorn

from stockwire.hub.config import HubConfig

log = structlog.get_logger("stockwire.web")


def run(config: HubConfig) -> None:
    """Serve until SIGTERM or SIGINT."""
    scheme = "https" if config.tls_certificate else "http"
    log.info("Hub listens", address=f"{scheme}://{config.host}:{config.port}")
    uvicorn.run(
        "stockwire.hub.asgi:application",
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
