"""Every background task: its name, its lock, its schedule. Each calls one verb and decides nothing.

A job is a wake-up ("this lane has work"), never data or order. Losing one costs a few seconds: `tick` wakes
every lane that is due.
"""

from __future__ import annotations

import json
import os
import socket
from typing import Any

import structlog
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from procrastinate import exceptions
from procrastinate.contrib.django import app
from procrastinate.jobs import Job, Status

from stockwire import dying
from stockwire.hub import tenancy

log = structlog.get_logger("stockwire.worker")
IMAGES_AT_ONCE = 200
# An agent cannot have been heard by a hub that was not up.
UP_SINCE = timezone.now()
OWNER = f"{socket.gethostname()}:{os.getpid()}"


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
    dying.step("worker-ticking")
    for client_id, lane_id in tenancy.due_lanes(timezone.now()):
        wake(client_id, lane_id)


# No lock: the job of a worker that died in here would keep it, and nobody could ever take anything over.
@app.periodic(cron="* * * * * */5")
@app.task(name="take_over_from_the_dead", queueing_lock="take_over_from_the_dead")
async def take_over_from_the_dead(timestamp: int) -> None:
    """Jobs of a killed worker stay "doing" for ever, and keep their locks, unless somebody ends them.

    They are not put back: a newer request for the same lane may be waiting, and there is room for one only.
    The lane is set free and woken instead, and then the dead job goes. Doing this twice does no harm.
    """
    lost_s = settings.CONFIG.worker_lost_s
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=lost_s):
        log.warning("A worker died in the middle of a job; it is done again", job=job.task_name)
        if job.task_name == work_lane.name:
            await sync_to_async(_free_lane)(**_arguments(job))
        elif job.task_name == work_import.name:
            await sync_to_async(_free_import)(**_arguments(job))
        dying.step("worker-lane-freed")
        try:
            await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=True)
        except exceptions.ConnectorException as error:
            log.info("The job of a worker thought dead ended after all", job=job.task_name, why=str(error))


def _arguments(job: Job) -> dict[str, int]:
    """Through Django's connection they come as the text of the JSON, else read."""
    given: Any = job.task_kwargs
    arguments: dict[str, int] = json.loads(given) if isinstance(given, str) else given
    return arguments


def _free_lane(client_id: int, lane_id: int) -> None:
    from stockwire.hub.sync import lanes

    with tenancy.scope(client_id):
        lanes.take_from_the_dead(lane_id)
        wake(client_id, lane_id)


def _free_import(client_id: int, import_id: int) -> None:
    """It goes on at the next tick; its job can be asked for again only once the dead one is gone."""
    from stockwire.hub.sync import import_jobs

    import_jobs.take_from_the_dead(client_id, import_id)


@app.task(name="fetch_source")
def fetch_source(client_id: int, source_id: int) -> None:
    from stockwire.hub.sync import fetch_source as verb

    verb.fetch(client_id, source_id)


@app.periodic(cron="*/1 * * * *")
@app.task(name="tick_fetches", queueing_lock="tick_fetches", lock="tick_fetches")
def tick_fetches(timestamp: int) -> None:
    """Have every linked source fetched that is due. A fetch that died is due again when its lease is over."""
    for client_id, source_id in tenancy.due_fetches(timezone.now()):
        start_fetch(client_id, source_id)


def start_fetch(client_id: int, source_id: int) -> None:
    """Have a linked source fetched, in the transaction of the caller."""
    _defer(fetch_source, f"fetch:{source_id}", client_id=client_id, source_id=source_id)


@app.task(name="work_import")
def work_import(client_id: int, import_id: int) -> None:
    from stockwire.hub.sync import import_jobs

    import_jobs.work(client_id, import_id)


def start_import(client_id: int, import_id: int) -> None:
    """Have an import worked off, in the transaction of the caller."""
    _defer(work_import, f"import:{import_id}", client_id=client_id, import_id=import_id)


@app.periodic(cron="* * * * * */10")
@app.task(name="tick_imports", queueing_lock="tick_imports", lock="tick_imports")
def tick_imports(timestamp: int) -> None:
    """Have every import go on that waits, or whose worker is gone."""
    for client_id, import_id in tenancy.due_imports(timezone.now()):
        start_import(client_id, import_id)


@app.periodic(cron="20 3 * * *")
@app.task(name="forget_old_imports", queueing_lock="forget_old_imports")
def forget_old_imports(timestamp: int) -> None:
    from stockwire.hub.sync import import_jobs

    now = timezone.now()
    for client_id in tenancy.clients_with_imports():
        import_jobs.forget_old(client_id, now)


@app.task(name="fetch_images")
def fetch_images(client_id: int) -> None:
    from stockwire.hub.images.fetching import fetch_due

    fetch_due(client_id, IMAGES_AT_ONCE)


@app.periodic(cron="* * * * * */10")
@app.task(name="tick_images", queueing_lock="tick_images", lock="tick_images")
def tick_images(timestamp: int) -> None:
    """Have images fetched for every client that has some, so many at a time that nobody waits long."""
    for client_id in tenancy.clients_with_due_images(timezone.now()):
        _defer(fetch_images, f"images:{client_id}", client_id=client_id)


def _defer(task: Any, lock: str, **arguments: int) -> None:
    """One job under this lock, waiting or at work, is enough."""
    try:
        with transaction.atomic():
            task.configure(lock=lock, queueing_lock=lock).defer(**arguments)
    except exceptions.AlreadyEnqueued:
        pass


@app.periodic(cron="* * * * *")
@app.task(name="tell_of_trouble", queueing_lock="tell_of_trouble", lock="tell_of_trouble")
def tell_of_trouble(timestamp: int) -> None:
    """Alerts that began, and those that are over, go out by e-mail: once each."""
    from stockwire.hub.sync import notify

    for client_id in tenancy.clients_to_tell():
        notify.client(client_id, timezone.now(), UP_SINCE)


@app.periodic(cron="40 2 * * *")
@app.task(name="prune_audit", queueing_lock="prune_audit")
def prune_audit(timestamp: int) -> None:
    from stockwire.hub.sync import audit_trail

    audit_trail.prune()


@app.periodic(cron="17 3 * * *")
@app.task(name="forget_expired_sessions", queueing_lock="forget_expired_sessions")
def forget_expired_sessions(timestamp: int) -> None:
    """Sign-ins that have run out are of no use to anybody; every one ever made would stay otherwise."""
    from django.contrib.sessions.backends.db import SessionStore

    SessionStore.clear_expired()


@app.periodic(cron="7 * * * *")
@app.task(name="reconcile_nightly", queueing_lock="reconcile_nightly")
def reconcile_nightly(timestamp: int) -> None:
    """Ask for a comparison with what is really there wherever a channel's hour has come."""
    from stockwire.hub.sync import drift_reports

    drift_reports.ask_for_due(timezone.now())
