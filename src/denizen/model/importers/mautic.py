"""Mautic's point actions and triggers, from its API (`/api/points`, `/api/points/triggers`), its export, or a CSV of them.

Types and properties are those of Mautic's developer documentation ("Point Actions", "Point Triggers") and of what its
bundles check before points are given: `emails`, `assets`, `forms`, `pages`, and for `url.hit` `page_url` and its options.
"""

from __future__ import annotations

import json
import re
from typing import Any

from denizen.errors import fail
from denizen.model.importers.draft import Draft, fate_of
from denizen.model.importers.reading import read_csv, read_json, read_points, shown
from denizen.model.importers.report import Line, NotCarriedError
from denizen.model.writing import Noted, name_of

TYPES = {
    "asset.download": ("asset_downloaded", "asset_id", "assets"),
    "email.open": ("email_opened", "email_id", "emails"),
    "email.send": ("email_sent", "email_id", "emails"),
    "form.submit": ("form_submitted", "form_id", "forms"),
    "page.hit": ("page_hit", "page_id", "pages"),
}
_ACTIONS = ("points", "point", "point_actions", "pointActions")
_TRIGGERS = ("triggers", "trigger", "point_triggers", "point_trigger", "pointTriggers")
_RETURNS = ("returns_within", "returns_after")


def read_mautic(text: str, file: str) -> Draft:
    """Return the draft of a Mautic points export.

    Raises:
        DenizenError: the text is neither the JSON nor a CSV of point actions.
    """
    draft = Draft("mautic", file, title="mautic points")
    actions, triggers = (
        _from_json(text, file) if text.lstrip("\ufeff \t\r\n")[:1] in ("{", "[") else _from_csv(text, file)
    )
    for place, action in actions:
        _action(draft, place, action)
    for place, trigger in triggers:
        _trigger(draft, place, trigger)
    draft.pql = Noted(
        "pql",
        {"total": 40, "fit": 0, "behavior": 40},
        ["Mautic has one score and no gates: 40 is the methodology's for behavior; set your own."],
    )
    draft.note("Mautic scores what people did, not who they are: add fit criteria, then raise the gates.")
    draft.note(
        "Events carry Denizen's names for Mautic's types, such as form_submitted with form_id; map your data so."
    )
    draft.note(
        "Mautic adds points to a stored number and never takes them back; without decay, neither does this model."
    )
    return draft


Items = list[tuple[str, Any]]


def _from_json(text: str, file: str) -> tuple[Items, Items]:
    data = read_json(text.lstrip("\ufeff"), file)
    if isinstance(data, list):
        inside = [(i, one) for i, one in enumerate(data) if isinstance(one, dict)]
        if inside and all(any(k in one for k in _ACTIONS + _TRIGGERS) for _, one in inside):
            found = [_listed(one, f"[{i}].") for i, one in inside]
            return [a for f in found for a in f[0]], [t for f in found for t in f[1]]
        return [(f"[{i}]", one) for i, one in enumerate(data)], []
    if isinstance(data, dict) and "delta" in data:
        return [("(top)", data)], []
    actions, triggers = _listed(data, "") if isinstance(data, dict) else ([], [])
    if not actions and not triggers:
        message = "no Mautic points: expected `points` (or `point`) with type and delta, or `triggers`"
        raise fail("import-shape", message, file=file)
    return actions, triggers


def _listed(data: dict[str, Any], before: str) -> tuple[Items, Items]:
    def under(keys: tuple[str, ...]) -> Items:
        return [(f"{before}{k}{step}", one) for k in keys if k in data for step, one in _each(data[k])]

    return under(_ACTIONS), under(_TRIGGERS)


def _each(given: Any) -> list[tuple[str, Any]]:
    """Return the entries of a list, of an object by id, or the one object itself."""
    if isinstance(given, list):
        return [(f"[{i}]", one) for i, one in enumerate(given)]
    if isinstance(given, dict) and ("delta" in given or "points" in given or "name" in given):
        return [("", given)]
    if isinstance(given, dict):
        return [(f".{key}", one) for key, one in given.items()]
    return [("", given)]


def _from_csv(text: str, file: str) -> tuple[Items, Items]:
    rows = read_csv(text, file)
    needed = {"type", "delta"}
    if rows and not needed <= rows[0].cells.keys():
        message = f"the CSV needs the columns type and delta; found {', '.join(rows[0].cells) or 'none'}"
        raise fail("import-shape", message, file=file)
    return [(f"line {row.line}", {k: v for k, v in row.cells.items() if v.strip()}) for row in rows], []


def _action(draft: Draft, place: str, action: Any) -> None:
    if not isinstance(action, dict):
        draft.drop("behavior", "point action", place, f"{shown(action)} is no point action")
        return
    kind = str(action.get("type") or "").strip()
    called = str(action.get("name") or kind or "point action")
    rule = f"{called} ({kind or 'no type'})"
    try:
        criterion, reasons = _criterion(kind, action)
    except NotCarriedError as error:
        draft.drop("behavior", rule, place, str(error))
        return
    draft.add("behavior", called, criterion, [fate_of(f"{rule} gives {action.get('delta')}", place, reasons)])


