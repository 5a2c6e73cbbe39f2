"""What a Source, a Channel and a Carrier must do, and the words they do it with.

The engine knows these and nothing else of a connector. It branches on Capabilities, never on a name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from pydantic import BaseModel

from stockwire.domain.order_policy import OrderPolicy
from stockwire.domain.records import Image, Order, RowProblem, Shipment, SourceProduct
from stockwire.domain.terms import SettingTerms
from stockwire.errors import StockwireError

Value = str | int | bool | Decimal | tuple[str, ...] | None
"""What a field can hold. A tuple is a list of images, by content hash (by address while unread)."""


class Group(StrEnum):
    """Field groups: what a channel confirms together and the hub remembers together."""

    CONTENT = "content"
    PRICE = "price"
    STOCK = "stock"
    IMAGES = "images"


class Action(StrEnum):
    ADD = "add"
    UPDATE = "update"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Link:
    """Their identity for one variant: product id and, where variants have one, variant id (else "").

    `memory` is what the connector wants to be handed back with the link (an inventory item id, the ids of
    images it made); it belongs to the connector, is kept with the link, and makes no two links different.
    """

    product_code: str
    variant_code: str = ""
    memory: Mapping[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field-level difference we intend to send. `before` is what the channel last confirmed."""

    group: Group
    name: str
    before: Value
    after: Value
    reason: str = ""


@dataclass(frozen=True, slots=True)
class VariantChange:
    """What one variant of a product with variants needs: as Change, for one SKU below a product.

    `option_values` are its values in the order of the product's `option_names`; never empty.
    """

    key: str
    sku: str
    action: Action
    fields: tuple[FieldChange, ...] = ()
    link: Link | None = None
    option_values: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """Everything one product needs on one channel, computed when it is sent.

    `key` is the hub's own handle and opaque to the connector; `code` is the product code, stable and unique
    within the channel, for channels that can be written to by an id of ours. For ADD, `fields` is the whole
    wanted state and `link` is None: the connector links an existing product by SKU or creates one, as its
    settings say. For REMOVE, `fields` is empty and `link` says what to take away.

    A simple product is its own only variant: `sku` is its SKU, `fields` holds everything, `variants` is
    empty. A product with variants has `option_names` (one to three); `fields` holds what belongs to the
    product, `variants` only those variants that are to be added, changed or taken away, and `link` is the
    product's own (without a variant code). Its `sku` is the product code and no SKU of the channel. A push
    may name variants with an ADD below a product that is linked already. REMOVE takes the whole product.
    A change that only takes variants away from a product may have no option names.

    Field names. content: title, body_html, collection, product_type, vendor, tags, active, meta.<key>,
    option_names, and for a variant barcode, grams, option_values; price: price, compare_at; stock: quantity,
    quantity@<location>, inventory_management; images: images; and map.<key> for what a field map of the
    settings yields, as JSON text. Money is Decimal; a quantity is an int. `images` is given in order whenever
    the field images is.
    """

    key: str
    sku: str
    action: Action
    fields: tuple[FieldChange, ...] = ()
    link: Link | None = None
    reason: str = ""
    code: str = ""
    option_names: tuple[str, ...] = ()
    variants: tuple[VariantChange, ...] = ()
    images: tuple[Image, ...] = ()

    @property
    def has_variants(self) -> bool:
        """Whether it speaks of a product with variants."""
        return bool(self.option_names or self.variants)


@dataclass(frozen=True, slots=True)
class Done:
    """The channel confirmed the change. `link` is None once the product is gone from the channel.

    `seen` holds the fields the channel answered with, where its answer shows them; a value that differs
    from what was sent is the channel's own doing and worth a word to the operator. `note` says in plain
    English what was done when that is not obvious (linked by SKU, adopted, left alone by a setting).

    `variants` answers every VariantChange of the change by its key; the product may be Done while one of its
    variants Failed. A removed product needs no answers for its variants.

    `failed` are groups that did not go through while the rest did (pictures it could not fetch), and why.
    """

    link: Link | None
    seen: Mapping[str, Value] = field(default_factory=dict)
    note: str = ""
    variants: Mapping[str, Done | Failed] = field(default_factory=dict)
    failed: Mapping[Group, StockwireError] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failed:
    """The change did not happen. `error` is TryLater (comes back by itself), Refused or NotSetUp."""

    error: StockwireError


