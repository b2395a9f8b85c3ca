"""Every criterion with what it may count of the data: those of a product only that product's events."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from denizen.scoring.known_events import OF_KNOWN_ACCOUNTS, OF_KNOWN_LEADS
from denizen.scoring.products import ProductEvents, product_events

if TYPE_CHECKING:
    from denizen.plan import nodes
    from denizen.scoring.run import Run

Key = tuple[str | None, str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """One criterion of a model, or of its accounts (`of_account`); `product` is the product it belongs to, None for fit and where there is one product.

    `seen` are the names that can count for it as far as visible, of a product only among its own events.
    """

    product: str | None
    criterion: nodes.Criterion
    seen: frozenset[str]
    of_account: bool = False

    @property
    def part(self) -> str:
        """Fit, behavior or account."""
        return "account" if self.of_account else self.criterion.part

    @property
    def key(self) -> Key:
        """What tells it from all others: product, part and name."""
        return self.product, self.part, self.criterion.name

    @property
    def label(self) -> str:
        """Its name, after that of its product."""
        return labelled(self.product, self.criterion.name)


@dataclass(frozen=True, slots=True)
class Seen:
    """The event names that count as far as visible: of known leads, with those of each product, and of accounts alone."""

    names: frozenset[str] = frozenset()
    products: ProductEvents = field(default_factory=ProductEvents)
    of_accounts: frozenset[str] = frozenset()
    products_of_accounts: ProductEvents = field(default_factory=ProductEvents)

    def by(self, criterion: nodes.Criterion, product: str | None = None) -> frozenset[str]:
        """Return the names that a criterion may count; what an account alone has counts in measures over accounts only."""
        whole = criterion.events is not None and criterion.events.scope == "account"
        if whole:
            return self.anyhow(product)
        return self.names if product is None else frozenset(self.products.names.get(product, ()))

    def anyhow(self, product: str | None) -> frozenset[str]:
        """Return the names that occur at all, of a product only its own."""
        if product is None:
            return self.names | self.of_accounts
        return frozenset((*self.products.names.get(product, ()), *self.products_of_accounts.names.get(product, ())))


def labelled(product: str | None, name: str) -> str:
    """Return the name of a criterion, after that of its product if it has one."""
    return name if product is None else f"{product}.{name}"


def product_of(plan: nodes.Plan, part: str) -> str | None:
    """Return the product to which the criteria of one part of a plan belong."""
    return plan.product.name if plan.product and part == "behavior" else None


def asked_of(run: Run, seen: Seen) -> tuple[Asked, ...]:
    """Return every criterion of any plan of a run; where segments write one anew, the first stands for all."""
    found: dict[Key, Asked] = {}
    for scored in run.plans:
        for criterion in scored.plan.criteria:
            product = product_of(scored.plan, criterion.part)
            asked = Asked(product, criterion, seen.by(criterion, product))
            found.setdefault(asked.key, asked)
    for criterion in account_criteria(run.program):
        asked = Asked(None, criterion, seen.by(criterion), of_account=True)
        found.setdefault(asked.key, asked)
    return tuple(found.values())


def account_criteria(program: nodes.Program) -> tuple[nodes.Criterion, ...]:
    """Return the criteria by which accounts score beside the fit of their people."""
    return tuple(program.account.facts.part("behavior"))


def used_by_product(run: Run, as_of_us: int) -> ProductEvents:
    """Return whose the events are that known leads did up to an instant."""
    plans = [scored.plan for scored in run.plans]
    rows = f"events WHERE at_us <= {as_of_us} AND {OF_KNOWN_LEADS}"
    return product_events(run.connection, plans, run.tables, rows)


def used_by_accounts(run: Run, as_of_us: int) -> ProductEvents:
    """Return whose the events are that carry a known account and no lead, up to an instant."""
    if not run.tables.accounts:
        return ProductEvents()
    plans = [scored.plan for scored in run.plans]
    rows = f"events WHERE at_us <= {as_of_us} AND {OF_KNOWN_ACCOUNTS}"
    return product_events(run.connection, plans, run.tables, rows)
