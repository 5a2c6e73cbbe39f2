"""What the agent's commands share: the option that names agent.toml, and how an error is spoken."""

from __future__ import annotations

from pathlib import Path

import click

from stockwire.agent.paths import default_config
from stockwire.errors import StockwireError

config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    default=default_config(),
    show_default=True,
    help="The agent's configuration file.",
)


class _WrongSetting(click.ClickException):
    exit_code = 2


def spoken(error: StockwireError) -> click.ClickException:
    """The error as click prints it: message, hint, detail; exit status 2."""
    text = error.message + (f"\n  {error.hint}" if error.hint else "")
    return _WrongSetting(text + (f"\n  ({error.detail})" if error.detail else ""))
