"""Why a written model is as it is: every number read from the file itself, so that no reason can name another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from denizen.model.advisor import Choice
from denizen.model.approaches import SHARE_TOLERANCE
from denizen.model.durations import DAY_US, HOUR_US
from denizen.model.lint.rule import Subject
from denizen.model.lint.rules.size import shares
from denizen.model.values import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from denizen.model.advisor import Recommendation
    from denizen.model.named_products import NamedProduct
    from denizen.model.spec import Behavior, Model, Pql


def choices_of(
    recommendation: Recommendation,
    written: Model,
    template: Model,
    named: Sequence[NamedProduct],
    unknown: Sequence[str] = (),
) -> tuple[Choice, ...]:
    """Return the choices of a recommendation with the values that a file has, and where they differ why.

    Args:
        recommendation: what was advised.
        written: the file as it is written.
        template: the same before it was fitted to the events.
        named: its products, if it has several.
        unknown: attributes of fit that no lead has.
    """
    read: dict[str, Callable[[Choice], Choice]] = {
        "weights": lambda c: _weights(c, recommendation, written),
        "decay": lambda c: replace(c, value=_of_each(written, _decay)),
        "after the trial": lambda c: replace(c, value=_of_each(written, _after_trial)),
        "velocity": lambda c: _velocity(c, written),
        "thresholds": lambda c: _thresholds(c, written, template, unknown),
    }
    choices = [read[c.about](c) if c.about in read else c for c in recommendation.choices]
    if named:
        choices.insert(1, _products(named))
    return tuple(choices)


def _products(named: Sequence[NamedProduct]) -> Choice:
    known = sum(product.known for product in named)
    reason = f"{known} of {len(named)} occur as the product of events" if known else "no event was seen of any of them"
    value = ", ".join(p.said if p.key == p.said else f"{p.said} (as {p.key})" for p in named)
    return Choice("products", value, reason, "methodology, section 5, edge case 2")


def _weights(choice: Choice, recommendation: Recommendation, written: Model) -> Choice:
    found = shares(Subject(written))
    if not found:
        return replace(choice, value="nothing gives points", reason="the data have none of the events")
    asked = recommendation.approach.behavior_percent
    largest = max(found, key=lambda s: s.behavior)
    value = f"{largest.percent}% behavior, {100 - largest.percent}% fit"
    if abs(largest.percent - asked) <= SHARE_TOLERANCE:
        near = f"{asked}% and {100 - asked}% are what {recommendation.approach.name} asks for, give or take {SHARE_TOLERANCE}"
        return replace(choice, value=value, reason=near)
    reason = (
        f"{recommendation.approach.name} asks for {asked}% and {100 - asked}%, which what the data have does not give"
    )
    return replace(choice, value=value, reason=reason)


def _of_each(written: Model, told: Callable[[Behavior], str]) -> str:
    """Return what is said of behavior; of several products each, unless it is the same of all."""
    found = {product: told(section) for product, section in written.behaviors().items()}
    if len(set(found.values())) == 1:
        return next(iter(found.values()))
    return "; ".join(f"{product}: {words}" for product, words in found.items())


def _decay(section: Behavior) -> str:
    return f"every {_days(section.decay.every)}" if section.decay and section.decay.every else "none"


def _after_trial(section: Behavior) -> str:
    after = section.decay.after_trial if section.decay else None
    return f"once more every {_days(after.every)}" if after and after.every else "nothing more"


def _days(span_us: int) -> str:
    return f"{span_us // DAY_US} days"


def _velocity(choice: Choice, written: Model) -> Choice:
    value = _of_each(written, lambda s: f"within {_span(s.velocity.within)}" if s.velocity else "none")
    if any(section.velocity for section in written.behaviors().values()):
        return replace(choice, value=value)
    return replace(choice, value=value, reason="no key action is in the data")


def _span(span_us: int) -> str:
    days, rest = divmod(span_us, DAY_US)
    return f"{days}d" if not rest and days > _LONGEST_IN_HOURS else f"{span_us // HOUR_US}h"


_LONGEST_IN_HOURS = 3


def _thresholds(choice: Choice, written: Model, template: Model, unknown: Sequence[str]) -> Choice:
    value, asked = _gates(written.pql), _gates(template.pql)
    if value == asked:
        return replace(choice, value=value, reason=f"{choice.value}: {choice.reason}")
    reach, whole = (plain(Subject(model).behavior_score.high) for model in (written, template))
    because = [f"behavior can reach {reach} of {whole} points with what the data have"] if reach != whole else []
    because += [f"no lead has {', '.join(unknown)}"] if unknown else []
    reason = f"lower than {asked}, because {' and '.join(because)}"
    return replace(choice, value=value, reason=f"{reason}; {choice.reason}")


def _gates(pql: Pql) -> str:
    return f"total {plain(pql.total)}, fit {plain(pql.fit)}, behavior {plain(pql.behavior)}"
