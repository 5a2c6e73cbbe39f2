"""`stockwire up`, `web`, `worker` and `migrate`: the hub's processes from the command line."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import click

from stockwire.hub import config as hub_config

_CONFIG = click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="STOCKWIRE_CONFIG",
    help="TOML file with the hub's configuration; the environment wins over it.",
)


@click.command()
@_CONFIG
def up(config_file: Path | None) -> None:
    """Run the hub: web, worker and, when DATABASE_URL is not set, a private PostgreSQL.

    SIGTERM or Ctrl-C stops all of it; a private PostgreSQL that was running before is left running.

    Settings come from the TOML file and from the environment as STOCKWIRE_<NAME>:
    host, port (8080), public_url, tls_certificate, tls_key, behind_tls_proxy, data_folder,
    allowed_hosts, secret_key, poll_orders_s, agent_silent_s, workers, log_json, smtp_host and the rest of
    docs/operate.md.

    Example: STOCKWIRE_PUBLIC_URL=https://hub.example.co.za stockwire up --config stockwire.toml
    """
    from stockwire import up as running
    from stockwire.hub import logs

    config = hub_config.load(config_file)
    logs.configure(config.log_json)
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    signal.signal(signal.SIGINT, lambda *_: stopping.set())
    with running.database(config, config_file) as env:
        running.migrate(env)
        processes = running.Processes(env, stopping=stopping)
        try:
            processes.start("web", "web")
            processes.start("worker", "worker")
            processes.watch()
        finally:
            processes.stop()


@click.command()
@_CONFIG
def web(config_file: Path | None) -> None:
    """Run only the hub's web process (console, API, webhooks) against DATABASE_URL.

    Example: stockwire web --config stockwire.toml
    """
    config = start_django(config_file)
    from stockwire.hub import web as web_process

    web_process.run(config)


@click.command()
@_CONFIG
def worker(config_file: Path | None) -> None:
    """Run only a worker. As many as you like, on as many machines as you like.

    Example: stockwire worker --config stockwire.toml
    """
    start_django(config_file)
    from stockwire.hub import worker as worker_process

    worker_process.run()


@click.command()
@_CONFIG
def migrate(config_file: Path | None) -> None:
    """Bring the database's tables to this version, as their owner (DATABASE_ADMIN_URL).

    Example: DATABASE_ADMIN_URL=postgresql://owner:...@db/stockwire stockwire migrate
    """
    from stockwire import up as running

    config = hub_config.load(config_file)
    running.migrate(running.environment(config, config_file))
    click.echo("The tables are up to date.")


def start_django(config_file: Path | None) -> hub_config.HubConfig:
    """Set this process up as part of the hub, as the plain application role."""
    from stockwire import up as running
    from stockwire.hub import logs

    config = hub_config.load(config_file)
    logs.configure(config.log_json)
    os.environ.update(running.environment(config, config_file))
    import django

    django.setup()
    from stockwire.hub.database import (
        refuse_a_database_that_is_not_ready,
        refuse_a_role_that_bypasses_tenancy,
    )

    refuse_a_database_that_is_not_ready()
    refuse_a_role_that_bypasses_tenancy()
    return hub_config.load(config_file)
