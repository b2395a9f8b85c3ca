"""A HubSpot lead score: the JSON of its Lead Scoring API, or criteria with filter branches as legacy scores have them.

The shape is that of HubSpot's OpenAPI file "Marketing Lead Scoring" (2026-09-beta and 2027-03-beta): a score has
`groupConfigs`, a group has a `groupCategory` (FIT or INTENT) and `ruleConfigurations`, a rule has a `calculation`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from denizen.errors import fail
from denizen.model.importers.draft import MAX_RULES, Draft, Part, carried, changed, fate_of
from denizen.model.importers.hubspot_events import event_criteria
from denizen.model.importers.hubspot_legacy import read_legacy
from denizen.model.importers.hubspot_operations import Operators, flatten, tests_of
from denizen.model.importers.hubspot_settings import COMPANY, carry_settings
from denizen.model.importers.reading import read_json, read_points, shown
from denizen.model.importers.report import Line, NotCarriedError

ORDERED = "several of the rules can hold at once, and HubSpot does not document which counts; here the first does"


def read_hubspot(text: str, file: str) -> Draft:
    """Return the draft of a HubSpot score.

    Raises:
        DenizenError: the JSON is no score configuration.
    """
    data = read_json(text, file)
    if isinstance(data, dict) and isinstance(data.get("groupConfigs"), list):
        return _Score(data, file).read()
    if isinstance(data, dict) and isinstance(data.get("criteria"), list):
        return read_legacy(data, file)
    if isinstance(data, dict) and isinstance(data.get("results"), list):
        message = "this is the list of scores; import one of them, as GET …/lead-scoring/…/scores/{scoreId} returns it"
        raise fail("import-shape", message, file=file)
    raise fail("import-shape", "no HubSpot score: expected `groupConfigs`, or `criteria` of a legacy score", file=file)


@dataclass(frozen=True, slots=True)
class Rule:
    """Where a rule stands, which section it belongs to, and the limits it has."""

    place: str
    group: str
    part: Part
    highest: Decimal | None = None
    lowest: Decimal | None = None

    def at(self, step: str) -> Rule:
        """Return the same rule, further inside."""
        return Rule(f"{self.place}.{step}", self.group, self.part, self.highest, self.lowest)

    def limited(self, value: Decimal) -> Decimal:
        """Return points within the limits of the rule."""
        if self.highest is not None:
            value = min(value, self.highest)
        return value if self.lowest is None else max(value, self.lowest)


class _Score:
    def __init__(self, data: dict[str, Any], file: str) -> None:
        self.data = data
        self.draft = Draft("hubspot", file, title=str(data.get("name") or "hubspot score"))

    def read(self) -> Draft:
        groups = [g for g in self.data["groupConfigs"] if isinstance(g, dict)]
        for i, group in enumerate(self.data["groupConfigs"]):
            self._group(group, f"groupConfigs[{i}]")
            if len(self.draft.report.lines) > MAX_RULES:
                raise fail("import-shape", f"more than {MAX_RULES:,} rules", file=self.draft.file)
        carry_settings(self.draft, self.data, groups)
        return self.draft

    def _group(self, group: Any, place: str) -> None:
        rules = group.get("ruleConfigurations") if isinstance(group, dict) else None
        if not isinstance(rules, list):
            self.draft.drop("behavior", "group", place, "the group has no list of rules")
            return
        name = str(group.get("groupName") or "group")
        part: Part = "fit" if group.get("groupCategory") == "FIT" else "behavior"
        for i, rule in enumerate(rules):
            here = f"{place}.ruleConfigurations[{i}]"
            inner = rule.get("configuration") if isinstance(rule, dict) else None
            calculation = inner.get("calculation") if isinstance(inner, dict) else None
            if not isinstance(rule, dict) or not isinstance(calculation, dict):
                self.draft.drop(part, name, here, "the rule has no calculation")
            elif rule.get("enabled") is False:
                self.draft.drop(part, name, here, "it is switched off in HubSpot")
            else:
                highest, lowest = (
                    read_points(rule.get(f"{w}Value", rule.get(f"{w}imumValue"))) for w in ("max", "min")
                )
                self._calculation(calculation, Rule(f"{here}.configuration.calculation", name, part, highest, lowest))

    def _calculation(self, calculation: Any, rule: Rule) -> None:
        kind = calculation.get("type") if isinstance(calculation, dict) else None
        if kind == "MATCH":
            self._match(calculation, rule)
        elif kind == "CONDITIONAL":
            self._conditional(calculation, rule)
        elif kind == "MULTI" and isinstance(calculation.get("calculators"), list):
            for i, inner in enumerate(calculation["calculators"]):
                self._calculation(inner, rule.at(f"calculators[{i}]"))
        elif kind == "MULTI_UE" and isinstance(calculation.get("eventCalculators"), list):
            for i, entry in enumerate(calculation["eventCalculators"]):
                self._event(entry, rule.at(f"eventCalculators[{i}]"))
        elif kind == "ASSOCIATIONS":
            self._association(calculation, rule)
        elif kind == "SEGMENT_MEMBERSHIP" and isinstance(calculation.get("segmentMembershipRules"), list):
            for i, _ in enumerate(calculation["segmentMembershipRules"]):
                reason = "segments live in HubSpot; export the membership as an attribute and score that"
                self._drop(rule.at(f"segmentMembershipRules[{i}]"), "segment membership", reason)
        else:
            reasons = {
                "CONSTANT": "it gives every lead the same points, which tells none from another",
                "ASSOCIATION_UE": "events of associated records are not rolled up in an imported model",
            }
            self._drop(rule, str(kind or "rule"), reasons.get(str(kind), f"the calculation {shown(kind)} is unknown"))

    def _drop(self, rule: Rule, what: str, reason: str) -> None:
        self.draft.drop(rule.part, f"{rule.group}: {what}", rule.place, reason)

    def _match(self, calculation: dict[str, Any], rule: Rule, why: str = "") -> None:
        matches = calculation.get("matchRules")
        attribute = calculation.get("property")
        if not isinstance(matches, list) or not isinstance(attribute, str) or not attribute.strip():
            self._drop(rule, "MATCH", "the calculation has no property or no list of rules")
            return
        bands: list[Operators] = []
        lines: list[Line] = []
        for i, match in enumerate(matches):
            here = rule.at(f"matchRules[{i}]")
            called = f"{rule.group}: {attribute}"
            try:
                value = self._points(match, here)
                found = _bands(match.get("operation"), value, blocked=i < len(matches) - 1)
            except NotCarriedError as error:
                self._drop(here, attribute, str(error))
                continue
            reasons = [r for r in (why, self._cut(match, value)) if r]
            lines.append(fate_of(f"{called} gives {value}", here.place, reasons))
            bands += found
        if len(lines) > 1 and not _apart(bands):
            lines = [changed(x.rule, x.place, "; ".join(r for r in (x.reason, ORDERED) if r)) for x in lines]
        otherwise = read_points(calculation.get("defaultValue"))
        if otherwise:
            value = rule.limited(otherwise)
            bands += [{"exists": True, "points": value}, {"exists": False, "points": value}]
            lines.append(carried(f"{rule.group}: {attribute}, otherwise {value}", f"{rule.place}.defaultValue"))
        if lines:
            self.draft.add(rule.part, attribute, {"attribute": attribute.strip(), "bands": bands}, lines)

    def _points(self, holder: Any, rule: Rule) -> Decimal:
        value = read_points(holder.get("value")) if isinstance(holder, dict) else None
        if value is None:
            given = holder.get("value") if isinstance(holder, dict) else holder
            raise NotCarriedError(f"{shown(given)} is no number of points")
        return rule.limited(value)

    @staticmethod
    def _cut(holder: dict[str, Any], value: Decimal) -> str:
        given = read_points(holder.get("value"))
        return "" if given == value else f"{given} points, cut to {value} by the limit of the rule"

    def _conditional(self, calculation: dict[str, Any], rule: Rule, why: str = "") -> None:
        try:
            value = self._points(calculation, rule)
            attribute, operators = _together(flatten(calculation.get("whereCondition")))
        except NotCarriedError as error:
            self._drop(rule, "CONDITIONAL", str(error))
            return
        reasons = [r for r in (why, self._cut(calculation, value)) if r]
        line = fate_of(f"{rule.group}: {attribute} gives {value}", rule.place, reasons)
        criterion = {"attribute": attribute, "bands": [{**operators, "points": value}]}
        self.draft.add(rule.part, attribute, criterion, [line])

    def _association(self, calculation: dict[str, Any], rule: Rule) -> None:
        inner = calculation.get("recordCalculation")
        if calculation.get("associatedObjectTypeId") != COMPANY or calculation.get("associationFilters"):
            self._drop(rule, "ASSOCIATIONS", "only what is known about the lead's own company can be looked at")
            return
        kind = calculation.get("rollupType")
        why = f"HubSpot takes the {kind} over all associated companies; here it is the lead's own account"
        if isinstance(inner, dict) and inner.get("type") == "MATCH":
            self._match(inner, rule.at("recordCalculation"), why)
        elif isinstance(inner, dict) and inner.get("type") == "CONDITIONAL":
            self._conditional(inner, rule.at("recordCalculation"), why)
        else:
            self._drop(rule, "ASSOCIATIONS", "the calculation over companies is none that looks at a property")

    def _event(self, entry: Any, rule: Rule) -> None:
        called = str(entry.get("eventTypeId") or "event") if isinstance(entry, dict) else "event"
        why = "fit looks at no events, so it stands in behavior" if rule.part == "fit" else ""
        for made in event_criteria(entry, rule.place, rule.limited, rule.highest):
            if made.criterion is None:
                self.draft.drop("behavior", f"{rule.group}: {called}", made.place, made.reason)
                continue
            line = fate_of(f"{rule.group}: {called} {made.said}", made.place, [r for r in (why, made.reason) if r])
            self.draft.add("behavior", f"{rule.group} {called}", made.criterion, [line])


def _together(conditions: list[dict[str, Any]]) -> tuple[str, Operators]:
    """Return the one attribute of conditions that must all hold, and their operators in one band."""
    attributes = {str(c.get("property", "")).strip() for c in conditions}
    if len(attributes) != 1:
        listed = ", ".join(shown(a) for a in sorted(attributes))
        raise NotCarriedError(f"a criterion looks at one attribute, and this one at {listed} together")
    together: Operators = {}
    for condition in conditions:
        operators = _single(condition)
        if together.keys() & operators.keys():
            raise NotCarriedError("two conditions of one kind on the same attribute do not stand in one band")
        together |= operators
    return attributes.pop(), together


def _single(condition: dict[str, Any]) -> Operators:
    tests = tests_of(condition.get("operation"))
    if len(tests) != 1 or not tests[0].holds:
        raise NotCarriedError("a condition that needs several bands cannot be joined with others by AND")
    return tests[0].operators


def _bands(operation: Any, value: Decimal, *, blocked: bool) -> list[Operators]:
    tests = tests_of(operation)
    if blocked and not all(test.holds for test in tests):
        raise NotCarriedError("a `does not contain` before other rules of the same property would hide them")
    return [{**test.operators, "points": value if test.holds else Decimal(0)} for test in tests]


def _apart(bands: list[Operators]) -> bool:
    """Say whether no two bands can hold at once: equalities with different values, or ranges that do not meet."""
    seen: set[str] = set()
    ranges: list[tuple[Decimal, Decimal]] = []
    for band in bands:
        operators = {k: v for k, v in band.items() if k != "points"}
        (key, value), *more = operators.items()
        if more:
            return False
        if key in ("is", "in", "exists"):
            values = {str(v).strip().lower() for v in (value if isinstance(value, list) else [value])}
            if values & seen:
                return False
            seen |= values
        elif key == "between":
            ranges.append((value[0], value[1]))
        else:
            return False
    ordered = sorted(ranges)
    return not (seen and ranges) and all(a[1] < b[0] for a, b in pairwise(ordered))