Outcome = Done | Failed


@dataclass(frozen=True, slots=True)
class Shelved:
    """What a channel really holds of one variant: for reconciling, under our field names.

    `fields` may leave out what the channel does not show in lists; below a product with variants it repeats
    what belongs to the product (title ...), as far as the list shows it. `option_values` as in VariantChange.
    `hidden` is why buyers do not see its product there, though new ones are made to be seen; "" when they do.
    """

    link: Link
    sku: str
    fields: Mapping[str, Value] = field(default_factory=dict)
    option_values: tuple[str, ...] = ()
    hidden: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of a check. `state` is "passed", "failed", "warning" or "unknown" (not to be known here)."""

    code: str
    state: str
    seen: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class OrderHint:
    """Something happened to this order. What, is read from the channel, never from the hint."""

    channel_order_code: str
    modified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class WebhookHint:
    """What a verified delivery says: which orders or products to look at, and how to know it again.

    `dedupe_key` is equal for repeated deliveries of the same state and different otherwise. A `ping` asks
    for a friendly answer and nothing else.
    """

    topic: str
    orders: tuple[OrderHint, ...] = ()
    ping: bool = False
    dedupe_key: str = ""


@dataclass(frozen=True, slots=True)
class WebhookHealth:
    """State of one order webhook of the shop after `repair_webhooks`: "healthy", "created" or "revived"."""

    topic: str
    state: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class OrderContext:
    """What the hub adds to an order when it becomes a document: who, where and under which reference.

    `source_customer_code` and `warehouse_code` are "" when the order says nothing; the source's settings
    then decide. `params` override `param_*` settings of the source for this order (settings.md). `part` is
    which document of the order this is, from 1: two of them never share a reference.
    """

    reference: str
    source_customer_code: str = ""
    warehouse_code: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    part: int = 1


@dataclass(frozen=True, slots=True)
class Document:
    """An order as the source wants it, ready to be posted by the agent and to be looked at before.

    `total_excl_tax` is what the lines of the document add up to.
    """

    resource: str
    reference: str
    body: Mapping[str, Any]
    total_excl_tax: Decimal


@dataclass(frozen=True, slots=True)
class DocumentHeader:
    """What the head of a document in the source says, as far as its keys are understood; "" where it is not.

    `dated` is the document's own date.
    """

    source_customer_code: str = ""
    customer_name: str = ""
    dated: date | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do; the engine asks these, never the name.

    `push_batch` is how many products the engine looks at before each `push`: a multiple of what the shop
    takes in one call, so that calls go out full (the connector splits them further).
    `fields` are the content fields it can show, without meta: others are never sent to it. `meta` says that
    it takes meta.<key> fields. `shelf` says that it can list what it holds, `fulfilment` that `ship` works,
    `compare_and_set` that a quantity is only set where the channel still holds `before`. `escaped` are text
    fields that it shows with HTML escapes of its own (`Bolts &amp; nuts`).
    """

    push_batch: int = 500
    webhooks: bool = False
    variants: bool = False
    images: bool = False
    locations: bool = False
    compare_at: bool = False
    meta: bool = False
    shelf: bool = False
    fulfilment: bool = False
    compare_and_set: bool = False
    escaped: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset({"title", "body_html", "barcode", "grams"})


