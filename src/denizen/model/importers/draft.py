"""A model on its way: criteria that were understood, rules that were not, and the report of both."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from denizen.errors import DenizenError, fail
from denizen.model.importers.report import Line, Report
from denizen.model.load import LoadedModel, model_from, parse_model
from denizen.model.source import parse_yaml
from denizen.model.spec import MAX_CRITERIA
from denizen.model.writing import Noted, comment, dump, name_of, one_line, write_section

if TYPE_CHECKING:
    from denizen.model.importers.report import Fate

Part = Literal["fit", "behavior"]
MAX_RULES = 2000


@dataclass(frozen=True, slots=True)
class Imported:
    """A model file as text, the model it loads as, and what became of every rule."""

    text: str
    model: LoadedModel
    report: Report


@dataclass(slots=True)
class Draft:
    """Collects what is read; `finish` writes it and proves that it loads."""

    kind: str
    file: str
    title: str = ""
    header: list[str] = field(default_factory=list)
    criteria: dict[Part, list[Noted]] = field(default_factory=lambda: {"fit": [], "behavior": []})
    settings: dict[Part, list[Noted]] = field(default_factory=lambda: {"fit": [], "behavior": []})
    pql: Noted | None = None
    tiers: dict[str, dict[str, Any]] = field(default_factory=dict)
    report: Report = field(init=False)

    def __post_init__(self) -> None:
        self.report = Report(self.kind, self.file)

    def add(self, part: Part, called: str, criterion: dict[str, Any], lines: list[Line]) -> str:
        """Add a criterion with the source rules it stands for; if it cannot be one, they are dropped and told why."""
        taken = {item.name for items in self.criteria.values() for item in items}
        name = name_of(called, taken)
        if sum(item.data is not None for item in self.criteria[part]) >= MAX_CRITERIA:
            reason: str | None = f"a section has at most {MAX_CRITERIA} criteria"
        else:
            reason = refused(part, criterion)
        if reason:
            for line in lines:
                self.drop(part, line.rule, line.place, reason)
            return ""
        comments = [f"{line.place}: {line.rule}{f' ({line.reason})' if line.reason else ''}" for line in lines]
        self.criteria[part].append(Noted(name, criterion, comments))
        self.report.lines += [Line(x.fate, x.rule, x.place, f"{part}.criteria.{name}", x.reason) for x in lines]
        return name

    def drop(self, part: Part | None, rule: str, place: str, reason: str) -> None:
        """Leave a rule out of the model; it stays in the file as a comment with the reason."""
        self.report.lines.append(Line("dropped", rule, place, "", reason))
        target = self.header if part is None else None
        text = f"left out, {place}: {rule}: {reason}"
        if target is not None:
            target.append(text)
        elif part is not None:
            self.criteria[part].append(Noted("", None, [text]))

    def set(self, part: Part, key: str, value: Any, line: Line) -> None:
        """Set a key of a section (decay, velocity, max …)."""
        why = f" ({line.reason})" if line.reason else ""
        self.settings[part].append(Noted(key, value, [f"{line.place}: {line.rule}{why}"]))
        self.report.lines.append(Line(line.fate, line.rule, line.place, f"{part}.{key}", line.reason))

    def note(self, text: str) -> None:
        """Say something about the whole."""
        self.report.notes.append(text)

    def finish(self) -> Imported:
        """Return the file as text with the model it loads as.

        Raises:
            DenizenError: no rule was read, or none of them could be carried over.
        """
        self.report.lines[:] = [replace(x, rule=one_line(x.rule), reason=one_line(x.reason)) for x in self.report.lines]
        self.report.notes[:] = map(one_line, self.report.notes)
        if not self.report.lines:
            raise fail("import-shape", "the file holds no scoring rule", file=self.file)
        if not any(item.data is not None for items in self.criteria.values() for item in items):
            message = "the file holds no criterion that gives points for what a lead is or does"
            if (dropped := next(iter(self.report.of("dropped")), None)) is not None:
                rules = len(self.report.lines)
                message = (
                    f"none of the {rules} rules can be carried over; the first, at {dropped.place}: {dropped.reason}"
                )
            raise fail("import-shape", message, file=self.file)
        text = "\n".join(self._lines()) + "\n"
        return Imported(text, parse_model(text, self.file), self.report)

    def _lines(self) -> list[str]:
        counts = ", ".join(f"{len(self.report.of(fate))} {fate}" for fate in ("carried", "changed", "dropped"))
        lines = [comment(f"Imported from {self.kind}: {len(self.report.lines)} rules and settings read = {counts}.")]
        lines += [comment(note) for note in self.report.notes]
        lines += [comment(text) for text in self.header]
        lines += dump({"model": name_of(self.title or self.kind, fallback="model")})
        lines += dump({"title": " ".join(self.title.split())[:200]}) if self.title.strip() else []
        for part in ("fit", "behavior"):
            lines += ["", *self._section(part)]
        if self.pql is not None:
            lines += ["", *write_section([self.pql], 0)]
        if self.tiers:
            lines += ["", *dump({"tiers": self.tiers})]
        return lines

    def _section(self, part: Part) -> list[str]:
        items = self.criteria[part]
        empty = not any(item.data is not None for item in items)
        lines = [f"{part}:", *write_section(self.settings[part], 2)]
        return [*lines, "  criteria: {}" if empty else "  criteria:", *write_section(items, 4)]


def refused(part: Part, criterion: dict[str, Any]) -> str | None:
    """Return why a criterion cannot stand in a model, or None."""
    data = {"model": "one", part: {"criteria": {"one": criterion}}}
    try:
        model_from(parse_yaml("\n".join(dump(data)), "import"))
    except DenizenError as error:
        return error.findings[0].message
    return None


def carried(rule: str, place: str, became: str = "") -> Line:
    """Return the line of a rule that means the same as before."""
    return Line("carried", rule, place, became)


def changed(rule: str, place: str, reason: str) -> Line:
    """Return the line of a rule that means something a little different."""
    return Line("changed", rule, place, "", reason)


def fate_of(rule: str, place: str, reasons: list[str]) -> Line:
    """Return a carried line, or a changed one if there are reasons."""
    fate: Fate = "changed" if reasons else "carried"
    return Line(fate, rule, place, "", "; ".join(reasons))
