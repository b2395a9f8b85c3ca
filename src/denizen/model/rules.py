"""What must hold beyond the shape of a model file. One rule, one function; all findings are collected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.model.spec import ANY, MEASURES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from denizen.errors import Finding
    from denizen.model.source import Path, Source
    from denizen.model.spec import Criterion, Model, Penalty

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


def _criteria(model: Model) -> Iterator[tuple[Path, str, Criterion]]:
    for part, criteria in (("fit", model.fit.criteria), ("behavior", model.behavior.criteria)):
        for name, criterion in criteria.items():
            yield (part, "criteria", name), part, criterion


def one_measure(model: Model) -> Iterator[Problem]:
    """A criterion measures exactly one thing."""
    for path, _, criterion in _criteria(model):
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
    for path, part, criterion in _criteria(model):
        if part == "fit":
            for key in criterion.measures():
                if key != "attribute":
                    message = f"`{key}` counts events, and fit looks at attributes only; move it to behavior"
                    yield "fit-measure", (*path, key), message


def points_are_given_once(model: Model) -> Iterator[Problem]:
    """Bands, or points, or points with each."""
    for path, _, criterion in _criteria(model):
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
    for path, part, criterion in _criteria(model):
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
        if part == "fit" and criterion.each is None:
            continue


def numbers_are_compared_as_numbers(model: Model) -> Iterator[Problem]:
    """A measure is a number, so words cannot be searched in it."""
    for path, _, criterion in _criteria(model):
        if criterion.measures() != ["attribute"]:
            for i, band in enumerate(criterion.bands or ()):
                for operator in _COMPARING:
                    if operator in band.operators():
                        message = f"`{operator}` works on attributes and properties; this measure is a number"
                        yield "wrong-value", (*path, "bands", i, operator), message


def any_stands_alone(model: Model) -> Iterator[Problem]:
    """`any` means every event, so it is never one of several names, nor a step."""
    for path, _, criterion in _criteria(model):
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
    velocity = model.behavior.velocity
    if velocity is None:
        return
    path: Path = ("behavior", "velocity")
    if (velocity.points is None) == (velocity.multiplier is None):
        yield "no-points", path, "exactly one of `points` and `multiplier`"
    if velocity.max_awards is not None and velocity.award == "once":
        yield "misplaced-key", (*path, "max_awards"), "`max_awards` belongs to `award: per_window`"


def decay_is_complete(model: Model) -> Iterator[Problem]:
    """A penalty in one form, with the keys of that form."""
    decay = model.behavior.decay
    if decay is None:
        return
    path: Path = ("behavior", "decay")
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
    for part, section in (("fit", model.fit), ("behavior", model.behavior)):
        if section.max is not None and section.min > section.max:
            yield "wrong-value", (part, "min"), f"`min: {section.min}` is above `max: {section.max}`"


def tiers_are_distinct(model: Model) -> Iterator[Problem]:
    """No two tiers share a lower bound."""
    for part, bounds in (("fit", model.tiers.fit), ("behavior", model.tiers.behavior)):
        if len(set(bounds.values())) < len(bounds):
            yield "wrong-value", ("tiers", part), "two tiers have the same lower bound"


def velocity_has_key_actions(model: Model) -> Iterator[Problem]:
    """Velocity counts key actions, so some must be named."""
    velocity = model.behavior.velocity
    if velocity is None:
        return
    if velocity.of is None and not any(c.key for c in model.behavior.criteria.values()):
        message = "no criterion is marked `key: true`; mark some, or name events in `velocity.of`"
        yield "no-key-action", ("behavior", "velocity"), message


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
)
WHOLE_RULES: tuple[Callable[[Model], Iterator[Problem]], ...] = (velocity_has_key_actions,)
