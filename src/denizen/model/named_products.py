"""Name the products of a template as the data and its users do, each with the rubric that its events feed best."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from denizen.model.event_names import match_events
from denizen.model.mapping import most_points, names_of
from denizen.model.spec import LONGEST_NAME, NAME_PATTERN
from denizen.model.templates import Sheet
from denizen.model.writing import dump, name_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from denizen.model.seen_events import SeenEvents

MOST_PRODUCTS = 20
"""So many products a model can have."""
PLACEHOLDER = "product_{}"


@dataclass(frozen=True, slots=True)
class NamedProduct:
    """A product as the events name it (`said`) and as the file does; `known` says that events of it were seen."""

    said: str
    key: str
    known: bool

    @property
    def renamed(self) -> bool:
        """Whether the file has to say which events are its own."""
        return self.said.strip().lower() != self.key.lower()


def default_names(seen: SeenEvents | None, count: int) -> list[str]:
    """Return what so many products are probably called: as in the events, the most frequent first, then placeholders."""
    found = sorted(seen.products, key=lambda p: (-seen.rows(p), p))[:count] if seen else []
    return found + [PLACEHOLDER.format(n) for n in range(len(found) + 1, count + 1)]


def name_products(names: Iterable[str], seen: SeenEvents | None) -> tuple[NamedProduct, ...]:
    """Return products with names that a file can have."""
    made: list[NamedProduct] = []
    for said in names:
        taken = [p.key for p in made]
        key = said if _is_name(said) and said not in taken else name_of(said, taken, fallback="product")
        made.append(NamedProduct(said, key, known=bool(seen and seen.of(said))))
    return tuple(made)


def write_products(sheet: Sheet, products: Sequence[NamedProduct], seen: SeenEvents | None) -> Sheet:
    """Return a file with these products instead of those of the template, each with one of its rubrics."""
    rubrics = list(sheet.get(("products",)))
    lines: list[str] = []
    for product in products:
        likeliest = max(rubrics, key=lambda r: _fed(sheet.get(("products", r, "criteria")), product, seen))
        block = sheet.block(("products", likeliest))
        indent = len(block[0]) - len(block[0].lstrip())
        lines.append(f"{' ' * indent}{dump({product.key: 1})[0].removesuffix(' 1')}")
        if product.renamed:
            own = dump({"events": {"product": product.said}})
            lines += [f"{' ' * (indent + 2)}{line}" for line in own]
        lines += block[1:]
    return Sheet(sheet.with_blocks(("products",), lines))


def cautions_of(products: Sequence[NamedProduct], seen: SeenEvents | None) -> Iterator[str]:
    """Yield what is to be said of the names of products."""
    made_up = [p.said for p in products if not p.known and p.said.startswith(PLACEHOLDER.format(""))]
    if made_up:
        yield f"Put the names that the events have in place of {', '.join(made_up)}, or score 0 for them."
    if seen is None:
        return
    if not seen.products:
        said = (
            "name no product"
            if not seen.values
            else f"have {seen.values:,} values as `product`, too many to be products"
        )
        yield f"The events {said}: map the column with --map events.product=COLUMN, or say under each product which `events` are its."
        return
    for product in products:
        if not product.known and product.said not in made_up:
            yield f"No event is of {product.said}, so its names stand as in the template; the events name {', '.join(seen.products)}."
    others = [p for p in seen.products if p.strip().lower() not in {q.said.strip().lower() for q in products}]
    if others and not made_up:
        yield f"The events also name {', '.join(f'{p} ({seen.rows(p):,})' for p in others)}; they count for nothing."
    if seen.bare:
        yield f"Events that name no product: {sum(seen.bare.values()):,}; they count for none."


def _fed(criteria: dict[str, Any], product: NamedProduct, seen: SeenEvents | None) -> Decimal:
    """Return the points of a rubric whose events a product has."""
    own = () if seen is None else seen.of(product.said) if seen.products else seen.names
    wanted = {name: names_of(criterion) for name, criterion in criteria.items()}
    found = match_events([n for names in wanted.values() for n in names], own)
    fed = [most_points(criteria[c]) for c, names in wanted.items() if any(found[n].found for n in names)]
    return sum(fed, Decimal(0))


def _is_name(text: str) -> bool:
    return len(text) <= LONGEST_NAME and re.fullmatch(NAME_PATTERN, text) is not None
