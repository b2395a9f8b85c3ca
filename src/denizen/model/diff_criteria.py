"""What changed among criteria: added, removed, renamed, and inside one its bands and options."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from denizen.model import words
from denizen.model.change import Change
from denizen.model.normal import normal
from denizen.model.same_points import gives_the_same
from denizen.model.spec import MEASURES, Band
from denizen.model.values import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from denizen.model.change import Effect
    from denizen.model.spec import Criterion

Criteria = dict[str, "Criterion"]
_OPTIONS = {
    "where": ("only events count whose {}", "events count whatever their properties"),
    "within": ("events count {}", "events count whenever they happened"),
    "inside": ("the steps must happen within {}", "the steps may lie any time apart"),
    "max_points": ("at most {} points are given", "there is no limit to its points any more"),
    "recency": ("its points are multiplied: {}", "it has no recency bonus of its own any more"),
}


def diff_criteria(before: Criteria, after: Criteria, path: str, section: str) -> Iterator[Change]:
    """Yield what changed among the criteria of one section."""
    renamed = _renamed(before, after)
    for old, new in renamed.items():
        told = f"{old} is now called {new}; it measures and gives the same"
        yield Change(section, f"{path}.{new}", "renamed", told, "names", old, new)
    for name in [n for n in before if n not in after and n not in renamed]:
        told = f"{name} is gone: {criterion_words(before[name])}"
        yield Change(section, f"{path}.{name}", "removed", told, "scores", words.plain_data(before[name]))
    for name in [n for n in after if n not in before and n not in renamed.values()]:
        told = f"{name} is new: {criterion_words(after[name])}"
        yield Change(section, f"{path}.{name}", "added", told, "scores", None, words.plain_data(after[name]))
    for name in [n for n in after if n in before]:
        yield from _criterion(name, before[name], after[name], f"{path}.{name}", section)
    yield from _order(before, after, renamed, path, section)


def criterion_words(criterion: Criterion) -> str:
    """Return a whole criterion in one line, e.g. `the number of invited; 2 or more give 15 points`."""
    parts = [words.measure(criterion)]
    for key in ("where", "within", "inside"):
        if (value := getattr(criterion, key)) is not None:
            parts[0] += ("" if key == "within" else " where " if key == "where" else " within ") or " "
            parts[0] += words.value(key, value)
    if criterion.each is not None and criterion.points is not None:
        limit = "" if criterion.max_points is None else f", at most {plain(criterion.max_points)}"
        parts.append(f"{_give(criterion.points)} for every full {plain(criterion.each)}{limit}")
    else:
        parts += [f"{words.condition(b)} {_give(b.points)}" for b in bands_of(criterion)]
    if criterion.disqualifies:
        parts.append("it rules the lead out")
    return "; ".join(parts)


def bands_of(criterion: Criterion) -> list[Band]:
    """Return the bands, with `points: N` written out; none beside `each`."""
    if criterion.bands is not None:
        return list(criterion.bands)
    if criterion.points is None or criterion.each is not None:
        return []
    return [Band.model_validate({"at_least": Decimal(1), "points": criterion.points})]


def _give(number: Decimal) -> str:
    return f"take {words.points(-number)}" if number < 0 else f"give {words.points(number)}"


def _now_give(number: Decimal) -> str:
    return f"now {_give(number)}"


def _renamed(before: Criteria, after: Criteria) -> dict[str, str]:
    """Return old and new names of criteria that say the same under another name."""
    free = [n for n in after if n not in before]
    found: dict[str, str] = {}
    for old in [n for n in before if n not in after]:
        same = next((n for n in free if normal(after[n]) == normal(before[old])), None)
        if same is not None:
            free.remove(same)
            found[old] = same
    return found


def _order(before: Criteria, after: Criteria, renamed: dict[str, str], path: str, section: str) -> Iterator[Change]:
    old = [renamed.get(n, n) for n in before if renamed.get(n, n) in after]
    new = [n for n in after if n in old]
    if old != new:
        told = "the criteria stand in another order; the ledger lists them so"
        yield Change(section, path, "moved", told, "words", old, new)


def _criterion(name: str, before: Criterion, after: Criterion, path: str, section: str) -> Iterator[Change]:
    effect: Effect = "hash" if gives_the_same(before, after) else "scores"

    def change(key: str, kind: Any, told: str, old: Any, new: Any) -> Change:
        where = f"{path}.{key}"
        data = words.plain_data(old, key), words.plain_data(new, key)
        return Change(section, where, kind, f"{name}: {told}", effect, *data)

    if not _same_measure(before, after):
        told = f"measures {words.measure(after)}, was {words.measure(before)}"
        yield change((after.measures() or ["measure"])[0], "changed", told, _measure(before), _measure(after))
    for key, (says, no_more) in _OPTIONS.items():
        old, new = getattr(before, key), getattr(after, key)
        if normal(old) == normal(new):
            continue
        kind = "added" if old is None else "removed" if new is None else "changed"
        told = no_more if new is None else says.format(words.value(key, new))
        was = "" if old is None else f", was {words.value(key, old)}"
        yield change(key, kind, f"now {told}{was}" if new is not None else f"{told}{was}", old, new)
    if before.scope != after.scope:
        whose = {"lead": "the lead alone", "account": "everyone in its account"}
        told = f"now counts the events of {whose[after.scope]}, was of {whose[before.scope]}"
        yield change("scope", "changed", told, before.scope, after.scope)
    for key, yes, no in (
        ("key", "its events are now key actions for velocity", "its events are no key actions any more"),
        ("disqualifies", "a band that holds now rules the lead out", "it rules no lead out any more"),
    ):
        old, new = getattr(before, key), getattr(after, key)
        if old != new:
            yield change(key, "changed", yes if new else no, old, new)
    yield from _points(before, after, change)


def _measure(criterion: Criterion) -> dict[str, Any]:
    return {key: getattr(criterion, MEASURES[key]) for key in criterion.measures()}


def _same_measure(before: Criterion, after: Criterion) -> bool:
    sides = [{k: v for k, v in normal(c).items() if k in MEASURES} for c in (before, after)]
    return bool(sides[0] == sides[1])


def _points(before: Criterion, after: Criterion, change: Any) -> Iterator[Change]:
    old, new = bands_of(before), bands_of(after)
    if not old and not new:
        if (before.each, before.points) != (after.each, after.points):
            yield change(
                "each", "changed", f"now {_each(after)}, was {_each(before)}", _each_data(before), _each_data(after)
            )
    elif not old:
        yield change("bands", "added", f"now by bands: {_bands(new)}; was: {_each(before)}", _each_data(before), new)
    elif not new:
        yield change("each", "added", f"now {_each(after)}; was by bands: {_bands(old)}", old, _each_data(after))
    else:
        yield from _band_changes(old, new, change)


def _each(criterion: Criterion) -> str:
    points, size = criterion.points or Decimal(0), criterion.each or Decimal(1)
    return f"{words.points(points)} for every full {plain(size)}"


def _each_data(criterion: Criterion) -> dict[str, Any]:
    return {"each": criterion.each, "points": criterion.points}


def _bands(bands: list[Band]) -> str:
    return ", ".join(f"{words.condition(b)} {_give(b.points)}" for b in bands)


def _conditions(band: Band) -> str:
    return repr(sorted((k, repr(v)) for k, v in normal(band).items() if k != "points"))


def _band_changes(before: list[Band], after: list[Band], change: Any) -> Iterator[Change]:
    """Yield what changed in bands: those with one condition are the same band, then those at one place with equal points."""
    keys = [_conditions(b) for b in before], [_conditions(b) for b in after]
    if any(n > 1 for side in keys for n in Counter(side).values()):
        if normal(before) != normal(after):
            yield change("bands", "changed", f"now {_bands(after)}; was {_bands(before)}", before, after)
        return
    old = dict(zip(keys[0], before, strict=True))
    new = dict(zip(keys[1], after, strict=True))
    place = {k: i for i, k in enumerate(keys[1])}
    for key in [k for k in new if k in old and normal(new[k].points) != normal(old[k].points)]:
        was = f", were {plain(old[key].points)}"
        told = f"{words.condition(new[key])} {_now_give(new[key].points)}{was}"
        yield change(f"bands[{place[key]}].points", "changed", told, old[key].points, new[key].points)
    gone, come = [k for k in old if k not in new], [k for k in new if k not in old]
    moved = _same_points(gone, come, old, new)
    for left, right in moved:
        told = f"{words.points(new[right].points)} now for {words.condition(new[right])}, was for {words.condition(old[left])}"
        yield change(f"bands[{place[right]}]", "changed", told, old[left], new[right])
    for key in [k for k in gone if k not in {left for left, _ in moved}]:
        told = f"{words.condition(old[key])} no longer {_give(old[key].points)}"
        yield change(f"bands[{keys[0].index(key)}]", "removed", told, old[key], None)
    for key in [k for k in come if k not in {right for _, right in moved}]:
        told = f"{words.condition(new[key])} {_now_give(new[key].points)}, a new band"
        yield change(f"bands[{place[key]}]", "added", told, None, new[key])
    if [k for k in keys[0] if k in new] != [k for k in keys[1] if k in old]:
        told = f"its bands are asked in another order, the first that holds counts: {_bands(after)}"
        yield change("bands", "moved", told, before, after)


def _same_points(gone: list[str], come: list[str], old: dict[str, Band], new: dict[str, Band]) -> list[tuple[str, str]]:
    """Pair bands that went with bands that came and give the same points: their condition changed."""
    free = list(come)
    pairs = []
    for left in gone:
        right = next((k for k in free if normal(new[k].points) == normal(old[left].points)), None)
        if right is not None:
            free.remove(right)
            pairs.append((left, right))
    return pairs
