"""`stockwire images ...`: upload many, fetch again, list what is wrong, remove."""

from __future__ import annotations

import getpass
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track

from stockwire.errors import Refused
from stockwire.hub_commands import start_django

_CLIENT = click.option("--client", "client_id", type=int, required=True, help="Id of the client.")
_SOURCE = click.option("--source", "source_id", type=int, required=True, help="Id of the source.")
SHOWN = 50


@click.group()
def images() -> None:
    """Pictures of products.

    Example: stockwire images list --client 1 --source 1
    """


@images.command("upload")
@_CLIENT
@_SOURCE
@click.option(
    "--field",
    type=click.Choice(["sku", "source_variant_code", "source_product_code", "barcode"]),
    default="sku",
    show_default=True,
    help="What a file's name, without its ending, is equal to.",
)
@click.option(
    "--replace",
    "rules",
    nargs=2,
    multiple=True,
    help='Find and replace on the names, in order: --replace -1 "" --replace + /',
)
@click.option("--yes", is_flag=True, help="Upload what matches without asking.")
@click.argument("place", type=click.Path(path_type=Path, exists=True))
def upload(
    client_id: int, source_id: int, *, field: str, rules: tuple[tuple[str, str], ...], yes: bool, place: Path
) -> None:
    """Upload the pictures of a folder or a zip; what matches no product is listed before anything is written.

    Example: stockwire images upload --client 1 --source 1 --replace -1 "" pictures.zip
    """
    start_django(None)
    from stockwire.hub.images.addresses import not_shown
    from stockwire.hub.images.uploading import Replace, opened

    with opened(client_id, source_id, place) as ready:
        found = ready.match(field, [Replace(*rule) for rule in rules])
        wrong = [one for one in found if one.problem]
        if wrong:
            click.echo(f"{len(wrong):,} of {len(found):,} files are left out:", err=True)
            for one in wrong[:SHOWN]:
                click.echo(f"{one.name}: {one.problem}\n  Fix: {one.fix}", err=True)
            if len(wrong) > SHOWN:
                click.echo(f"and {len(wrong) - SHOWN:,} more.", err=True)
        good = len(found) - len(wrong)
        if not good:
            raise Refused(
                "No file matches a product.", hint="Look at the names above, and at --field and --replace."
            )
        if not yes:
            click.confirm(f"Upload {good:,} pictures?", abort=True)
        written = ready.write(_who())
    click.echo(f"{written:,} pictures are new; their products are looked at for the channels now.")
    if why := not_shown():
        click.echo(why, err=True)


@images.command("list")
@_CLIENT
@_SOURCE
def list_images(client_id: int, source_id: int) -> None:
    """Show how many images were read, wait, or have a problem, and what the problems are.

    Example: stockwire images list --client 1 --source 1
    """
    start_django(None)
    from stockwire.hub import tenancy
    from stockwire.hub.models import Image

    with tenancy.scope(client_id):
        rows = Image.objects.filter(product__source_id=source_id, active=True)
        wrong = list(rows.exclude(problem="").select_related("product").order_by("id")[:SHOWN])
        read = rows.filter(next_at=None, problem="").count()
        click.echo(f"{read:,} read, {rows.filter(next_at__isnull=False).count():,} waiting to be fetched.")
    for one in wrong:
        again = f"tried again {one.next_at:%Y-%m-%d %H:%M} UTC" if one.next_at else "not tried again"
        click.echo(f"{one.product.source_product_code}  {one.src} ({again})")
        click.echo(f"    {one.problem}\n    Fix: {one.hint}")


@images.command("fetch")
@_CLIENT
@_SOURCE
@click.option("--all", "all_of_them", is_flag=True, help="Every image, not only those with a problem.")
def fetch(client_id: int, source_id: int, all_of_them: bool) -> None:
    """Fetch images again now: those with a problem, or all, as when pictures changed at their address.

    Example: stockwire images fetch --client 1 --source 1 --all
    """
    start_django(None)
    from stockwire.hub.images.fetching import BATCH, fetch_again, fetch_due

    count = fetch_again(client_id, source_id, all_of_them=all_of_them)
    for _ in track(range(-(-count // BATCH)), "Fetching", console=Console(stderr=True), transient=True):
        fetch_due(client_id, BATCH)
    click.echo(f"{count:,} images were looked at again; `stockwire images list` says what came of it.")


@images.command("remove")
@_CLIENT
@_SOURCE
@click.argument("product_code")
@click.argument("addresses", nargs=-1)
def remove(client_id: int, source_id: int, product_code: str, addresses: tuple[str, ...]) -> None:
    """Take images off a product: those with these addresses (as exported), or all of them.

    Example: stockwire images remove --client 1 --source 1 BOLT-8 https://cdn.example.co.za/old.jpg
    """
    start_django(None)
    from stockwire.hub.images.removing import remove_images

    count = remove_images(client_id, source_id, product_code, addresses, _who())
    click.echo(f"{count:,} images are off {product_code}.")


def _who() -> str:
    return f"{getpass.getuser()} (command line)"
