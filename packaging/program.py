"""The program of the installed agent: `stockwire agent ...` and nothing of the hub."""

import click

from stockwire.agent.commands import agent


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="stockwire")
def stockwire() -> None:
    """The Stockwire agent, which runs beside Omni Accounts.

    Example: stockwire agent check
    """


stockwire.add_command(agent)

if __name__ == "__main__":
    stockwire(prog_name="stockwire")