class Channel(Protocol):
    """A place that sells. Implementations hold one HTTP client and are closed after use."""

    def check(self) -> Sequence[Finding]:
        """Every prerequisite of this channel, each with what was seen and the fix. Writes nothing."""
        ...

    def push(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        """Carry the changes out. One outcome per change, in order; one bad item never fails the batch.

        Raises TryLater or NotSetUp only when nothing at all could be attempted.
        """
        ...

    def look_up(self, skus: Sequence[str]) -> Mapping[str, Sequence[Link]]:
        """What the channel has under these SKUs; more than one link means the SKU is ambiguous there."""
        ...

    def orders(self, since: datetime | None) -> Iterator[OrderHint]:
        """Orders changed at or after `since` (overlap is the connector's matter), oldest change first."""
        ...

    def order(self, channel_order_code: str) -> Order | None:
        """The truth about one order; None when the channel no longer has it. Refused if unreadable."""
        ...

    def repair_webhooks(self, delivery_url: str) -> Sequence[WebhookHealth]:
        """Make sure the order webhooks exist, point here and are alive; say what had to be done.

        After "revived" the engine polls: what was missed is not delivered again.
        """
        ...

    def close(self) -> None: ...


@runtime_checkable
class CanShelve(Protocol):
    """A channel that can list what it holds (Capabilities.shelf)."""

    def shelf(self) -> Iterator[Shelved]:
        """Everything the channel holds, each variant once, a page at a time. Writes nothing."""
        ...


@runtime_checkable
class CanShip(Protocol):
    """A channel that tells its customers what is on its way (Capabilities.fulfilment)."""

    def ship(self, shipment: Shipment) -> Outcome:
        """Tell the channel what was sent and how to follow it. Safe to repeat: nothing is told
        twice. `Done.link` holds their id of the fulfilment as its product code."""
        ...


class Source(Protocol):
    """A system that owns products and accepts orders, as seen from the hub: pure translation.

    The work on its premises is the agent's.
    """

    def translate(
        self, columns: Sequence[str], rows: Sequence[Sequence[str | None]]
    ) -> tuple[list[SourceProduct], list[RowProblem]]:
        """Rows of the product query to products. Raises NotSetUp naming a missing column."""
        ...

    def document(self, order: Order, context: OrderContext) -> Document:
        """The document to raise. Raises Refused naming the order and the fix when it cannot be made."""
        ...

    def document_types(self) -> Sequence[str]:
        """Kinds of document that can be fetched by their number, in the order they are looked in."""
        ...

    def header(self, fields: Mapping[str, str]) -> DocumentHeader:
        """The head of a fetched document, from its own keys. Keys that are not understood are passed over."""
        ...


@dataclass(frozen=True, slots=True)
class ChannelConnector:
    """A kind of channel. `settings` is a pydantic model; fields with SecretStr are encrypted at rest.

    `order_gate(settings, order)` answers (may it be raised, reason in plain English).
    `read_webhook(settings, headers, body)` verifies on the raw body and raises Refused when it is forged.
    `open(settings, shared)` may be called without `shared` by a process that is alone with the channel.
    `terms` and `order_policy` say what the settings mean for planning, and for orders before they are stored.
    `shop_of` names whose API budget and renewing secrets these settings use: channels with the same answer
    share them; "" is the channel's own. `address` is the setting that says which shop it is.
    """

    name: str
    title: str
    settings: type[BaseModel]
    capabilities: Capabilities
    open: Callable[..., Channel]
    read_webhook: Callable[[Any, Mapping[str, str], bytes], WebhookHint]
    order_gate: Callable[[Any, Order], tuple[bool, str]]
    terms: Callable[[Any], SettingTerms] = lambda settings: SettingTerms()
    order_policy: Callable[[Any], OrderPolicy] = lambda settings: OrderPolicy()
    shop_of: Callable[[Any], str] = lambda settings: ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class SourceConnector:
    """A kind of source. `settings` as for ChannelConnector."""

    name: str
    title: str
    settings: type[BaseModel]
    open: Callable[[Any], Source]