def _criterion(kind: str, action: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the criterion of a point action and how it differs.

    Raises:
        NotCarriedError: there is none, and why.
    """
    points = read_points(action.get("delta"))
    if points is None or points == 0:
        raise NotCarriedError(f"{shown(action.get('delta'))} is no number of points to give")
    if not _true(_first(action, "isPublished", "is_published", "ispublished"), default=True):
        raise NotCarriedError("it is not published")
    properties = _properties(action.get("properties"))
    repeatable = _true(action.get("repeatable"), default=False)
    reasons = _differences(action)
    if kind == "url.hit":
        base, often = _url(properties, repeatable=repeatable)
    elif kind in TYPES:
        event, name, key = TYPES[kind]
        base, often = {"count": event, **_chosen(name, properties.get(key))}, 1
        if properties.get("categories"):
            reasons.append("it was also limited to categories of assets, which are not carried over")
    else:
        raise NotCarriedError(f"the type {shown(kind)} is none of {', '.join([*TYPES, 'url.hit'])}")
    if repeatable:
        return {**base, "each": 1, "points": points}, reasons
    if often > 1:
        return {**base, "bands": [{"at_least": often, "points": points}]}, reasons
    return {**base, "points": points}, reasons


def _first(action: dict[str, Any], *keys: str) -> Any:
    return next((action[k] for k in keys if k in action), None)


def _differences(action: dict[str, Any]) -> list[str]:
    reasons = []
    if any(_first(action, *keys) for keys in (("publishUp", "publish_up"), ("publishDown", "publish_down"))):
        reasons.append("it was published for a time only; here it holds at any time")
    group = _first(action, "group", "group_id")
    if group:
        reasons.append("its point group had a score of its own; here there is one")
    return reasons


def _properties(given: Any) -> dict[str, Any]:
    if isinstance(given, str) and given.strip():
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            raise NotCarriedError("its properties are no JSON") from None
    if given in (None, "", []):
        return {}
    if not isinstance(given, dict):
        raise NotCarriedError(f"its properties {shown(given)} are no object")
    return given


def _chosen(name: str, given: Any) -> dict[str, Any]:
    if given in (None, "", [], {}):
        return {}
    ids = list(given.values()) if isinstance(given, dict) else given if isinstance(given, list) else [given]
    if not all(isinstance(i, int | str) and not isinstance(i, bool) and str(i).strip() for i in ids):
        raise NotCarriedError(f"{shown(given)} is no list of ids")
    return {"where": {name: {"is": ids[0]} if len(ids) == 1 else {"in": ids}}}


def _url(properties: dict[str, Any], *, repeatable: bool) -> tuple[dict[str, Any], int]:
    url = properties.get("page_url")
    if not isinstance(url, str) or not url.strip():
        raise NotCarriedError("it names no page_url")
    for key in _RETURNS:
        if properties.get(key):
            raise NotCarriedError(f"points for coming back ({key}) have no equal; score the sessions or days instead")
    if properties.get("accumulative_time"):
        raise NotCarriedError(
            "points for the time spent on a page (accumulative_time) have no equal; session_minutes is near"
        )
    hits = properties.get("page_hits")
    often = int(hits) if isinstance(hits, int | str) and re.fullmatch(r"\s*[0-9]{1,6}\s*", str(hits)) else 0
    if repeatable and (often > 1 or properties.get("first_time")):
        raise NotCarriedError("it is repeatable and limited to a number of hits at once, which has no equal")
    return {"count": "url_hit", "where": {"url": _glob(url.strip())}}, max(often, 1)


def _glob(url: str) -> dict[str, Any]:
    """Return the predicate of a URL with `*`, `?` as fnmatch knows them; sets in brackets are refused."""
    if "[" in url or "\\" in url:
        raise NotCarriedError(f"the pattern {shown(url)} has a set in brackets, which has no equal")
    if "*" not in url and "?" not in url:
        return {"is": url}
    escaped = re.sub(r"([.^$+()\]{}|])", r"\\\1", url)
    return {"matches": f"^{escaped.replace('*', '.*').replace('?', '.')}$"}


def _trigger(draft: Draft, place: str, trigger: Any) -> None:
    """A trigger says at how many points something happens: its number becomes the bound of a tier."""
    points = read_points(trigger.get("points")) if isinstance(trigger, dict) else None
    called = str(trigger.get("name") or "trigger") if isinstance(trigger, dict) else "trigger"
    tiers = draft.tiers.get("behavior", {})
    if points is None or not isinstance(trigger, dict):
        draft.drop(None, called, place, "it has no number of points")
    elif not _true(_first(trigger, "isPublished", "is_published"), default=True):
        draft.drop(None, called, place, "it is not published")
    elif points in tiers.values():
        draft.drop(None, called, place, f"there is a tier at {points} points already")
    else:
        name = name_of(called, tiers, "tier")
        draft.tiers["behavior"] = {**tiers, name: points}
        reason = "what it does at that score (its events) is Mautic's to do"
        draft.report.lines.append(Line("changed", called, place, f"tiers.behavior.{name}", reason))


def _true(given: Any, *, default: bool) -> bool:
    if given is None or given == "":
        return default
    return str(given).strip().lower() in ("1", "true", "yes")
