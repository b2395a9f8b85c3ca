"""A legacy HubSpot score property: points, each with a filter branch as the Lists API writes it.

HubSpot documents the branches and filters (Lists API, "List filters overview"), but no export of a score property's
criteria; the envelope read here is `{"name": …, "criteria": [{"points": 10, "filterBranch": {…}}]}`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from denizen.model.importers.draft import Draft, Part, fate_of
from denizen.model.importers.hubspot_operations import tests_of
from denizen.model.importers.reading import read_points, shown
from denizen.model.importers.report import NotCarriedError
from denizen.model.writing import Noted

if TYPE_CHECKING:
    from decimal import Decimal

Criterion = dict[str, Any]
_EVENTS = {
    "FORM_SUBMISSION": ("form_submitted", "form_id", "formId", ("FILLED_OUT", "HAS_FILLED_OUT")),
    "PAGE_VIEW": ("page_viewed", "url", "pageUrl", ("HAS_PAGEVIEW_EQ",)),
}
_UNITS = {"DAYS": "d", "WEEKS": "w"}
NAMED = "HubSpot names no event here, so it is called {event} and its property {property}; name them so in your data"


def read_legacy(data: dict[str, Any], file: str) -> Draft:
    """Return the draft of a legacy score property."""
    draft = Draft("hubspot", file, title=str(data.get("label") or data.get("name") or "hubspot score"))
    for i, item in enumerate(data["criteria"]):
        place = f"criteria[{i}]"
        holder = item if isinstance(item, dict) else {}
        called = str(holder.get("name") or holder.get("label") or f"criterion {i + 1}")
        given = next((holder[k] for k in ("points", "value", "score") if k in holder), None)
        points = read_points(given)
        if points is None or points == 0:
            draft.drop("fit", called, place, f"{shown(given)} is no number of points to give")
            continue
        try:
            part, subject, criterion, reasons = _criterion(holder.get("filterBranch"), points)
        except NotCarriedError as error:
            draft.drop("fit", called, place, str(error))
            continue
        line = fate_of(f"{called}: {subject} gives {points}", place, reasons)
        draft.add(part, called if "name" in holder or "label" in holder else subject, criterion, [line])
    draft.pql = Noted(
        "pql",
        {"total": 80, "fit": 15 if any(n.data for n in draft.criteria["fit"]) else 0, "behavior": 40},
        ["HubSpot has no gates: these are the methodology's; set your own."],
    )
    draft.note("HubSpot has no gates for a PQL; the gates in the file are the methodology's, so set your own.")
    return draft


def _criterion(branch: Any, points: Decimal) -> tuple[Part, str, Criterion, list[str]]:
    """Return section, subject, criterion and reasons for the first of these that the branch is."""
    groups = [_flat(one) for one in _alternatives(branch)]
    if all(len(g) == 1 and g[0].get("filterType") == "PROPERTY" for g in groups):
        names = {str(g[0].get("property") or "").strip() for g in groups}
        if len(names) != 1 or "" in names:
            raise NotCarriedError("any of several properties gives the points once, and a criterion looks at one")
        tests = [t for g in groups for t in tests_of(g[0].get("operation"))]
        if len(groups) > 1 and not all(t.holds for t in tests):
            raise NotCarriedError("a `does not contain` as one of several alternatives has no equal")
        bands = [{**t.operators, "points": points if t.holds else 0} for t in tests]
        name = names.pop()
        return "fit", name, {"attribute": name, "bands": bands}, []
    if len(groups) == 1 and len(groups[0]) == 1:
        return _event(groups[0][0], points)
    raise NotCarriedError("a criterion looks at one attribute or one event, and this one joins several")


def _alternatives(branch: Any) -> list[dict[str, Any]]:
    if not isinstance(branch, dict):
        raise NotCarriedError("there is no filterBranch")
    inner = branch.get("filterBranches")
    if branch.get("filterBranchType") == "OR" and isinstance(inner, list) and inner and not branch.get("filters"):
        return [found for one in inner for found in _alternatives(one)]
    return [branch]


def _flat(branch: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the filters that must all hold; a branch of events counts as one."""
    kind = branch.get("filterBranchType")
    if kind == "UNIFIED_EVENTS":
        return [branch]
    if kind != "AND":
        raise NotCarriedError(f"a branch {shown(kind)} has no equal")
    filters, inner = branch.get("filters") or [], branch.get("filterBranches") or []
    if not isinstance(filters, list) or not isinstance(inner, list):
        raise NotCarriedError("the branch holds no list of filters")
    found = [f for f in filters if isinstance(f, dict)]
    found += [f for one in inner if isinstance(one, dict) for f in _flat(one)]
    if not found or len(found) < len(filters):
        raise NotCarriedError("the branch holds no filter that can be read")
    return found


def _event(one: dict[str, Any], points: Decimal) -> tuple[Part, str, Criterion, list[str]]:
    reasons: list[str] = []
    if one.get("filterBranchType") == "UNIFIED_EVENTS":
        if one.get("operator") not in ("HAS_COMPLETED", None):
            raise NotCarriedError("points for what was not done have no equal; score its count and gate on it")
        event = str(one.get("eventTypeId") or "").strip()
        where = _where(one.get("filters") or [])
    elif one.get("filterType") in _EVENTS:
        event, name, key, operators = _EVENTS[str(one["filterType"])]
        if one.get("operator") not in operators:
            raise NotCarriedError(f"the operator {shown(one.get('operator'))} has no equal")
        given = one.get(key)
        where = {name: str(given)} if str(given or "").strip() else {}
        reasons.append(NAMED.format(event=event, property=name))
    else:
        raise NotCarriedError(f"a filter {shown(one.get('filterType'))} has no equal")
    if not event:
        raise NotCarriedError("there is no event type")
    criterion: Criterion = {"count": event, **({"where": where} if where else {}), **_pruned(one)}
    criterion |= _often(one.get("coalescingRefineBy"), points)
    return "behavior", event, criterion, reasons


def _where(filters: Any) -> dict[str, Any]:
    where: dict[str, Any] = {}
    for one in filters if isinstance(filters, list) else []:
        name = str(one.get("property") or "").strip() if isinstance(one, dict) else ""
        tests = tests_of(one.get("operation")) if name else []
        if len(tests) != 1 or not tests[0].holds or name in where:
            raise NotCarriedError("a condition on the event cannot be written as one predicate")
        where[name] = tests[0].operators
    return where


def _pruned(one: dict[str, Any]) -> dict[str, Any]:
    refine = one.get("pruningRefineBy")
    if not refine:
        return {}
    offset = refine.get("timeOffset") if isinstance(refine, dict) else None
    if (
        isinstance(offset, dict)
        and refine.get("type") == "RELATIVE_COMPARATIVE"
        and refine.get("comparison") == "AFTER"
        and offset.get("offsetDirection") == "PAST"
        and offset.get("timeUnit") in _UNITS
        and isinstance(offset.get("amount"), int)
    ):
        return {"within": {"last": f"{offset['amount']}{_UNITS[offset['timeUnit']]}"}}
    raise NotCarriedError("the time frame is none of the last days or weeks")


def _often(refine: Any, points: Decimal) -> dict[str, Any]:
    if not refine:
        return {"points": points}
    low, high = (
        (refine.get(k) for k in ("minOccurrences", "maxOccurrences")) if isinstance(refine, dict) else (None, None)
    )
    if low is None and high is None:
        raise NotCarriedError(f"{shown(refine)} is no number of occurrences")
    bound = {**({} if low is None else {"at_least": low}), **({} if high is None else {"at_most": high})}
    return {"bands": [{**bound, "points": points}]}
