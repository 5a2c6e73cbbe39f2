"""`stockwire sim`: the simulated systems, to rehearse on."""

from __future__ import annotations

import signal
import threading
from importlib import import_module
from typing import Any

import click

from stockwire.errors import NotSetUp

SYSTEMS = {
    "omni": ("stockwire.simulators.omni", 8081, "OmniWebServiceREST"),
    "shopify": ("stockwire.simulators.shopify", 8083, "a Shopify shop"),
    "woocommerce": ("stockwire.simulators.woocommerce", 8082, "a WooCommerce shop"),
}


@click.command()
@click.argument("system", type=click.Choice(sorted(SYSTEMS)))
@click.option("--port", type=int, help="Port of the system (omni 8081, woocommerce 8082, shopify 8083).")
@click.option("--control-port", type=int, help="Port of the control endpoint (default: the port plus 1000).")
@click.option(
    "--option",
    "options",
    multiple=True,
    metavar="NAME=VALUE",
    help="An option of this simulator; repeatable.",
)
def sim(system: str, port: int | None, control_port: int | None, options: tuple[str, ...]) -> None:
    """Run a simulated SYSTEM on this machine, with faults on demand (docs/simulators).

    Example: stockwire sim woocommerce --port 8082
    """
    from stockwire.simulators.stand import Stand

    module, default_port, title = SYSTEMS[system]
    chosen = port if port is not None else default_port
    try:
        app = import_module(module).create(**_typed(options))
    except (TypeError, ValueError) as error:
        raise NotSetUp(
            f"The simulator cannot be made so: {error}",
            hint=f"docs/simulators/{system}.md lists its options.",
        ) from None
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    signal.signal(signal.SIGINT, lambda *_: stopping.set())
    control = control_port if control_port is not None else (chosen + 1000 if chosen else 0)
    stand = Stand(app, port=chosen, control_port=control)
    try:
        stand.start()
    except OSError as error:
        raise NotSetUp(
            f"Port {chosen} or {control} cannot be listened on: {error.strerror}.",
            hint="Choose others with --port and --control-port.",
        ) from None
    try:
        click.echo(f"{title} at {stand.url}, control at {stand.control_url} (Ctrl-C to stop)")
        stopping.wait()
    finally:
        stand.stop()


def _typed(options: tuple[str, ...]) -> dict[str, Any]:
    """NAME=VALUE pairs; true, false and numbers become what they say."""
    typed: dict[str, Any] = {}
    for option in options:
        name, found, text = option.partition("=")
        if not found:
            raise click.BadParameter(f"{option!r} is not NAME=VALUE", param_hint="--option")
        if text.lower() in {"true", "false"}:
            typed[name] = text.lower() == "true"
        else:
            try:
                typed[name] = float(text) if "." in text else int(text)
            except ValueError:
                typed[name] = text
    return typed
