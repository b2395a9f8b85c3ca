"""An audit as a report: verdict, findings, what is fed and by what, and what was tracked when."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from denizen.report import Chart, Code, Report, Section, Table, Words, report_html
from denizen.report.charts import bars, heat
from denizen.scoring.audit.instrument import request_text
from denizen.scoring.audit.privacy import PERSONAL, masked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from denizen.scoring.audit.report import Audit, Inventoried, ProductRows, Property

MOST_SPANS = 60
"""The chart of events has at most so many columns, each of whole weeks."""
MOST_EVENTS = 40
WEEK_DAYS = 7
_VERDICTS = {"full": "good", "partial": "warning", "minimal": "bad"}
_STATES = {"fed": "good", "partly fed": "warning", "unfed": "bad"}


def audit_page(audit: Audit) -> str:
    """Return the whole page, self-contained; numbers stand in for charts where what draws them is not installed."""
    return report_html(audit_report(audit), must_draw=False)


def audit_report(audit: Audit) -> Report:
    """Return an audit as a report."""
    sections = (
        Section("What to do first", [Words(advice) for advice in audit.maturity.advice]),
        Section("Highest scores", tuple(_reach(audit))),
        Section("Findings", tuple(_faults(audit))),
        Section("Criteria", tuple(_coverage(audit))),
        Section("Ask engineering", tuple(_requests(audit))),
        Section("Until then", tuple(_proxies(audit))),
        Section("Attributes", tuple(_attributes(audit))),
        Section("Products", tuple(_products(audit))),
        Section("Events", tuple(_events(audit))),
    )
    verdict = f"{audit.maturity.verdict} tracking: {audit.maturity.why}."
    return Report(
        title=f"Audit of {audit.model}",
        verdict=Words(verdict[0].upper() + verdict[1:], _VERDICTS[audit.maturity.verdict]),
        facts=(
            ("as of", f"{audit.as_of[:10]} {audit.as_of[11:16]} UTC"),
            ("leads", f"{audit.leads:,}"),
            ("PQLs", f"{audit.pql:,}"),
            ("model", audit.model_hash),
        ),
        sections=tuple(s for s in sections if s.parts),
        small_print=audit.warnings,
    )


def _reach(audit: Audit) -> Iterator[Words | Table]:
    if audit.can_qualify:
        yield Words("Some lead can qualify.", "good")
    else:
        yield Words(f"No lead can qualify: {'; '.join(audit.blocked_by)}.", "bad")
    rows = [
        [
            r.part,
            _points(r.design),
            _points(r.data),
            _points(r.seen),
            r.gate_text,
            "can be passed" if r.holds else "cannot be passed",
        ]
        for r in audit.reach
    ]
    yield Table(("score", "by design", "with this data", "seen", "gate", ""), rows)


def _faults(audit: Audit) -> Iterator[Words | Table]:
    if not audit.faults:
        yield Words("None.", "good")
        return
    rows = [(f.level, f"{f.count:,} of {f.of:,}", f.message, f.cure) for f in audit.faults]
    tones = ["bad" if f.level == "fault" else "warning" for f in audit.faults]
    yield Table(("", "how much", "what", "what to do"), rows, tones=tones)


def _coverage(audit: Audit) -> Iterator[Chart | Table]:
    fired = [{"criterion": c.label, "share": c.fired_share} for c in audit.coverage]
    if fired:
        alt = "The share of leads that each criterion fires for."
        yield Chart(bars(fired, x="criterion", y="share", title="leads it fires for", percent=True), alt)
    rows = [
        (
            c.label,
            c.part,
            c.state,
            "no limit" if c.worth is None else f"{c.worth:+g}",
            f"{c.fired:,} ({c.fired_share:.1%})",
            f"{c.unknown_share:.1%}" if c.unknown else "",
            ", ".join((*c.missing, *(f"property {p}" for p in c.missing_properties))),
        )
        for c in audit.coverage
    ]
    head = ("criterion", "part", "data", "points", "leads it fires for", "unknown", "missing")
    yield Table(head, rows, tones=[_STATES[c.state] for c in audit.coverage])


def _requests(audit: Audit) -> Iterator[Words | Code]:
    yield (
        Code(request_text(audit.model, audit.requests))
        if audit.requests
        else Words("The data has every event and property that the model asks for.")
    )


def _proxies(audit: Audit) -> Iterator[Words | Code]:
    for proxy in audit.proxies:
        yield Words(f"Under {proxy.under}, because {proxy.because}:")
        yield Code(proxy.yaml)


def _attributes(audit: Audit) -> Iterator[Chart | Table]:
    if not audit.attributes:
        return
    known = [{"attribute": a.attribute, "share": a.share} for a in audit.attributes]
    alt = "The share of leads of which each attribute is known."
    yield Chart(bars(known, x="attribute", y="share", title="known", percent=True, height=160), alt)
    rows = [(a.attribute, f"{a.share:.1%}", f"{a.distinct:,}", ", ".join(a.criteria)) for a in audit.attributes]
    yield Table(("attribute", "known", "values", "criteria"), rows)


def _products(audit: Audit) -> Iterator[Table]:
    rows = [
        (masked(p.product) if p.product else "(names none)", f"{p.rows:,}", product_note(p)) for p in audit.products
    ]
    if rows:
        yield Table(
            ("product", "events", ""), rows, tones=["bad" if product_note(p) else "plain" for p in audit.products]
        )


def product_note(found: ProductRows) -> str:
    """Return what is wrong with a product, if anything is."""
    if found.known:
        return "" if found.rows else "never occurs"
    return "not in the model" if found.product else ""


def _events(audit: Audit) -> Iterator[Chart | Table]:
    spans = list(_spans(audit))
    if spans:
        alt = "When leads did each event; a blank is a span in which nobody did."
        note = "Each line by itself: the darkest is the span with most leads."
        yield Chart(heat(spans, x="from", y="event", value="share"), alt, note)
    rows = [
        (
            masked(e.event),
            f"{e.rows:,}",
            f"{e.leads:,} ({e.share:.1%})",
            (e.first_at or "–")[:10],
            (e.last_at or "–")[:10],
            "; ".join(property_text(p) for p in telling(audit, e)),
            ", ".join(e.criteria),
        )
        for e in audit.events
    ]
    notes = [f"{audit.events_left_out:,} rarer names are left out."] if audit.events_left_out else []
    hidden = hidden_note(audit)
    notes += [f"{hidden[0].upper()}{hidden[1:]}."] if hidden else []
    note = " ".join(notes)
    yield Table(("event", "rows", "leads", "first", "last", "properties", "criteria"), rows, note)


def _spans(audit: Audit) -> Iterator[dict[str, Any]]:
    """Yield how many leads did an event in spans of whole weeks, as a share of its own busiest span."""
    if audit.first_day is None:
        return
    first = date.fromisoformat(audit.first_day)
    for event in audit.events[:MOST_EVENTS]:
        size = _span_days(event)
        counts = [sum(event.days[i : i + size]) for i in range(0, len(event.days), size)]
        most = max(counts, default=0)
        for i, count in enumerate(counts):
            start = (first + timedelta(days=i * size)).isoformat()
            share = round(count / most, 3) if most else 0.0
            yield {"event": masked(event.event), "from": start, "leads": count, "share": share}


def _span_days(event: Inventoried) -> int:
    weeks = -(-len(event.days) // WEEK_DAYS)
    return WEEK_DAYS * max(1, -(-weeks // MOST_SPANS))


def telling(audit: Audit, event: Inventoried) -> list[Property]:
    """Return the properties worth a line: no whole documents, and nothing that has one value on every event of every name."""
    values: dict[str, set[tuple[str, ...]]] = {}
    for found in audit.events:
        for p in found.properties:
            one = p.examples if p.distinct == 1 and p.fill == 1 else (p.name, found.event)
            values.setdefault(p.name, set()).add(one)
    everywhere = {p.name for p in event.properties if all(_has(e, p.name) for e in audit.events if e.properties)}
    same = {*hidden_everywhere(audit)}
    same |= {name for name in everywhere if len(values[name]) == 1 and len(audit.events) > 1}
    return [p for p in event.properties if p.type != "document" and p.name not in same]


def hidden_everywhere(audit: Audit) -> tuple[str, ...]:
    """Return the properties of every event of every name whose values are never shown because of their name; told once."""
    having = [{p.name for p in e.properties if p.hidden == PERSONAL} for e in audit.events if e.properties]
    return tuple(sorted(set.intersection(*having))) if len(having) > 1 else ()


def hidden_note(audit: Audit) -> str:
    """Say of which properties of all events nothing is shown; empty if of none."""
    names = hidden_everywhere(audit)
    return f"on every event, and not shown because {PERSONAL}: {', '.join(names)}" if names else ""


def _has(event: Inventoried, name: str) -> bool:
    return any(p.name == name for p in event.properties)


def property_text(found: Property) -> str:
    """Return a property in one line."""
    shown = ", ".join(found.examples) if found.examples else ""
    if found.spread:
        shown = f"{found.spread[0]:g} to {found.spread[1]:g}"
    values = shown or found.hidden or ""
    return f"{found.name} ({found.type}, {found.fill:.0%} filled, {found.distinct:,} values): {values}"


def _points(value: float | None) -> str:
    return "no limit" if value is None else f"{value:g}"
