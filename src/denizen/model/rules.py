"""What must hold beyond the shape of a model file. One rule, one function; all findings are collected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.model.spec import ANY, MEASURES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from denizen.errors import Finding
    from denizen.model.source import Path, Source
    from denizen.model.spec import Account, Behavior, Criterion, Decay, Fit, Model, Penalty, Tiers

Problem = tuple[str, "Path", str]
_COMPARING = ("contains", "contains_any", "contains_all", "matches")
_UNWINDOWED = ("attribute", "growth")
_NO_SHORTHAND = ("attribute", "days_since", "growth")


def check_model(model: Model, source: Source, *, whole: bool) -> list[Finding]:
    """Return every finding; rules about the model as a whole run only when no part of it was cut out."""
    problems = [p for rule in RULES for p in rule(model)]
    if whole:
        problems += [p for rule in WHOLE_RULES for p in rule(model)]
    return [source.finding(code, path, message) for code, path, message in problems]


def criteria_of(model: Model) -> Iterator[tuple[Path, str, Criterion]]:
    """Yield every criterion with its place and its part: `fit`, `behavior` or `account`."""
    sections: list[tuple[Path, str, dict[str, Criterion]]] = [(("fit",), "fit", model.fit.criteria)]
    sections += [(path, "behavior", section.criteria) for path, section in behaviors_of(model)]
    sections.append((("account",), "account", model.account.criteria))
    for path, part, criteria in sections:
        for name, criterion in criteria.items():
            yield (*path, "criteria", name), part, criterion


def behaviors_of(model: Model) -> Iterator[tuple[Path, Behavior]]:
    """Yield every behavior section with its place."""
    for product, section in model.behaviors().items():
        yield ("products", product) if product else ("behavior",), section


def one_measure(model: Model) -> Iterator[Problem]:
    """A criterion measures exactly one thing."""
    for path, _, criterion in criteria_of(model):
        found = criterion.measures()
        if len(found) > 1:
            yield (
                "one-measure",
                path,
                f"{_listed(found)} stand together; a criterion measures exactly one thing",
            )
        if not found:
            yield "one-measure", path, f"nothing is measured; add one of {_listed(MEASURES)}"


def fit_knows_no_events(model: Model) -> Iterator[Problem]:
    """Fit ignores events."""
    for path, part, criterion in criteria_of(model):
        if part == "fit":
            for key in criterion.measures():
                if key != "attribute":
                    message = f"`{key}` counts events, and fit looks at attributes only; move it to behavior"
                    yield "fit-measure", (*path, key), message


def points_are_given_once(model: Model) -> Iterator[Problem]:
    """Bands, or points, or points with each."""
    for path, _, criterion in criteria_of(model):
        if criterion.bands is not None and (criterion.points is not None or criterion.each is not None):
            yield "misplaced-key", path, "`bands` cannot stand beside `points` or `each`; keep one of them"
        elif criterion.bands is None and criterion.points is None:
            wanted = "`each` needs `points`" if criterion.each is not None else "add `bands` or `points`"
            yield "no-points", path, f"no points are given; {wanted}"
        elif criterion.points is not None and criterion.each is None:
            for measure in criterion.measures():
                if measure in _NO_SHORTHAND:
                    yield (
                        "no-points",
                        path,
                        f"`points` alone means `at_least: 1`; a criterion on `{measure}` needs `bands`",
                    )
        if criterion.max_points is not None and criterion.each is None:
            yield "misplaced-key", (*path, "max_points"), "`max_points` limits `each`, which is not there"


def options_fit_the_measure(model: Model) -> Iterator[Problem]:
    """`where`, `within`, `inside`, `key`, `recency` and `disqualifies` stand where they mean something."""
    for path, _, criterion in criteria_of(model):
        measure = next(iter(criterion.measures()), "")
        if criterion.inside is not None and measure != "sequence":
            yield "misplaced-key", (*path, "inside"), "`inside` belongs to `sequence`"
        if criterion.within is not None and measure in _UNWINDOWED:
            yield "misplaced-key", (*path, "within"), f"`within` has no meaning with `{measure}`"
        if measure == "attribute":
            for key, given in (
                ("where", criterion.where),
                ("key", criterion.key),
                ("recency", criterion.recency),
            ):
                if given:
                    yield "misplaced-key", (*path, key), f"`{key}` is about events, and an attribute has none"
        if criterion.disqualifies and criterion.each is not None:
            yield (
                "misplaced-key",
                (*path, "disqualifies"),
                "`disqualifies` asks whether a band holds; `each` has none",
            )


def numbers_are_compared_as_numbers(model: Model) -> Iterator[Problem]:
    """A measure is a number, so words cannot be searched in it."""
    for path, _, criterion in criteria_of(model):
        if criterion.measures() != ["attribute"]:
            for i, band in enumerate(criterion.bands or ()):
                for operator in _COMPARING:
                    if operator in band.operators():
                        message = f"`{operator}` works on attributes and properties; this measure is a number"
                        yield "wrong-value", (*path, "bands", i, operator), message


def any_stands_alone(model: Model) -> Iterator[Problem]:
    """`any` means every event, so it is never one of several names, nor a step."""
    for path, _, criterion in criteria_of(model):
        for key in ("count", "session_minutes", "days_since"):
            names = getattr(criterion, MEASURES[key]) or ()
            if ANY in names and len(names) > 1:
                yield (
                    "wrong-value",
                    (*path, key),
                    "`any` stands for every event and cannot be one of several names",
                )
        for key in ("session_depth", "sequence"):
            if ANY in (getattr(criterion, key) or ()):
                yield (
                    "wrong-value",
                    (*path, key),
                    f"`any` is no event name; `{key}` needs the names themselves",
                )


def velocity_is_complete(model: Model) -> Iterator[Problem]:
    """A bonus in one form; `max_awards` only with `per_window`."""
    for place, section in behaviors_of(model):
        velocity, path = section.velocity, (*place, "velocity")
        if velocity is None:
            continue
        if (velocity.points is None) == (velocity.multiplier is None):
            yield "no-points", path, "exactly one of `points` and `multiplier`"
        if velocity.max_awards is not None and velocity.award == "once":
            yield "misplaced-key", (*path, "max_awards"), "`max_awards` belongs to `award: per_window`"


def decay_is_complete(model: Model) -> Iterator[Problem]:
    """A penalty in one form, with the keys of that form."""
    for place, section in behaviors_of(model):
        if section.decay is not None:
            yield from _decay((*place, "decay"), section.decay)


def _decay(path: Path, decay: Decay) -> Iterator[Problem]:
    if not decay.forms() and decay.after_trial is not None:
        for key in ("every", "after"):
            if getattr(decay, key) is not None:
                yield "misplaced-key", (*path, key), f"`{key}` needs `points` or `percent` beside it"
    else:
        yield from _penalty(path, decay)
    if decay.half_life is not None and decay.after is not None:
        yield (
            "misplaced-key",
            (*path, "after"),
            "`half_life` halves from the first idle moment; `after` is for periods",
        )
    if decay.after_trial is not None:
        yield from _penalty((*path, "after_trial"), decay.after_trial)


def _penalty(path: Path, penalty: Penalty) -> Iterator[Problem]:
    forms = penalty.forms()
    if len(forms) != 1:
        yield "no-points", path, "exactly one of `points`, `percent` and `half_life`"
    elif forms == ["half_life"]:
        for key in ("every", "periods"):
            if key in penalty.model_fields_set:
                yield "misplaced-key", (*path, key), f"`{key}` has no meaning with `half_life`"
    elif penalty.every is None:
        yield "missing-key", path, f"`every` is missing: `{forms[0]}` are taken once a period"


def limits_are_ordered(model: Model) -> Iterator[Problem]:
    """The lower limit is not above the upper one."""
    limited: list[tuple[Path, Fit | Behavior | Account]] = [(("fit",), model.fit), (("account",), model.account)]
    limited += behaviors_of(model)
    for path, section in limited:
        if section.max is not None and section.min > section.max:
            yield "wrong-value", (*path, "min"), f"`min: {section.min}` is above `max: {section.max}`"


def tiers_are_distinct(model: Model) -> Iterator[Problem]:
    """No two tiers share a lower bound."""
    places: list[tuple[Path, Tiers]] = [(("tiers",), model.tiers), (("account", "tiers"), model.account.tiers)]
    for path, tiers in places:
        for part, bounds in (("fit", tiers.fit), ("behavior", tiers.behavior)):
            if len(set(bounds.values())) < len(bounds):
                yield "wrong-value", (*path, part), "two tiers have the same lower bound"


def velocity_has_key_actions(model: Model) -> Iterator[Problem]:
    """Velocity counts key actions, so some must be named."""
    for path, section in behaviors_of(model):
        velocity = section.velocity
        if velocity is not None and velocity.of is None and not any(c.key for c in section.criteria.values()):
            message = "no criterion is marked `key: true`; mark some, or name events in `velocity.of`"
            yield "no-key-action", (*path, "velocity"), message


def accounts_measure_everyone(model: Model) -> Iterator[Problem]:
    """`scope: account` is about the events of everyone in an account; a lead's own windows and actions are not."""
    for path, part, criterion in criteria_of(model):
        of_account = part == "account" or criterion.scope == "account"
        measure = next(iter(criterion.measures()), "")
        if criterion.distinct is not None and criterion.distinct.of == "leads" and not of_account:
            yield (
                "misplaced-key",
                (*path, "distinct", "of"),
                "`of: leads` counts people of an account; add `scope: account`",
            )
        if not of_account:
            continue
        if measure == "attribute":
            where = "; fit takes the best member's points" if part == "account" else ""
            yield "misplaced-key", (*path, "attribute"), f"an attribute has no events to look at account-wide{where}"
        if criterion.key:
            yield "misplaced-key", (*path, "key"), "key actions are the lead's own; `key` has no meaning account-wide"
        if part == "account":
            yield from _account_criterion(path, criterion)


