"""Which events occur in the data, and of which products they are: what a template is fitted to."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SeenEvents:
    """Names of events, the most frequent first, and by product, as its name is written in the data, the same with their rows.

    `bare` are the events that name no product, with their rows; `products` is empty where none does, or where there are too many to be some.
    `values` is how many different values were found.
    """

    names: tuple[str, ...]
    products: dict[str, dict[str, int]] = field(default_factory=dict)
    bare: dict[str, int] = field(default_factory=dict)
    values: int = 0

    def rows(self, product: str) -> int:
        """Return how many events are of a product."""
        return sum(self.products.get(product, {}).values())

    def of(self, product: str) -> dict[str, int]:
        """Return the events of a product, whatever the case its name is written in."""
        folded = {name.strip().lower(): names for name, names in self.products.items()}
        return folded.get(product.strip().lower(), {})
