"""What changed between two models, in words (for people) and as data (for programs)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from denizen.model import words
from denizen.model.change import Change
from denizen.model.diff_criteria import diff_criteria
from denizen.model.normal import LABELS, normal
from denizen.model.spec import Condition, Criterion, Recency, Within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from denizen.model.change import Kind
    from denizen.model.load import LoadedModel, LoadedSegment

_WHOLE = (Condition, Within, Recency)
"""Parts that are told as one thing, not key by key."""

_SECTIONS = {"pql": "gates", "min": "limits", "max": "limits"}
_NAMES = {
    "velocity": "the velocity bonus",
    "decay": "decay",
    "after_trial": "the second penalty, after the trial,",
    "ceiling": "the ceiling",
    "recency": "the recency bonus",
}
_LABELS = {
    "velocity.at_least": "velocity, how many key actions make a burst",
    "velocity.within": "velocity, the longest span of a burst",
    "velocity.points": "velocity, the bonus in points",
    "velocity.multiplier": "velocity, the bonus as a share of the criterion points",
    "velocity.award": "velocity, the award",
    "velocity.max_awards": "velocity, the most awards",
    "velocity.expires": "velocity, the time a burst counts for",
    "velocity.of": "velocity, key actions",
    "decay.points": "decay, points taken a period",
    "decay.percent": "decay, percent taken a period",
    "decay.half_life": "decay, the half-life",
    "decay.every": "decay, the period",
    "decay.periods": "decay, periods counted",
    "decay.after": "decay, the idle time that costs nothing",
    "decay.floor": "decay, the floor",
    "decay.activity": "decay, what ends idleness",
    "after_trial.points": "decay after the trial, points taken a period",
    "after_trial.percent": "decay after the trial, percent taken a period",
    "after_trial.half_life": "decay after the trial, the half-life",
    "after_trial.every": "decay after the trial, the period",
    "after_trial.periods": "decay after the trial, periods counted",
    "ceiling.at": "ceiling, the cap",
    "ceiling.after": "ceiling, the time since signup before it applies",
    "ceiling.unless": "ceiling, upgrade signals",
    "ceiling.last": "ceiling, the time an upgrade signal counts for",
    "pql.total": "the total a PQL needs",
    "pql.fit": "the fit a PQL needs",
    "pql.behavior": "the behavior a PQL needs",
    "pql.require": "what else a PQL needs",
    "fit.min": "the lower limit of fit",
    "fit.max": "the upper limit of fit",
    "behavior.min": "the lower limit of behavior",
    "behavior.max": "the upper limit of behavior",
    "model": "the name of the model",
    "title": "the title",
    "version": "the version",
}


def diff_models(before: LoadedModel, after: LoadedModel) -> tuple[Change, ...]:
    """Return every difference between two models, in the order of the file.

    No difference but with effect `words` means equal data hashes, and none at all equal metadata hashes too. A difference
    with effect `hash` is proved to leave every score as it is.
    """
    whole = tuple(_differences(before.spec, after.spec, ()))
    return (*whole, *_segments(before.segments, after.segments, {(c.path, c.sentence) for c in whole}))


_PRODUCT = len(("products", "name"))


def _segments(
    before: tuple[LoadedSegment, ...], after: tuple[LoadedSegment, ...], told: set[tuple[str, str]]
) -> Iterator[Change]:
    """Yield what changed in segments, without what changed for everyone alike."""
    old, new = {s.name: s for s in before}, {s.name: s for s in after}
    for name in [n for n in old if n not in new]:
        sentence = f"the segment {name} is gone: {words.predicates(old[name].when)}"
        yield Change("segments", f"segments.{name}", "removed", sentence, "scores", words.plain_data(old[name].when))
    for name in [n for n in new if n not in old]:
        sentence = f"the segment {name} is new: {words.predicates(new[name].when)}"
        yield Change(
            "segments", f"segments.{name}", "added", sentence, "scores", None, words.plain_data(new[name].when)
        )
    for name in [n for n in new if n in old]:
        left, right = old[name], new[name]
        if normal(left.when) != normal(right.when):
            sentence = f"segment {name}: now {words.predicates(right.when)}, was {words.predicates(left.when)}"
            data = words.plain_data(left.when), words.plain_data(right.when)
            yield Change("segments", f"segments.{name}.when", "changed", sentence, "scores", *data)
        for change in _differences(left.spec, right.spec, ()):
            if change.data and (change.path, change.sentence) not in told:
                path, sentence = f"segments.{name}.{change.path}", f"segment {name}: {change.sentence}"
                yield replace(change, section="segments", path=path, sentence=sentence)
    common = [[n for n in side if n in old and n in new] for side in (old, new)]
    if common[0] != common[1]:
        sentence = f"segments are asked in another order, the first that holds decides: {', '.join(new)}"
        yield Change("segments", "segments", "moved", sentence, "scores", list(old), list(new))


def _differences(before: Any, after: Any, path: tuple[str, ...]) -> Iterator[Change]:
    if _has_criteria(before, after):
        yield from diff_criteria(before, after, ".".join(path), _section(path))
    elif normal(before) == normal(after):
        if isinstance(before, BaseModel) and not isinstance(before, _WHOLE):
            yield from _keys(before, after, path)  # the order of criteria may still differ
    elif before is None or after is None or type(before) is not type(after) or isinstance(before, _WHOLE):
        yield _leaf(before, after, path)
    elif isinstance(before, BaseModel):
        for change in _keys(before, after, path):
            whose = f"product {path[1]}: " if path[:1] == ("products",) and len(path) == _PRODUCT else ""
            yield replace(change, sentence=f"{whose}{change.sentence}")
    elif isinstance(before, dict):
        for key in dict.fromkeys([*before, *after]):
            yield from _differences(before.get(key), after.get(key), (*path, key))
    else:
        yield _leaf(before, after, path)


def _has_criteria(before: Any, after: Any) -> bool:
    return (
        isinstance(before, dict)
        and isinstance(after, dict)
        and any(isinstance(v, Criterion) for v in (*before.values(), *after.values()))
    )


def _keys(before: BaseModel, after: BaseModel, path: tuple[str, ...]) -> Iterator[Change]:
    for name, field in type(before).model_fields.items():
        key = field.alias or name
        if not path and key == "segments":
            continue
        yield from _differences(getattr(before, name), getattr(after, name), (*path, key))


def _leaf(before: Any, after: Any, path: tuple[str, ...]) -> Change:
    kind: Kind = "added" if before is None else "removed" if after is None else "changed"
    effect = "words" if path[0] in LABELS else "names" if path == ("model",) else "scores"
    data = words.plain_data(before, path[-1]), words.plain_data(after, path[-1])
    return Change(_section(path), ".".join(path), kind, _sentence(before, after, path), effect, *data)  # type: ignore[arg-type]  # mypy widens the three words to str


def _section(path: tuple[str, ...]) -> str:
    """Return under which heading a change is told."""
    if len(path) == 1 and path[0] in ("model", *LABELS):
        return "model"
    if path[0] == "behavior" and path[1] != "criteria":
        return _SECTIONS.get(path[1], path[1])
    if path[0] == "fit" and path[1] != "criteria":
        return "limits"
    return _SECTIONS.get(path[0], path[0])


def _sentence(before: Any, after: Any, path: tuple[str, ...]) -> str:
    key = path[-1]
    if isinstance(before or after, BaseModel) and key in _NAMES and (before is None or after is None):
        state = "is gone" if after is None else "is new"
        return f"{_NAMES[key]} {state}: {_whole(before if after is None else after, key)}"
    if path[0] == "tiers":
        return _tier(before, after, path)
    if path[:1] == ("products",) and len(path) == _PRODUCT:
        state = "is gone" if after is None else "is new"
        return f"the product {key} {state}: it has {', '.join((before or after).criteria) or 'no criteria'}"
    label = _LABELS.get(".".join(path[-2:])) or _LABELS.get(key) if len(path) <= 2 or path[-2] in _NAMES else None  # noqa: PLR2004  a key and its section
    label = label or ".".join(path)
    if before is None:
        return f"{label}: now {words.value(key, after)}, was not given"
    if after is None:
        return f"{label}: no longer given, was {words.value(key, before)}"
    return f"{label}: now {words.value(key, after)}, was {words.value(key, before)}"


def _whole(part: BaseModel, key: str) -> str:
    if isinstance(part, _WHOLE):
        return words.value(key, part)
    fields = {field.alias or name: getattr(part, name) for name, field in type(part).model_fields.items()}
    return ", ".join(f"{k} {words.value(k, v)}" for k, v in fields.items() if v is not None)


def _tier(before: Any, after: Any, path: tuple[str, ...]) -> str:
    where = f"the {path[1]} tier {path[-1]}"
    if before is None:
        return f"{where} is new, from {words.scalar(after)}"
    if after is None:
        return f"{where} is gone, was from {words.scalar(before)}"
    return f"{where} now starts at {words.scalar(after)}, was {words.scalar(before)}"
