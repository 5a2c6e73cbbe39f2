"""Images off a product, on a person's word. The pictures stay on disk: another product may show them."""

from __future__ import annotations

from collections.abc import Sequence

from stockwire.errors import Refused
from stockwire.hub import tenancy
from stockwire.hub.images.addresses import as_stored
from stockwire.hub.models import Audit, Image, Product
from stockwire.hub.sync.stale import mark_products


def remove_images(
    client_id: int, source_id: int, product_code: str, addresses: Sequence[str], who: str
) -> int:
    """Those with these addresses, or all when none is given. Their number. Raises Refused."""
    with tenancy.scope(client_id):
        product = Product.objects.filter(source_id=source_id, source_product_code=product_code).first()
        if product is None:
            raise Refused(f"Source {source_id} has no product {product_code}.", hint="Check the code.")
        rows = Image.objects.filter(product=product, active=True)
        if addresses:
            rows = rows.filter(src__in=[as_stored(client_id, src) for src in addresses])
        gone = list(rows.values_list("src", flat=True))
        if not gone:
            raise Refused(
                f"{product_code} has no such image.", hint="An export of its images shows the addresses."
            )
        rows.update(active=False)
        mark_products([product.pk], "images were removed")
        Audit.objects.create(
            client_id=client_id,
            who=who,
            action="images removed",
            subject=product_code,
            before={"images": gone},
        )
    return len(gone)
