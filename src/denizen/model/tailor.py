"""Fit a template to the answers and to the events of the data: a recommendation in, a model file with its reasons out."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any

from denizen.model.event_names import Match, match_events
from denizen.model.spec import ANY
from denizen.model.templates import Sheet, template_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from denizen.model.advisor import Recommendation
    from denizen.model.source import Path

GRANULAR = ("session_depth", "export", "usage_growth", "pricing_at_the_end")
"""What needs more than key actions to be measured; left out with partial tracking."""

MEDIUM_CYCLE_DAYS, LONG_CYCLE_DAYS = 30, 90
EXTENDED = ("behavioral-heavy", "freemium", "reverse-trial")
PROXIED = "proxy, less precise (methodology, section 5, edge case 5)"


@dataclass(slots=True)
class Tailored:
    """A model file, and what the data had for it."""

    text: str
    matches: list[Match] = field(default_factory=list)
    proxies: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def tailor(
    recommendation: Recommendation,
    seen: Iterable[str] | None = None,
    ask: Callable[[Match], str | None] | None = None,
) -> Tailored:
    """Return the template of the recommended approach, set to the answers.

    With `seen`, the event names of the data, each event of the template gets the name it has there; `ask` decides where
    the match is not sure, and without it the best guess stands with a comment. What the data do not have is replaced by
    a proxy or left out, with a comment.
    """
    sheet = Sheet(template_text(recommendation.approach.name))
    _decay(sheet, recommendation)
    _velocity(sheet, recommendation)
    _windows(sheet, recommendation)
    _coverage(sheet, recommendation)
    _extend(sheet, recommendation)
    made = Tailored("")
    if seen is not None:
        before = _best(sheet)
        _Mapping(sheet, made, set(seen), ask).apply()
        _gates(sheet, before, _best(sheet))
    sheet.head(_header(recommendation, made, mapped=seen is not None))
    made.text = sheet.text
    return made


def _sections(sheet: Sheet) -> list[Path]:
    products = sheet.get(("products",))
    return [("products", name) for name in products] if products else [("behavior",)]


def _decay(sheet: Sheet, recommendation: Recommendation) -> None:
    for section in _sections(sheet):
        decay = dict(sheet.get((*section, "decay")))
        decay.pop("after_trial", None)
        decay["every"] = f"{recommendation.decay_days}d"
        if recommendation.after_trial_days is not None:
            decay["after_trial"] = {"points": decay["points"], "every": f"{recommendation.after_trial_days}d"}
        sheet.replace((*section, "decay"), decay)


def _velocity(sheet: Sheet, recommendation: Recommendation) -> None:
    for section in _sections(sheet):
        velocity = sheet.get((*section, "velocity"))
        if velocity:
            sheet.replace((*section, "velocity"), {**velocity, "within": recommendation.velocity_span})


def _windows(sheet: Sheet, recommendation: Recommendation) -> None:
    """Shorten the first window to the trial, so that it asks for nothing after its end."""
    for path in sheet.criteria():
        criterion = sheet.get(path)
        if criterion.get("within") == {"first": "14d"} and recommendation.first_days < 14:  # noqa: PLR2004  what templates say
            note = f"The trial has {recommendation.first_days} days."
            sheet.replace(path, {**criterion, "within": {"first": f"{recommendation.first_days}d"}}, (note,))


def _coverage(sheet: Sheet, recommendation: Recommendation) -> None:
    if recommendation.answers.tracking == "partial":
        for path in sheet.criteria():
            if path[-1] in GRANULAR:
                sheet.leave_out(path, "partial tracking: score the most predictive actions only")


def _extend(sheet: Sheet, recommendation: Recommendation) -> None:
    days = recommendation.answers.sales_cycle_days
    if recommendation.approach.name not in EXTENDED or days < MEDIUM_CYCLE_DAYS:
        return
    if days < LONG_CYCLE_DAYS:
        note = "A cycle of 30 to 90 days has an evaluation: comparisons and security papers are read."
        data: dict[str, Any] = {"count": ["security_docs_viewed", "comparison_viewed"], "points": 5}
        sheet.add(("behavior", "criteria"), "evaluation", data, (note,))
    else:
        note = "A cycle of 90 days and more needs a champion: somebody who administers, or rolls it out."
        data = {"count": ["admin_setting_changed", "role_assigned", "rollout_started"], "points": 5}
        sheet.add(("behavior", "criteria"), "champion", data, (note,))


def _best(sheet: Sheet) -> Decimal:
    """Return the most points that behavior can reach, without velocity: of the best product, if there are several."""
    totals = []
    for section in _sections(sheet):
        criteria = sheet.get((*section, "criteria")) or {}
        total = sum((_most(c) for c in criteria.values()), Decimal(0))
        limit = sheet.get((*section, "max"))
        totals.append(total if limit is None else min(total, Decimal(limit)))
    return max(totals)


def _most(criterion: dict[str, Any]) -> Decimal:
    points = [b["points"] for b in criterion.get("bands", [])] or [criterion.get("points", 0)]
    return max(Decimal(0), *(Decimal(p) for p in points))


def _gates(sheet: Sheet, before: Decimal, after: Decimal) -> None:
    """Lower gates, tiers and ceiling by what can no longer be reached."""
    if after >= before:
        return
    pql = sheet.get(("pql",))
    behavior = _scaled(pql["behavior"], before, after)
    total = Decimal(pql["total"]) - (Decimal(pql["behavior"]) - behavior)
    note = f"Behavior can reach {after} of {before} points with the events there are, so the gates are lower."
    sheet.replace(("pql",), {**pql, "total": int(total), "behavior": behavior}, (note,))
    tiers = sheet.get(("tiers", "behavior"))
    lower = {name: _scaled(bound, before, after) for name, bound in tiers.items()}
    if len(set(lower.values())) == len(lower):
        sheet.replace(("tiers", "behavior"), lower)
    ceiling = sheet.get(("behavior", "ceiling"))
    if ceiling and ceiling["at"] >= behavior > 0:
        sheet.replace(("behavior", "ceiling"), {**ceiling, "at": behavior - 1}, ("Below the gate on behavior.",))


def _scaled(points: Decimal | int, before: Decimal, after: Decimal) -> int:
    return int((Decimal(points) * after / before).to_integral_value(ROUND_FLOOR))


class _Mapping:
    """Event names of the data for those of the template."""

    def __init__(self, sheet: Sheet, made: Tailored, seen: set[str], ask: Callable[[Match], str | None] | None) -> None:
        self.sheet = sheet
        self.made = made
        self.seen = seen
        self.names: dict[str, str | None] = {}
        wanted = [n for path in sheet.criteria() for n in names_of(sheet.get(path))]
        wanted += [n for s in _sections(sheet) for n in (sheet.get((*s, "ceiling")) or {}).get("unless", [])]
        for name, match in match_events(wanted, seen).items():
            chosen = match.found
            if not match.sure and ask is not None:
                chosen = ask(match)
                match = Match(name, chosen, sure=True, others=match.others)  # noqa: PLW2901  as it was decided
            self.names[name] = chosen
            self.made.matches.append(match)

    def apply(self) -> None:
        for path in self.sheet.criteria():
            self._criterion(path)
        for section in _sections(self.sheet):
            self._settings(section)

    def _criterion(self, path: Path) -> None:
        criterion = self.sheet.get(path)
        wanted = names_of(criterion)
        if not wanted:
            return
        renamed = rename(criterion, self.names)
        if renamed is None:
            self._missing(path, criterion, wanted)
            return
        notes = self._notes(wanted)
        if renamed != criterion or notes:
            self.sheet.replace(path, renamed, tuple(notes))

    def _notes(self, wanted: list[str]) -> list[str]:
        notes = []
        for match in self.made.matches:
            if match.wanted not in wanted or match.wanted == self.names[match.wanted]:
                continue
            found = self.names[match.wanted]
            others = f"; it could also be {', '.join(match.others)}" if match.others and not match.sure else ""
            if found is None:
                notes.append(f"{match.wanted} is not in the data.")
            elif match.sure:
                notes.append(f"{found} stands for {match.wanted}.")
            else:
                notes.append(f"A GUESS: {found} stands for {match.wanted}{others}. Check it.")
        return notes

    def _missing(self, path: Path, criterion: dict[str, Any], wanted: list[str]) -> None:
        proxy = self._proxy(str(path[-1]), criterion)
        listed = ", ".join(wanted)
        if proxy is None:
            self.made.left_out.append(str(path[-1]))
            self.sheet.leave_out(path, f"the data have no {listed}; instrument it and take this in again")
            return
        self.made.proxies.append(str(path[-1]))
        said, data = proxy
        self.sheet.replace(path, data, (f"The data have no {listed}; {said} stands in: {PROXIED}.",))

    def _proxy(self, name: str, criterion: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
        """Return what the methodology puts in place of a missing event; it is worth no more than the event was."""
        points = int(_most(criterion))
        login = self.names.get("logged_in") or next(iter(match_events(["logged_in"], self.seen).values())).found
        if name == "core_feature" and login:
            data = {"count": login, "within": {"last": "7d"}, "bands": [{"at_least": 5, "points": points}]}
            return "five logins in a week", data
        if name == "integration":
            return "a session of more than 15 minutes", {
                "session_minutes": ANY,
                "bands": [{"more_than": 15, "points": points}],
            }
        if name == "invites":
            bands = [{"at_least": 3, "points": points}, {"at_least": 2, "points": max(points * 2 // 3, 1)}]
            people = {"distinct": {"of": "leads"}, "scope": "account", "within": {"last": "30d"}, "bands": bands}
            return "the number of people of the same account", people
        return None

    def _settings(self, section: Path) -> None:
        criteria = self.sheet.get((*section, "criteria")) or {}
        velocity = self.sheet.get((*section, "velocity"))
        if velocity and not any(c.get("key") for c in criteria.values()):
            self.sheet.leave_out((*section, "velocity"), "no key action is in the data")
        ceiling = self.sheet.get((*section, "ceiling"))
        if ceiling:
            signals = [self.names[n] for n in ceiling["unless"] if self.names.get(n)]
            if signals:
                self.sheet.replace((*section, "ceiling"), {**ceiling, "unless": list(dict.fromkeys(signals))})
            else:
                self.sheet.leave_out((*section, "ceiling"), "no sign of an upgrade is in the data")


_NAMED = ("count", "session_minutes", "days_since", "session_depth", "sequence")


def names_of(criterion: dict[str, Any]) -> list[str]:
    """Return the event names that a criterion as data waits for."""
    found: list[str] = []
    for key in _NAMED:
        found += _listed(criterion.get(key))
    for key, inner in (("distinct", "event"), ("sum", "event"), ("growth", "of")):
        found += _listed((criterion.get(key) or {}).get(inner))
    return [n for n in dict.fromkeys(found) if n != ANY]


def _listed(given: Any) -> list[str]:
    return [] if given is None else [given] if isinstance(given, str) else list(given)


def rename(criterion: dict[str, Any], names: dict[str, str | None]) -> dict[str, Any] | None:
    """Return a criterion with other event names, without those that are missing; None if it cannot be measured."""

    def renamed(given: Any) -> Any:
        kept = list(dict.fromkeys(n if n == ANY else names.get(n) for n in _listed(given)))
        kept = [n for n in kept if n is not None]
        return kept[0] if isinstance(given, str) and kept else kept

    made = dict(criterion)
    for key in _NAMED:
        if key in criterion:
            made[key] = renamed(criterion[key])
            short = key in ("sequence", "session_depth") and len(made[key]) < len(_listed(criterion[key]))
            if not made[key] or (short and (key == "sequence" or len(made[key]) < 3)):  # noqa: PLR2004  what templates ask
                return None
    for key, inner in (("distinct", "event"), ("sum", "event"), ("growth", "of")):
        if inner in (criterion.get(key) or {}):
            made[key] = {**criterion[key], inner: renamed(criterion[key][inner])}
            if not made[key][inner]:
                return None
    return made


def _header(recommendation: Recommendation, made: Tailored, *, mapped: bool) -> list[str]:
    lines = ["Written by denizen init. What it chose, and why:"]
    lines += [
        f"- {c.about}: {c.value}. {c.reason[0].upper()}{c.reason[1:]}.{f' ({c.source})' if c.source else ''}"
        for c in recommendation.choices
    ]
    lines += [f"! {caution}" for caution in recommendation.cautions]
    if mapped:
        guesses = [m for m in made.matches if not m.sure and m.found]
        lines.append(
            f"Events: {sum(m.found is not None for m in made.matches)} of {len(made.matches)} found in the data, "
            f"{len(guesses)} of them guessed; proxies for {', '.join(made.proxies) or 'none'}; "
            f"left out: {', '.join(made.left_out) or 'none'}."
        )
    return [*lines, ""]
