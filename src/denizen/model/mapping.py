"""Give the events of a template the names they have in the data; what the data do not have is replaced or left out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from denizen.model.event_names import Match, match_events
from denizen.model.proxies import LOGINS, MINUTES, PEOPLE, STAND_INS, criterion_of, login_event
from denizen.model.spec import ANY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from denizen.model.proxies import Signal
    from denizen.model.source import Path
    from denizen.model.templates import Sheet

_SIGNALS: dict[str, Signal] = {"core_feature": LOGINS, "integration": MINUTES, "invites": PEOPLE}
"""Which criteria of templates have a proxy."""
PROXIED = "proxy, less precise (methodology, section 5, edge case 5)"


@dataclass(slots=True)
class Mapped:
    """What the data had for a template: the events, and the criteria that proxies stand for or that are left out."""

    matches: list[Match] = field(default_factory=list)
    proxies: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Places:
    """Where in a file events are named: criteria and behavior sections, of one product if there are several."""

    criteria: tuple[Path, ...]
    sections: tuple[Path, ...]
    product: str | None = None


class Mapping:
    """Event names of the data for those of some criteria and sections of a template, and what has to be done without."""

    def __init__(
        self,
        sheet: Sheet,
        places: Places,
        found: Mapped,
        seen: set[str],
        ask: Callable[[Match], str | None] | None,
        bare: Iterable[str] = (),
    ) -> None:
        self.sheet = sheet
        self.places = places
        self.found = found
        self.seen = seen
        self.names: dict[str, str | None] = {}
        self.matches: list[Match] = []
        wanted = [n for path in places.criteria for n in names_of(sheet.get(path))]
        wanted += [n for s in places.sections for n in (sheet.get((*s, "ceiling")) or {}).get("unless", [])]
        without_product = {n: m.found for n, m in match_events(wanted, bare).items() if m.sure}
        for name, match in match_events(wanted, seen).items():
            chosen, said = match.found, replace(match, product=places.product)
            if not match.sure and ask is not None:
                chosen = ask(said)
                said = replace(said, found=chosen, sure=True)  # as it was decided
            if chosen is None:
                said = replace(said, bare=without_product.get(name))
            self.names[name] = chosen
            self.matches.append(said)
        found.matches += self.matches

    def apply(self) -> None:
        """Rename, replace by proxies, or leave out."""
        for path in self.places.criteria:
            self._criterion(path)
        for section in self.places.sections:
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
        for match in self.matches:
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
        listed = ", ".join(wanted) + (f" of {self.places.product}" if self.places.product else "")
        lacks, mend = f"the data have no {listed}", "instrument it and take this in again"
        if bare := [m.bare for m in self.matches if m.wanted in wanted and m.bare is not None]:
            whose = (
                "is in the data but names no product, so it"
                if len(bare) == 1
                else "are in the data but name no product, so they"
            )
            lacks = f"{', '.join(bare)} {whose} cannot count for {self.places.product}"
            mend = "send `product` with it and take this in again, or score one product"
        if proxy is None:
            self.found.left_out.append(self._label(path))
            self.sheet.leave_out(path, f"{lacks}; {mend}")
            return
        self.found.proxies.append(self._label(path))
        said, data = proxy
        self.sheet.replace(path, data, (f"{lacks[0].upper()}{lacks[1:]}; {said} stands in: {PROXIED}.",))

    def _label(self, path: Path) -> str:
        return ".".join(str(p) for p in (*([self.places.product] if self.places.product else []), path[-1]))

    def _proxy(self, name: str, criterion: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
        """Return what the methodology puts in place of a missing event; it is worth no more than the event was."""
        signal = _SIGNALS.get(name)
        login = self.names.get("logged_in") or login_event(self.seen)
        if signal is None or (signal == LOGINS and not login):
            return None
        return STAND_INS[signal].what, criterion_of(signal, int(most_points(criterion)), login)

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


def most_points(criterion: dict[str, Any]) -> Decimal:
    """Return the most points that a criterion as data gives."""
    points = [b["points"] for b in criterion.get("bands", [])] or [criterion.get("points", 0)]
    return max(Decimal(0), *(Decimal(p) for p in points))
