"""Every background task: its name, its lock, its schedule. Each calls one verb and decides nothing.

A job is a wake-up ("this lane has work"), never data or order. Losing one costs a few seconds: `tick` wakes
every lane that is due.
"""

from __future__ import annotations

import os
import socket

import structlog
from django.db import transaction
from django.utils import timezone
from procrastinate import exceptions
from procrastinate.contrib.django import app

from stockwire.hub import tenancy

log = structlog.get_logger("stockwire.worker")
OWNER = f"{socket.gethostname()}:{os.getpid()}"
STALLED_S = 30


def wake(client_id: int, lane_id: int) -> None:
    """Ask for this lane to be worked on, in the transaction of the caller. A waiting request is enough."""
    lane = f"lane:{lane_id}"
    try:
        # The unique index behind queueing_lock would spoil the caller's transaction: a savepoint.
        with transaction.atomic():
            work_lane.configure(lock=lane, queueing_lock=lane).defer(client_id=client_id, lane_id=lane_id)
    except exceptions.AlreadyEnqueued:
        pass


@app.task(name="work_lane")
def work_lane(client_id: int, lane_id: int) -> None:
    from stockwire.hub.sync import work

    work.lane(client_id, lane_id, OWNER)


@app.periodic(cron="* * * * * */5")
@app.task(name="tick", queueing_lock="tick", lock="tick")
def tick(timestamp: int) -> None:
    """Wake every lane that is due: the net under all wake-ups."""
    for client_id, lane_id in tenancy.due_lanes(timezone.now()):
        wake(client_id, lane_id)


@app.periodic(cron="* * * * * */15")
@app.task(name="retry_stalled_jobs", queueing_lock="retry_stalled_jobs", lock="retry_stalled_jobs")
async def retry_stalled_jobs(timestamp: int) -> None:
    """Jobs of a killed worker stay "doing" for ever unless somebody puts them back."""
    stalled = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_S)
    for job in stalled:
        log.warning("A worker died in the middle of a job; it is done again", job=job.task_name)
        await app.job_manager.retry_job(job)
