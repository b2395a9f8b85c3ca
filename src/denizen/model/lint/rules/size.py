"""Rules about how much a model holds: criteria, weights, negatives, disqualifiers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from denizen.model.approaches import FEWEST_CRITERIA, MOST_CRITERIA, SHARE_TOLERANCE, USUAL_CRITERIA
from denizen.model.lint.reach import ZERO, bands_of
from denizen.model.lint.rule import Remark, Rule
from denizen.model.size import size_of
from denizen.model.values import plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from denizen.model.lint.rule import Subject
    from denizen.model.source import Path
    from denizen.model.spec import Criterion

LEAST_BEHAVIOR_PERCENT = 50
MOST_BEHAVIOR_PERCENT = 80
LEAST_NEGATIVE_PERCENT = 5
MOST_NEGATIVE_PERCENT = 25


def criteria_count(subject: Subject) -> Iterator[Remark]:
    """Too few or too many criteria."""
    count = size_of(subject.model).total
    good_low, good_high = subject.approach.criteria if subject.approach else USUAL_CRITERIA
    low, high = min(FEWEST_CRITERIA, good_low), MOST_CRITERIA
    wanted = f"{good_low} to {good_high} are good"
    wanted += f" for `{subject.approach.name}`" if subject.approach else ""
    if count < low:
        yield Remark(("model",), f"{count} criteria are too simple a picture; {wanted}")
    elif count > high:
        yield Remark(("model",), f"{count} criteria are overcomplicated; {wanted}")
    elif not good_low <= count <= good_high:
        yield Remark(("model",), f"{count} criteria; {wanted}", level="info")


@dataclass(frozen=True, slots=True)
class Share:
    """What the criteria of fit and of one behavior section can give within the limits; `percent` is that of behavior."""

    path: Path
    fit: Decimal
    behavior: Decimal
    percent: int


def shares(subject: Subject) -> list[Share]:
    """Return how fit and behavior weigh, for every behavior section that can give any points."""
    fit = _capped(subject.fit.criteria.high, subject.model.fit.max)
    given = [(r.section.path, _capped(r.criteria.high, r.section.spec.max)) for r in subject.behavior]
    return [Share(path, fit, b, round(100 * b / (fit + b))) for path, b in given if fit + b > ZERO]


def weight_share(subject: Subject) -> Iterator[Remark]:
    """Fit and behavior weigh differently from what the approach asks."""
    for weighed in shares(subject):
        share, path = weighed.percent, weighed.path
        points = f"behavior can give {plain(weighed.behavior)} and fit {plain(weighed.fit)} points"
        told = f"{points}, a share of {share}:{100 - share}"
        if subject.approach is not None:
            target = subject.approach.behavior_percent
            if abs(share - target) > SHARE_TOLERANCE:
                message = f"{told}; `{subject.approach.name}` asks for {target}:{100 - target}"
                yield Remark(path, message, at_key=True)
        elif not LEAST_BEHAVIOR_PERCENT <= share <= MOST_BEHAVIOR_PERCENT:
            message = f"{told}; usual are {LEAST_BEHAVIOR_PERCENT} to {MOST_BEHAVIOR_PERCENT} percent of behavior"
            yield Remark(path, message, at_key=True)


def negative_share(subject: Subject) -> Iterator[Remark]:
    """Too little or too much can be subtracted."""
    told_before: set[str] = set()
    for remark in _negative_shares(subject):
        if remark.message not in told_before:
            yield remark
        told_before.add(remark.message)


def _negative_shares(subject: Subject) -> Iterator[Remark]:
    """Yield a remark for each behavior section, at its own place where there are several products."""
    fit_taken = sum((_taken(c) for c in subject.model.fit.criteria.values()), ZERO)
    for reach in subject.behavior:
        taken = fit_taken + sum((_taken(c) for c in reach.section.spec.criteria.values()), ZERO)
        possible = subject.fit.score.high + reach.score.high
        if possible <= ZERO:
            continue
        place: Path = reach.section.path if subject.model.products else ("model",)
        at_key = bool(subject.model.products)
        percent = round(100 * taken / possible)
        told = f"negative criteria can take {plain(taken)} of {plain(possible)} possible points ({percent}%)"
        if not taken and any(c.criterion.disqualifies for c in subject.criteria):
            message = "nothing but what disqualifies subtracts points; personal addresses and inactivity usually do"
            yield Remark(("model",), message, "info")
        elif not taken:
            yield Remark(("model",), "nothing subtracts points; competitors and personal addresses should")
        elif percent > MOST_NEGATIVE_PERCENT:
            message = f"{told}; above {MOST_NEGATIVE_PERCENT}% they hide what leads did. Let the hardest disqualify"
            yield Remark(place, message, at_key=at_key)
        elif percent < LEAST_NEGATIVE_PERCENT:
            message = f"{told}; usual are {LEAST_NEGATIVE_PERCENT} to {MOST_NEGATIVE_PERCENT}%"
            yield Remark(place, message, "info", at_key=at_key)


def no_disqualifier(subject: Subject) -> Iterator[Remark]:
    """Nothing rules a lead out."""
    if not any(reach.criterion.disqualifies for reach in subject.criteria):
        yield Remark(("model",), "no criterion has `disqualifies: true`, so a competitor can become a PQL")


def limit_cuts(subject: Subject) -> Iterator[Remark]:
    """The criteria can give more than the limit keeps."""
    for reach in (subject.fit, *subject.behavior):
        limit = reach.section.spec.max
        if limit is not None and reach.criteria.high > limit:
            message = f"the criteria can give {plain(reach.criteria.high)} points, and `max` cuts at {plain(limit)}"
            yield Remark((*reach.section.path, "criteria"), message, at_key=True)


def _capped(points: Decimal, limit: Decimal | None) -> Decimal:
    return points if limit is None else min(points, limit)


def _taken(criterion: Criterion) -> Decimal:
    """Return what a criterion can subtract; with `each`, once; what disqualifies needs no points to decide."""
    if criterion.disqualifies:
        return ZERO
    points = [p for _, p in bands_of(criterion)] or [criterion.points or ZERO]
    return max(-min(points), ZERO)


_SMALL_FIT = """model: small
fit:
  criteria:
    company_size: {attribute: employees, bands: [{between: [50, 500], points: 15}]}
    rival: {attribute: email_domain, bands: [{is: rival.example, points: -10}], disqualifies: true}
