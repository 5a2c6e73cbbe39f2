"""The command line: `stockwire`. Each command is a few lines; the work is elsewhere.

Groups of commands are imported when they are asked for, so that the agent never loads the hub.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import click

from stockwire.errors import StockwireError

# Command name -> (module, attribute). What is not asked for is not imported.
COMMANDS = {
    "agent": ("stockwire.agent.commands", "agent"),
    "audit": ("stockwire.audit_commands", "audit"),
    "check": ("stockwire.channel_commands", "check_kind"),
    "channel": ("stockwire.channel_commands", "channel"),
    "client": ("stockwire.setup_commands", "client"),
    "flag": ("stockwire.belonging_commands", "flag"),
    "plan": ("stockwire.plan_commands", "plan"),
    "rule": ("stockwire.belonging_commands", "rule"),
    "price": ("stockwire.plan_commands", "price"),
    "why": ("stockwire.plan_commands", "why"),
    "demo": ("stockwire.demo.commands", "demo"),
    "export": ("stockwire.export_commands", "export"),
    "images": ("stockwire.image_commands", "images"),
    "import": ("stockwire.import_commands", "import_group"),
    "migrate": ("stockwire.hub_commands", "migrate"),
    "notify": ("stockwire.notify_commands", "notify"),
    "order": ("stockwire.order_commands", "order"),
    "segment": ("stockwire.attribute_commands", "segment"),
    "sim": ("stockwire.sim_commands", "sim"),
    "source": ("stockwire.linking_commands", "source"),
    "template": ("stockwire.attribute_commands", "template"),
    "up": ("stockwire.hub_commands", "up"),
    "user": ("stockwire.setup_commands", "user"),
    "web": ("stockwire.hub_commands", "web"),
    "worker": ("stockwire.hub_commands", "worker"),
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name]
        found = getattr(import_module(module), attribute)
        assert isinstance(found, click.Command)
        return found

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except StockwireError as error:
            click.echo(f"Error: {error.message}", err=True)
            if error.hint:
                click.echo(f"Fix:   {error.hint}", err=True)
            sys.exit(1)


@click.command(
    cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="stockwire")
def main() -> None:
    """Stockwire joins Omni Accounts with the places a business sells from and ships from.

    Example: stockwire demo
    """


if __name__ == "__main__":
    main()
