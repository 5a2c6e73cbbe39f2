"""The worker process: procrastinate carries the wake-ups, our verbs do the work."""

from __future__ import annotations

import asyncio

import structlog
from django.conf import settings
from procrastinate.contrib.django import app

log = structlog.get_logger("stockwire.worker")
# Heartbeats a worker may miss before it is taken for dead.
HEARTBEATS = 5
# Its row goes much later: nobody may forget a worker that is only slow.
FORGOTTEN_AFTER_S = 600.0
# A waiting lock-mate starts at the next poll, and nobody should wait longer than this for one.
POLL_S = 0.5


def run() -> None:
    """Work until SIGTERM or SIGINT; jobs in hand get ten seconds to end, then their leases run out."""
    asyncio.run(_run())


async def _run() -> None:
    # A second app with the worker's own connector: tasks go on deferring through Django's connection, in
    # the transaction of the rows they speak of.
    worker_app = app.with_connector(app.connector.get_worker_connector())
    log.info("Worker started", concurrency=settings.CONFIG.workers)
    async with worker_app.open_async():
        await worker_app.run_worker_async(
            concurrency=settings.CONFIG.workers,
            fetch_job_polling_interval=POLL_S,
            listen_notify=True,
            update_heartbeat_interval=settings.CONFIG.worker_lost_s / HEARTBEATS,
            stalled_worker_timeout=FORGOTTEN_AFTER_S,
            delete_jobs="always",
            install_signal_handlers=True,
            shutdown_graceful_timeout=10,
        )
    log.info("Worker stopped")