behavior:
  criteria:
"""
_TEN = "".join(f"    action_{i}: {{count: action_{i}, points: 5}}\n" for i in range(1, 15))
_TWO = "".join(f"    action_{i}: {{count: action_{i}, points: 5}}\n" for i in range(1, 3))
_PERSONAL = """model: m
fit:
  criteria:
    company_size: {attribute: employees, bands: [{between: [50, 500], points: 15}]}
    personal: {attribute: email_type, bands: [{is: personal, points: POINTS}]}
behavior:
  criteria: {invites: {count: teammate_invited, points: 60}}
"""
_RIVAL = """model: m
fit:
  criteria:
    rival: {attribute: email_domain, bands: [{is: rival.example, points: -30}]DISQUALIFIES}
"""
_WEIGHTS = """model: m
fit:
  criteria:
    company_size: {attribute: employees, bands: [{between: [50, 500], points: FIT}]}
behavior:
  criteria:
    invites: {count: teammate_invited, points: 70}
"""
_LIMITED = """model: m
behavior:
  max: 100
  criteria:
    onboarding: {count: onboarding_completed, points: POINTS}
    invites: {count: teammate_invited, points: 60}
"""
RULES = (
    Rule(
        code="criteria-count",
        level="warning",
        title="Too few or too many criteria",
        rationale="Below 10 criteria a model is too simple to tell leads apart, above 35 nobody can review or calibrate it."
        " An approach for little data or few events asks for fewer.",
        source="methodology, section 3, quick reference thresholds",
        mend="Add signals that tell buyers from others, or merge those that say the same. With several products,"
        " fit and the largest behavior section are counted; criteria of accounts score no lead and are not.",
        bad=_SMALL_FIT + _TWO,
        good=_SMALL_FIT + _TEN,
        check=criteria_count,
    ),
    Rule(
        code="weight-share",
        level="warning",
        title="Fit and behavior do not weigh as the approach asks",
        rationale="What the product shows should outweigh who the lead is, in the proportion that the approach needs."
        " Shares are of the points that criteria can give within the limits, without the velocity bonus.",
        source="methodology, section 2, approach selection matrix, and section 3, scoring weight distribution",
        mend="Raise or lower points until the share is within 10 percent of the target, or name the approach that is meant.",
        bad=_WEIGHTS.replace("FIT", "50"),
        good=_WEIGHTS.replace("FIT", "30"),
        check=weight_share,
        approach="behavioral-heavy",
    ),
    Rule(
        code="negative-share",
        level="warning",
        title="Negative criteria take too much or nothing",
        rationale="Negatives usually take 5 to 25 percent of the possible points. Without any, bad leads look like good ones;"
        " with more, they hide what leads did. What disqualifies is left out, and `each` counts once.",
        source="methodology, section 3, scoring weight distribution",
        mend="Subtract for personal addresses, inactivity and unsubscribing; let what should rule a lead out disqualify.",
        bad=_PERSONAL.replace("POINTS", "0"),
        good=_PERSONAL.replace("POINTS", "-10"),
        check=negative_share,
    ),
    Rule(
        code="no-disqualifier",
        level="warning",
        title="Nothing disqualifies",
        rationale="Points alone cannot keep a competitor out: a very active one makes up for any deduction.",
        source="methodology, section 4, fit scoring rubric",
        mend="Mark a criterion with `disqualifies: true`, such as the domains of competitors.",
        bad=_RIVAL.replace("DISQUALIFIES", ""),
        good=_RIVAL.replace("DISQUALIFIES", ", disqualifies: true"),
        check=no_disqualifier,
    ),
    Rule(
        code="limit-cuts",
        level="info",
        title="A limit cuts what criteria can give",
        rationale="Above the limit further signals change nothing, so the best leads cannot be told apart.",
        source="methodology, section 4, rubrics: total possible",
        mend="Lower the points until they add up to the limit, or raise the limit.",
        bad=_LIMITED.replace("POINTS", "50"),
        good=_LIMITED.replace("POINTS", "40"),
        check=limit_cuts,
    ),
)
