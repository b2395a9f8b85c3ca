"""Rules about products and the events that are theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.errors import nearest
from denizen.model.lint.rule import Remark, Rule
from denizen.model.lint.seen import Seen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from denizen.model.lint.rule import Subject

SHOWN = 5


def product_unseen(subject: Subject) -> Iterator[Remark]:
    """A product that has no event in the data."""
    seen = subject.seen
    if not seen.events:
        return
    for name in subject.model.products or {}:
        if name in seen.products and not seen.products[name]:
            message = f"not one of the {sum(seen.events.values()):,} events is of `{name}`, so its score is 0 for all"
            yield Remark(("products", name), f"{message}; {_hint(name, seen.strangers)}", at_key=True)


def product_unknown(subject: Subject) -> Iterator[Remark]:
    """Events whose product the model does not know, or that name none."""
    strangers = subject.seen.strangers
    if not strangers or not subject.model.products:
        return
    rows = sum((subject.seen.events or {}).values())
    if named := {name: count for name, count in strangers.items() if name}:
        message = f"{sum(named.values()):,} of {rows:,} events are of no product of the model: {_listed(named)}"
        yield Remark(("products",), f"{message}; they count for nothing", at_key=True)
    if bare := strangers.get(""):
        message = f"{bare:,} of {rows:,} events name no product, and so count for nothing; send `product` with those that belong to one"
        yield Remark(("products",), message, level="info", at_key=True)


def _hint(name: str, strangers: dict[str, int]) -> str:
    named = {product: count for product, count in strangers.items() if product}
    if close := nearest(name, named):
        return f"did you mean `{close[0]}` ({named[close[0]]:,} events)?"
    return f"the events name {_listed(named)}" if named else "the events name no product that the model lacks"


def _listed(named: dict[str, int]) -> str:
    shown = [f"`{name}` ({count:,})" for name, count in list(named.items())[:SHOWN]]
    return ", ".join(shown) + (" and others" if len(named) > SHOWN else "")


_MODEL = """model: m
products:
  PRODUCT:
    criteria:
      exports: {count: exported, points: 60}
"""
_EVENTS = {"exported": 40}
RULES = (
    Rule(
        code="product-unseen",
        level="warning",
        title="A product that has no event in the data",
        rationale="An event is a product's where its property `product` names it, or where the predicates under `events` hold."
        " A product that no event names scores 0 for everybody, whatever is tracked. Asked only with events.",
        source="methodology, section 5, edge case 2",
        mend="Name the product as the events do, or say with `events: {PROPERTY: VALUE}` which events are its.",
        bad=_MODEL.replace("PRODUCT", "analytics"),
        good=_MODEL.replace("PRODUCT", "reports"),
        check=product_unseen,
        seen=Seen(events=_EVENTS, products={"analytics": {}, "reports": _EVENTS}, strangers={"reports": 40}),
    ),
    Rule(
        code="product-unknown",
        level="warning",
        title="Events of a product that the model does not know",
        rationale="Events that are of no product of the model count for nothing. Those whose `product` names another one are a"
        " warning; those that name none at all, such as sign-ups, are said for information. Asked only with events.",
        source="methodology, section 5, edge case 2",
        mend="Add the product, or say with `events: {PROPERTY: VALUE}` which events are whose.",
        bad=_MODEL.replace("PRODUCT", "reports") + "# and 12 events of `billing`\n",
        good="model: m\nbehavior: {criteria: {exports: {count: exported, points: 60}}}\n",
        check=product_unknown,
        seen=Seen(events=_EVENTS, products={"reports": {"exported": 28}}, strangers={"billing": 12}),
    ),
)
