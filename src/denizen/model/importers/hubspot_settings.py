"""What a HubSpot score says about the whole: limits, decay, thresholds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from denizen.model.importers.draft import carried, changed
from denizen.model.importers.reading import read_points, shown
from denizen.model.importers.report import Line
from denizen.model.writing import Noted, name_of

if TYPE_CHECKING:
    from denizen.model.importers.draft import Draft, Part

CONTACT, COMPANY = "0-1", "0-2"
PARTS: tuple[Part, ...] = ("fit", "behavior")
AGES = "HubSpot lets the points of each event age by themselves; here idle time takes from the whole score"
NO_GATES = "HubSpot has no gates for a PQL; the gates in the file are the methodology's, so set your own."
LONGEST_DAYS = 36_500
Groups = list[dict[str, Any]]


def carry_settings(draft: Draft, data: dict[str, Any], groups: Groups) -> None:
    """Carry over everything of a score that is not a rule."""
    for part in PARTS:
        _limits(draft, part, [(i, g) for i, g in enumerate(groups) if _part(g) == part], data)
    _decay(draft, groups)
    _rest(draft, data)
    has_fit = any(item.data is not None for item in draft.criteria["fit"])
    draft.pql = Noted("pql", {"total": 80, "fit": 15 if has_fit else 0, "behavior": 40}, [NO_GATES])
    draft.note(NO_GATES)


def _part(group: dict[str, Any]) -> Part:
    return "fit" if group.get("groupCategory") == "FIT" else "behavior"


def _limits(draft: Draft, part: Part, mine: list[tuple[int, dict[str, Any]]], data: dict[str, Any]) -> None:
    whole = read_points(data.get("maxScorePerCategory"))
    for i, group in mine:
        for key, sign in (("maxValue", 1), ("minValue", -1)):
            limit = read_points(group.get(key))
            if limit is None:
                continue
            place, rule = f"groupConfigs[{i}].{key}", f"{group.get('groupName')}: limit {limit}"
            if len(mine) == 1 and whole is None and limit * sign >= 0:
                draft.set(part, key[:3], limit, carried(rule, place))
            else:
                draft.drop(part, rule, place, "a group has no limit of its own, only the section has")
    if whole is not None and whole >= 0:
        line = carried(f"at most {whole} in each category", f"maxScorePerCategory ({part})")
        draft.set(part, "max", whole, line)


def _decay(draft: Draft, groups: Groups) -> None:
    found = [(i, g["groupDecay"]) for i, g in enumerate(groups) if isinstance(g.get("groupDecay"), dict)]
    for i, _ in found:
        if _part(groups[i]) == "fit":
            draft.drop("fit", "decay", f"groupConfigs[{i}].groupDecay", "fit never decays")
    intent = [(i, d) for i, d in found if _part(groups[i]) == "behavior"]
    rates = [(d.get("percentToDecayPerInterval"), d.get("decayIntervalDays")) for _, d in intent]
    for n, (i, _) in enumerate(intent):
        place = f"groupConfigs[{i}].groupDecay"
        percent, days = rates[n]
        if rates.count(rates[0]) < len(rates):
            listed = " and ".join(dict.fromkeys(f"{p}% in {d} days" for p, d in rates))
            draft.drop("behavior", "decay", place, f"behavior has one decay, and the groups have {listed}")
        elif not _within(percent, 100) or not _within(days, LONGEST_DAYS):
            draft.drop("behavior", "decay", place, f"{shown(percent)} percent in {shown(days)} days is no decay")
        elif n == 0:
            line = changed(f"decay of {percent}% in {days} days", place, AGES)
            draft.set("behavior", "decay", {"percent": percent, "every": f"{days}d"}, line)
        else:
            rule = f"decay of {percent}% in {days} days"
            draft.report.lines.append(Line("changed", rule, place, "behavior.decay", AGES))


def _within(value: Any, highest: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= highest


def _rest(draft: Draft, data: dict[str, Any]) -> None:
    if data.get("filterConfiguration"):
        reason = "segments live in HubSpot; leave these records out of the data"
        draft.drop(None, "which segments are scored", "filterConfiguration", reason)
    if data.get("maxScore") is not None:
        draft.drop(None, f"at most {shown(data['maxScore'])} in all", "maxScore", "only each section has a limit")
    outputs = data.get("outputConfiguration")
    listed = outputs.get("outputs") if isinstance(outputs, dict) else None
    for i, output in enumerate(listed if isinstance(listed, list) else []):
        if isinstance(output, dict) and output.get("outputType") in ("THRESHOLD", "MATRIX"):
            _tiers(draft, output, f"outputConfiguration.outputs[{i}].boundaries")
    kind = data.get("objectTypeId")
    if kind == COMPANY:
        draft.note("The score is one of companies: its rules read the attributes of a lead's account.")
    elif kind not in (CONTACT, None):
        draft.note(f"The score is one of the object {kind}, not of contacts; check what its properties stand for.")


def _tiers(draft: Draft, output: dict[str, Any], place: str) -> None:
    for category, boundaries in _by_category(output).items():
        part = {"FIT": "fit", "INTENT": "behavior"}.get(category)
        rule = f"thresholds of {category or 'the total'}"
        bounds: dict[str, Any] = {}
        for boundary in boundaries if isinstance(boundaries, list) else []:
            threshold = read_points(boundary.get("threshold")) if isinstance(boundary, dict) else None
            if threshold is not None and threshold not in bounds.values():
                bounds[name_of(str(boundary.get("label") or "tier"), bounds, "tier")] = threshold
        if part is None:
            draft.drop(None, rule, place, "tiers are of fit and of behavior, not of their sum")
        elif not bounds or part in draft.tiers:
            draft.drop(None, rule, place, "there are no boundaries, or the category has tiers already")
        else:
            draft.tiers[part] = bounds
            draft.report.lines.append(carried(rule, place, f"tiers.{part}"))


def _by_category(output: dict[str, Any]) -> dict[str, Any]:
    """Return the boundaries by category; those of the sum of both stand under the empty name."""
    given, categories = output.get("boundaries"), output.get("categories")
    if isinstance(given, dict):
        return given
    one = isinstance(categories, list) and len(categories) == 1
    return {str(categories[0]) if one and isinstance(categories, list) else "": given}
