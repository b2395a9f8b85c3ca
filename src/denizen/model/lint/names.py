"""Where a model names events, properties and attributes, and which names are nearly the same."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from denizen.model.lint.sections import behaviors, criteria
from denizen.model.spec import ANY, MEASURES, Condition

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from denizen.model.source import Path
    from denizen.model.spec import Behavior, Criterion, Model

SHORTEST_FOR_TYPOS = 5
"""Shorter names that differ in one letter are as likely two names."""
_OWN_DISTINCTS = ("days", "events", "sessions", "leads")
_SECTION_NAMES = (("velocity", "of"), ("decay", "activity"), ("ceiling", "unless"))


@dataclass(frozen=True, slots=True)
class Use:
    """One place where a model writes a name; `operators` is what it asks of the value, `events` of which events."""

    name: str
    path: Path
    at_key: bool = False
    operators: tuple[tuple[Path, Condition], ...] = ()
    events: frozenset[str] | None = None
    as_number: bool = False


def event_uses(model: Model) -> Iterator[Use]:
    """Yield every place that names an event."""
    for path, criterion in criteria(model):
        for measure, names in _measured_names(criterion):
            yield from _listed(names, (*path, *measure))
    for section in behaviors(model):
        behavior = section.behavior
        if behavior is None:
            continue
        for key, field in _SECTION_NAMES:
            part = getattr(behavior, key)
            listed: list[str] | None = None if part is None else getattr(part, field)
            yield from _listed(listed or [], (*section.path, key, field))


def property_uses(model: Model) -> Iterator[Use]:
    """Yield every place that names a property of events."""
    for path, criterion in criteria(model):
        events = _events_of(criterion)
        for name, condition in (criterion.where or {}).items():
            place = (*path, "where", name)
            yield Use(name, place, at_key=True, operators=((place, condition),), events=events)
        if criterion.sum_ is not None:
            yield Use(criterion.sum_.of, (*path, "sum", "of"), events=events, as_number=True)
        if criterion.distinct is not None and criterion.distinct.of not in _OWN_DISTINCTS:
            yield Use(criterion.distinct.of, (*path, "distinct", "of"), events=events)
    for product, section in (model.products or {}).items():
        yield from _predicates(section.events, ("products", product, "events"))


def attribute_uses(model: Model) -> Iterator[Use]:
    """Yield every place that names an attribute."""
    for path, criterion in criteria(model):
        if criterion.attribute is not None:
            bands = tuple(((*path, "bands", i), band) for i, band in enumerate(criterion.bands or ()))
            yield Use(criterion.attribute, (*path, "attribute"), operators=bands, as_number=criterion.each is not None)
    yield from _predicates(model.pql.require, ("pql", "require"))
    yield from _predicates(model.account.pqa.require, ("account", "pqa", "require"))
    for i, segment in enumerate(model.segments or ()):
        yield from _predicates(segment.when, ("segments", i, "when"))
    for section in behaviors(model):
        if section.behavior and section.behavior.ceiling:
            yield from _predicates(section.behavior.ceiling.when, (*section.path, "ceiling", "when"))


def _predicates(predicates: dict[str, Condition] | None, path: Path) -> Iterator[Use]:
    for name, condition in (predicates or {}).items():
        yield Use(name, (*path, name), at_key=True, operators=(((*path, name), condition),))


def _listed(names: Iterable[str], path: Path) -> Iterator[Use]:
    """Yield names of a list; where a single name stands without a list, the place falls back to the key."""
    for i, name in enumerate(names):
        if name != ANY:
            yield Use(name, (*path, i))


def _measured_names(criterion: Criterion) -> Iterator[tuple[Path, list[str]]]:
    if criterion.distinct is not None:
        yield ("distinct", "event"), criterion.distinct.event
    if criterion.sum_ is not None:
        yield ("sum", "event"), criterion.sum_.event
    if criterion.growth is not None:
        yield ("growth", "of"), criterion.growth.of
    for key in ("count", "session_depth", "session_minutes", "days_since", "sequence"):
        names = getattr(criterion, MEASURES[key])
        if names is not None:
            yield (key,), names


def _events_of(criterion: Criterion) -> frozenset[str] | None:
    names = frozenset(name for _, listed in _measured_names(criterion) for name in listed)
    return None if ANY in names else names


def key_names(behavior: Behavior) -> frozenset[str] | None:
    """Return the names of key actions; None for any event."""
    if behavior.velocity is not None and behavior.velocity.of is not None:
        names = frozenset(behavior.velocity.of)
        return None if ANY in names else names
    found = [_events_of(criterion) for criterion in behavior.criteria.values() if criterion.key]
    return None if None in found else frozenset().union(*[names for names in found if names is not None])


def folded(name: str) -> str:
    """Return a name without case, spaces, underscores, hyphens and dots."""
    return "".join(c for c in name.lower() if c.isalnum())


def alike(name: str, other: str) -> bool:
    """Return whether two names differ by case, separators or one letter, and are not one name with two numbers."""
    if name == other:
        return False
    a, b = folded(name), folded(other)
    if a == b:
        return bool(a)
    return min(len(a), len(b)) >= SHORTEST_FOR_TYPOS and _one_letter_apart(a, b)


def pairs_alike(names: Iterable[str]) -> list[tuple[str, str]]:
    """Return the pairs of names that are alike."""
    return [(a, b) for a, b in combinations(sorted(set(names)), 2) if alike(a, b)]


def _one_letter_apart(a: str, b: str) -> bool:
    """Return whether one letter was changed, added or left out, or two neighbours were swapped; digits are no letters."""
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    end = 0
    while end < min(len(a), len(b)) - start and a[-1 - end] == b[-1 - end]:
        end += 1
    left, right = a[start : len(a) - end], b[start : len(b) - end]
    if any(c.isdigit() for c in left + right):
        return False
    swapped = len(left) == len(right) == len("ab") and left == right[::-1]
    return swapped or max(len(left), len(right)) == 1
