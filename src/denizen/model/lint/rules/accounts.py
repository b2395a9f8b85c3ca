"""Rules about the gates and tiers of accounts, given how members are rolled up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.model.lint.measures import can_hold
from denizen.model.lint.reach import ZERO
from denizen.model.lint.rule import Remark, Rule
from denizen.model.spec import Top
from denizen.model.values import plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from denizen.model.lint.reach import Bounds
    from denizen.model.lint.rule import Subject
    from denizen.model.source import Path


def account_gate_unreachable(subject: Subject) -> Iterator[Remark]:
    """A gate that no account can pass, so that there is never a PQA."""
    if subject.account is None:
        return
    for name, condition in (subject.model.account.pqa.require or {}).items():
        if not can_hold(condition):
            message = f"no value of `{name}` satisfies all of this, so no account can be a PQA"
            yield Remark(("account", "pqa", "require", name), message, at_key=True)
    for name, gate, bounds in _gates(subject):
        if bounds.high < gate:
            place, how = _written(subject, name), "" if name == "fit" else _how(subject)
            which = "the gate" if place[-1] == name else f"the gate on {name}"
            message = f"{which} asks for {plain(gate)} and an account can reach {plain(bounds.high)} at most{how}"
            yield Remark(place, message)


def account_gate_always_passed(subject: Subject) -> Iterator[Remark]:
    """A gate that every account passes."""
    empty = {
        "fit": not subject.model.fit.criteria,
        "behavior": not any(s.spec.criteria for s in subject.behaviors) and not subject.model.account.criteria,
    }
    for name, gate, bounds in _gates(subject):
        if bounds.low >= gate and not empty.get(name, False):
            message = f"every account has at least {plain(bounds.low)}, so the gate of {plain(gate)} decides nothing"
            yield Remark(_written(subject, name), message)


def account_gate_redundant(subject: Subject) -> Iterator[Remark]:
    """A total gate of accounts below the sum of the other two."""
    pqa = subject.model.account.pqa
    if subject.account is not None and pqa.fit + pqa.behavior > pqa.total > ZERO:
        message = (
            f"who passes fit {plain(pqa.fit)} and behavior {plain(pqa.behavior)} has {plain(pqa.fit + pqa.behavior)}"
            f" already, so the total of {plain(pqa.total)} decides nothing"
        )
        yield Remark(_written(subject, "total"), message)


def account_tier_unreachable(subject: Subject) -> Iterator[Remark]:
    """A tier that no account can reach."""
    reach, tiers = subject.account, subject.model.account.tiers
    if reach is None:
        return
    for part, bounds, high in (
        ("fit", tiers.fit, reach.fit.high),
        ("behavior", tiers.behavior, reach.behavior.high),
    ):
        for name, bound in bounds.items() if part in tiers.model_fields_set else ():
            if bound > high:
                message = f"the tier starts at {plain(bound)} and {part} of an account reaches {plain(high)} at most"
                yield Remark(("account", "tiers", part, name), message)


def _gates(subject: Subject) -> Iterator[tuple[str, Decimal, Bounds]]:
    """Yield each gate with the bounds of the score it looks at."""
    reach, pqa = subject.account, subject.model.account.pqa
    if reach is not None:
        yield "fit", pqa.fit, reach.fit
        yield "behavior", pqa.behavior, reach.behavior
        yield "total", pqa.total, reach.total


def _how(subject: Subject) -> str:
    """Return what limits the account, in words."""
    rollup = subject.model.account.rollup
    said = "the shares of `top`" if isinstance(rollup, Top) else f"`rollup: {rollup}`"
    limit = subject.model.account.max
    return f", with {said}" + (f" and a maximum of {plain(limit)}" if limit is not None else "")


def _written(subject: Subject, name: str) -> Path:
    """Return the place of a gate, or of what stands around it where the default counts."""
    account = subject.model.account
    if name in account.pqa.model_fields_set:
        return "account", "pqa", name
    return ("account", "pqa") if "pqa" in account.model_fields_set else ("account",)


_MODEL = """model: m
fit:
  criteria:
    company_size: {attribute: employees, bands: [{between: [50, 500], points: 30}]}
behavior:
  max: 60
  criteria:
    invites: {count: teammate_invited, points: 60}
account:
  rollup: ROLLUP
  criteria:
    active_users: {distinct: {of: leads}, bands: [{at_least: 3, points: 10}]}
"""
RULES = (
    Rule(
        code="account-gate-unreachable",
        level="warning",
        title="A gate that no account can pass",
        rationale="What an account can reach at most, with any number of people, is less than the gate asks for: there is"
        " never a PQA. `sum` has no end but the account's own `max`; `max` and `mean` reach no more than one person"
        " can, and `top` the sum of its shares. Only models with an `account` section are judged.",
        source="semantics, section 5",
        mend="Lower the gate, roll up more of the members, or give the criteria of the account more points.",
        bad=_MODEL.replace("ROLLUP", "mean") + "  pqa: {total: 80, fit: 15, behavior: 75}\n",
        good=_MODEL.replace("ROLLUP", "{top: [1, 0.5]}") + "  pqa: {total: 95, fit: 15, behavior: 75}\n",
        check=account_gate_unreachable,
    ),
    Rule(
        code="account-gate-always-passed",
        level="warning",
        title="A gate that every account passes",
        rationale="An account needs a floor of fit and one of behavior like a person does, or wrong companies and silent ones"
        " become PQAs. A gate on sections without criteria is left alone.",
        source="methodology, section 1, dual-score architecture",
        mend="Raise the gate above the lowest score there can be.",
        bad=_MODEL.replace("ROLLUP", "max") + "  pqa: {total: 80, fit: 15, behavior: 0}\n",
        good=_MODEL.replace("ROLLUP", "max") + "  pqa: {total: 80, fit: 15, behavior: 40}\n",
        check=account_gate_always_passed,
    ),
    Rule(
        code="account-gate-redundant",
        level="info",
        title="The total gate of accounts decides nothing",
        rationale="The total asks for more than the two floors together, or it is not a gate.",
        source="methodology, section 4, combined score and PQL qualification",
        mend="Raise `total` above `fit` plus `behavior`.",
        bad=_MODEL.replace("ROLLUP", "max") + "  pqa: {total: 50, fit: 15, behavior: 40}\n",
        good=_MODEL.replace("ROLLUP", "max") + "  pqa: {total: 80, fit: 15, behavior: 40}\n",
        check=account_gate_redundant,
    ),
    Rule(
        code="account-tier-unreachable",
        level="warning",
        title="A tier that no account can reach",
        rationale="A tier whose lower bound is above the highest score an account can have stays empty. Only tiers that"
        " stand in the file are judged.",
        source="methodology, section 4, tier thresholds",
        mend="Lower the bound, or roll up more of the members.",
        bad=_MODEL.replace("ROLLUP", "max") + "  tiers: {behavior: {high: 100, low: 0}}\n",
        good=_MODEL.replace("ROLLUP", "sum") + "  tiers: {behavior: {high: 100, low: 0}}\n",
        check=account_tier_unreachable,
    ),
)