def _account_criterion(path: Path, criterion: Criterion) -> Iterator[Problem]:
    if criterion.within is not None and criterion.within.last is None:
        yield "misplaced-key", (*path, "within"), "an account has no signup or trial; use `within: {last: …}`"
    for key in ("recency", "disqualifies"):
        if getattr(criterion, key):
            yield "misplaced-key", (*path, key), f"`{key}` belongs to the criteria of leads"
    if criterion.scope == "account":
        yield "misplaced-key", (*path, "scope"), "criteria of an account always measure everyone; leave it out"


def products_are_complete(model: Model) -> Iterator[Problem]:
    """Either one behavior section, or one for each product; a bonus needs enough products."""
    if model.products and "behavior" in model.model_fields_set:
        yield "misplaced-key", ("behavior",), "`behavior` cannot stand beside `products`; move it into a product"
    bonus = model.cross_product_bonus
    if bonus is None:
        return
    known = len(model.products or ())
    if known < bonus.at_least:
        message = f"the bonus asks for {bonus.at_least} active products, and `products` names {known}"
        yield "misplaced-key", ("cross_product_bonus",), message


def segments_are_distinct(model: Model) -> Iterator[Problem]:
    """No two segments share a name; a whole other model has no overrides beside it."""
    names: set[str] = set()
    for i, segment in enumerate(model.segments or ()):
        if segment.name in names:
            yield "wrong-value", ("segments", i, "name"), f"another segment is called `{segment.name}` already"
        names.add(segment.name)
        if segment.model is not None:
            for key in segment.overrides():
                yield (
                    "misplaced-key",
                    ("segments", i, key),
                    f"`{key}` cannot stand beside `model`; write it in that file",
                )


def _listed(names: object) -> str:
    return ", ".join(f"`{n}`" for n in names)  # type: ignore[attr-defined]


RULES: tuple[Callable[[Model], Iterator[Problem]], ...] = (
    one_measure,
    fit_knows_no_events,
    points_are_given_once,
    options_fit_the_measure,
    numbers_are_compared_as_numbers,
    any_stands_alone,
    velocity_is_complete,
    decay_is_complete,
    limits_are_ordered,
    tiers_are_distinct,
    accounts_measure_everyone,
    products_are_complete,
    segments_are_distinct,
)
WHOLE_RULES: tuple[Callable[[Model], Iterator[Problem]], ...] = (velocity_has_key_actions,)
