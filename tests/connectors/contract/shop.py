"""What the contract asks of a shop: the shop as its owner sees it, without the code under test deciding what
that means. A rig without a capability needs none of its methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from stockwire.ports import Channel, ChannelConnector
from stockwire.simulators.stand import Stand


@dataclass(frozen=True, slots=True)
class OnShelf:
    """A product, or a variant of one, as the shop's owner sees it. `options` are what buyers choose it by."""

    code: str
    title: str
    price: Decimal | None
    quantity: int | None
    sku: str = ""
    options: Mapping[str, str] = field(default_factory=dict)


class Shop(Protocol):
    """What the contract needs of a shop besides the connector. `stand` is None for a real shop."""

    connector: ChannelConnector
    stand: Stand | None
    write_path: str

    def open(self, **given: Any) -> Channel: ...

    def settings(self, **given: Any) -> Any: ...

    def on_shelf(self, sku: str) -> Sequence[OnShelf]: ...

    def shelve(self, sku: str) -> str:
        """The owner makes a product by hand."""
        ...

    def shelve_something_else(self, sku: str) -> None:
        """The owner gives the SKU to something that is no simple product."""
        ...

    def discard(self, code: str) -> None:
        """The owner deletes a product for good."""
        ...

    def below(self, code: str) -> Mapping[str, OnShelf]:
        """The variants of a product by SKU. Needed with variants, as are the four that follow."""
        ...

    def named(self, title: str) -> Sequence[str]:
        """The codes of all products with this title that are not thrown away."""
        ...

    def shelve_variants(self, names: Sequence[str], variants: Mapping[str, Sequence[str]]) -> str:
        """The owner makes a product with variants by hand: option values by SKU."""
        ...

    def shelve_below(self, code: str, sku: str, values: Mapping[str, str]) -> None:
        """The owner adds a variant by hand."""
        ...

    variant_write_path: str
    """Part of the address of calls that write variants of a product that is there already."""

    order_path: str
    """Part of the address of calls that read orders."""

    most_stock: int
    """The largest quantity the shop takes."""

    wrong_credentials: Mapping[str, str]
    """Settings the shop does not accept."""

    gives_out_secrets: bool
    """True where webhooks are signed with a secret of ours, False where it is the shop's to give."""

    def word(self, status: str) -> str:
        """What the channel calls an order that is processing, on-hold, completed or cancelled."""
        ...

    def number_of(self, code: str) -> str:
        """The number that people see."""
        ...

    def pictures(self, code: str) -> Sequence[str]:
        """What tells the pictures of a product apart, in their order. Needed with images, as are the next."""
        ...

    def hang(self, code: str, address: str) -> None:
        """The owner adds a picture by hand, behind the others."""
        ...

    def address(self, name: str) -> str:
        """Where the shop can fetch a picture."""
        ...

    with_pictures: Mapping[str, str]
    """Settings with which pictures are sent."""

    def told(self, code: str) -> Sequence[str]:
        """What the shop was told of shipments of an order, each once: texts that name the tracking number.
        Needed with fulfilment, as is the next."""
        ...

    ship_path: str
    """Part of the address of calls that tell of a shipment."""

    def place_order(self, lines: Mapping[str, int], status: str = "processing") -> str: ...

    def set_status(self, code: str, status: str) -> None: ...

    def settle(self) -> None:
        """The shop's own search has caught up with everything."""
        ...

    def webhook_is_off(self) -> bool:
        """The shop has given up the webhook of changed orders."""
        ...

    def delete_order(self, code: str) -> None: ...

    def delivery(self, code: str) -> tuple[Mapping[str, str], bytes]:
        """A webhook of this order, signed as the shop signs."""
        ...
