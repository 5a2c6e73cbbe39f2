"""Sign-ins end by themselves, and what is left of them is cleared away every night."""

from __future__ import annotations

from typing import Any


def test_expired_sign_ins_are_forgotten_and_the_others_go_on(hub: Any, new_user: Any, browser: Any) -> None:
    from stockwire.hub import jobs

    old, here = browser(new_user("thandi")), browser(new_user("sipho"))
    [gone] = [cookie.value for name, cookie in old.cookies.items() if "session" in name]
    hub.owner.execute(
        "update django_session set expire_date = now() - interval '1 minute' where session_key = %s", [gone]
    )
    jobs.forget_expired_sessions(timestamp=0)
    assert [row[0] for row in hub.rows("select session_key from django_session")] == [
        cookie.value for name, cookie in here.cookies.items() if "session" in name
    ]
    assert here.get("/").status_code == 200
    assert old.get("/").status_code == 302


def test_the_worker_does_it_every_night(hub: Any) -> None:
    from stockwire.hub import jobs

    nightly = {task.task.name: task.cron for task in jobs.app.periodic_registry.periodic_tasks.values()}
    assert nightly["forget_expired_sessions"] == "17 3 * * *"
