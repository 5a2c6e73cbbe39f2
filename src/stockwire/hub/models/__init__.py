"""Every table of the hub, one file per family."""

from stockwire.hub.models.attributes import AttributeTemplate, TemplateAttribute
from stockwire.hub.models.audit import Audit
from stockwire.hub.models.belonging import ChannelRule, Flag
from stockwire.hub.models.catalogue import (
    HeldDeactivation,
    Image,
    PriceTier,
    Product,
    ProductMeta,
    Quantity,
    Variant,
)
from stockwire.hub.models.clients import ApiToken, Client, Role, User
from stockwire.hub.models.customers import Customer, CustomerAddress, CustomerMeta
from stockwire.hub.models.drift import DriftItem, DriftReport, DriftState
from stockwire.hub.models.fetches import SourceFetch
from stockwire.hub.models.imports import UNFINISHED_IMPORTS, Import, ImportKind, ImportState
from stockwire.hub.models.lanes import Lane, LaneKind
from stockwire.hub.models.links import ChannelLink, Known, KnownProduct, ProductLink, Stale, StaleState
from stockwire.hub.models.notifications import Alert, Notification, Recipient, RecipientOverride
from stockwire.hub.models.order_fetches import FetchState, OrderFetch
from stockwire.hub.models.orders import (
    HOLDING,
    Order,
    OrderAddress,
    OrderDiscount,
    OrderHistory,
    OrderLine,
    OrderMark,
    OrderParam,
    OrderShippingLine,
    OrderState,
    OrderTaxLine,
    WebhookReceipt,
)
from stockwire.hub.models.places import Agent, Channel, ReconcilePolicy, Source, SourceProblem
from stockwire.hub.models.segments import Segment
from stockwire.hub.models.sharing import ChannelBudget, ChannelSecret
from stockwire.hub.models.shipments import Shipment, ShipmentState

__all__ = [
    "HOLDING",
    "UNFINISHED_IMPORTS",
    "Agent",
    "Alert",
    "ApiToken",
    "AttributeTemplate",
    "Audit",
    "Channel",
    "ChannelBudget",
    "ChannelLink",
    "ChannelRule",
    "ChannelSecret",
    "Client",
    "Customer",
    "CustomerAddress",
    "CustomerMeta",
    "DriftItem",
    "DriftReport",
    "DriftState",
    "FetchState",
    "Flag",
    "HeldDeactivation",
    "Image",
    "Import",
    "ImportKind",
    "ImportState",
    "Known",
    "KnownProduct",
    "Lane",
    "LaneKind",
    "Notification",
    "Order",
    "OrderAddress",
    "OrderDiscount",
    "OrderFetch",
    "OrderHistory",
    "OrderLine",
    "OrderMark",
    "OrderParam",
    "OrderShippingLine",
    "OrderState",
    "OrderTaxLine",
    "PriceTier",
    "Product",
    "ProductLink",
    "ProductMeta",
    "Quantity",
    "Recipient",
    "RecipientOverride",
    "ReconcilePolicy",
    "Role",
    "Segment",
    "Shipment",
    "ShipmentState",
    "Source",
    "SourceFetch",
    "SourceProblem",
    "Stale",
    "StaleState",
    "TemplateAttribute",
    "User",
    "Variant",
    "WebhookReceipt",
]
