"""Run every rule over a model and collect what they find, in the order of the file."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from denizen.model.lint.ignores import without_ignored
from denizen.model.lint.rule import Subject
from denizen.model.lint.rules import RULES
from denizen.model.lint.seen import Seen
from denizen.model.segments import segment_place, segment_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from denizen.errors import Finding
    from denizen.model.approaches import Approach
    from denizen.model.lint.rule import Fix, Remark, Rule
    from denizen.model.load import LoadedModel
    from denizen.model.source import Source
    from denizen.model.spec import Model


@dataclass(frozen=True, slots=True)
class Advice:
    """What lint says: the findings with their fixes, in the order of the file, and how many are switched off."""

    findings: tuple[Finding, ...]
    fixes: tuple[Fix, ...]
    ignored: int


@dataclass(frozen=True, slots=True)
class Around:
    """What is known around a model: the approach, the sales cycle in days, and the data."""

    approach: Approach | None = None
    sales_cycle_days: int | None = None
    seen: Seen = field(default_factory=Seen)

    def subject(self, model: Model, segments: tuple[Model, ...] = (), *, of_segment: bool) -> Subject:
        """Return a model with it."""
        return Subject(model, self.approach, self.sales_cycle_days, self.seen, segments, of_segment)


def lint_model(
    model: LoadedModel,
    source: Source,
    text: str,
    around: Around,
    ignore: Iterable[str] = (),
    *,
    of_segment: bool = False,
) -> Advice:
    """Return the advice on a model, and on what each segment makes of it.

    Args:
        model: a model that loads. The other files that segments name are to be looked at by themselves.
        source: the file it came from, for places.
        text: the same file as text, for comments that switch rules off.
        around: what is known around it.
        ignore: codes that are switched off everywhere.
        of_segment: it is the file of a segment, by which no account is scored.
    """
    segments = tuple(s.spec for s in model.segments)
    found = _remarked(around.subject(model.spec, segments, of_segment=of_segment), source)
    seen = {_what(finding) for finding, _ in found}
    for i, segment in enumerate(model.spec.segments or ()):
        if segment.model is None:
            remarked = _remarked(around.subject(segments[i], of_segment=True), segment_source(source, i))
            found += [
                (_named(finding, segment.name), _in_segment(fix, source, i))
                for finding, fix in remarked
                if _what(finding) not in seen
            ]
    found.sort(key=lambda pair: (pair[0].line or 0, pair[0].column or 0, pair[0].code))
    kept, ignored = without_ignored([finding for finding, _ in found], text, ignore)
    fixes = [fix for finding, fix in found if fix is not None and finding in kept]
    return Advice(tuple(kept), tuple(fixes), ignored)


def _remarked(subject: Subject, source: Source) -> list[tuple[Finding, Fix | None]]:
    return [(_finding(source, rule, remark), remark.fix) for rule, remark in _remarks(subject)]


def _what(finding: Finding) -> tuple[str, str, str]:
    return finding.code, finding.path, finding.message


def _in_segment(fix: Fix | None, source: Source, index: int) -> Fix | None:
    """Return a fix with the places where the file has what the segment says itself."""
    if fix is None:
        return None
    places = [segment_place(source, index, place) for place in fix.places]
    return replace(fix, places=tuple(places))


def _named(finding: Finding, segment: str) -> Finding:
    return replace(finding, message=f"for the segment `{segment}`: {finding.message}")


def _remarks(subject: Subject) -> Iterator[tuple[Rule, Remark]]:
    for rule in RULES.values():
        for remark in rule.check(subject):
            yield rule, remark


def _finding(source: Source, rule: Rule, remark: Remark) -> Finding:
    path = remark.path
    while path not in source.values and path not in source.keys:
        path = path[:-1]  # a single name stands without its list, a predicate without `is`
    finding = source.finding(rule.code, path, remark.message, at_key=remark.at_key)
    return replace(finding, level=remark.level or rule.level)
