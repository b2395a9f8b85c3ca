"""An audit as one page that opens offline. Every value of the data is escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from denizen.scoring.audit.instrument import request_text
from denizen.scoring.audit.privacy import masked

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from denizen.scoring.audit.report import Audit, Inventoried, Property

WEEKS = 60
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "table{border-collapse:collapse;margin:.5rem 0 1.5rem;width:100%}th,td{text-align:left;padding:.25rem .6rem;"
    "border-bottom:1px solid #ddd;vertical-align:top}th{font-weight:600}.n{text-align:right;font-variant-numeric:tabular-nums}"
    ".fault,.unfed{color:#a4262c}.note,.partly{color:#8a6100}.fed{color:#1b6e3c}pre{background:#f5f5f3;padding:1rem;overflow:auto}"
    "svg{display:block}p.verdict{font-size:1.15rem}"
)


def audit_page(audit: Audit) -> str:
    """Return the whole page, self-contained."""
    title = f"Audit of {escape(audit.model)}"
    return (
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>\n'
        f"<h1>{title}</h1>\n{audit_html(audit)}\n</html>\n"
    )


def audit_html(audit: Audit) -> str:
    """Return the body of the page, for a notebook."""
    sections = (
        ("", _verdict(audit)),
        ("Highest scores", _reach(audit)),
        ("Findings", _faults(audit)),
        ("Criteria", _coverage(audit)),
        ("Ask engineering", _requests(audit)),
        ("Until then", _proxies(audit)),
        ("Attributes", _attributes(audit)),
        ("Events", _events(audit)),
    )
    return "\n".join((f"<h2>{title}</h2>\n" if title else "") + body for title, body in sections if body)


def _verdict(audit: Audit) -> str:
    advice = "".join(f"<li>{escape(a)}</li>" for a in audit.maturity.advice)
    return (
        f"<p>As of {escape(audit.as_of)}, model {escape(audit.model_hash)}: {audit.leads:,} leads, {audit.pql:,} PQL.</p>"
        f'<p class="verdict"><b>{escape(audit.maturity.verdict)} tracking</b>: {escape(audit.maturity.why)}.</p><ul>{advice}</ul>'
    )


def _reach(audit: Audit) -> str:
    rows = [
        (
            r.part,
            _points(r.design),
            _points(r.data),
            _points(r.seen),
            _points(r.gate),
            "can be passed" if r.holds else "cannot be passed",
        )
        for r in audit.reach
    ]
    verdict = (
        "Some lead can qualify." if audit.can_qualify else "No lead can qualify: " + "; ".join(audit.blocked_by) + "."
    )
    return f"<p>{escape(verdict)}</p>" + _table(
        ("score", "by design", "with this data", "seen", "gate", ""), rows, "1 2 3 4"
    )


def _faults(audit: Audit) -> str:
    if not audit.faults:
        return "<p>None.</p>"
    rows = [(f.level, f"{f.count:,} of {f.of:,}", f.message, f.cure) for f in audit.faults]
    return _table(("", "how much", "what", "what to do"), rows, "1", [f.level for f in audit.faults])


def _coverage(audit: Audit) -> str:
    rows = [
        (
            c.criterion,
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
    return _table(head, rows, "3 4 5", [c.state.split()[0] for c in audit.coverage])


def _requests(audit: Audit) -> str:
    return (
        f"<pre>{escape(request_text(audit.model, audit.requests))}</pre>"
        if audit.requests
        else "<p>Nothing is missing.</p>"
    )


def _proxies(audit: Audit) -> str:
    return "".join(f"<p>{escape(p.because)}:</p><pre>{escape(p.yaml)}</pre>" for p in audit.proxies)


def _attributes(audit: Audit) -> str:
    rows = [(a.attribute, f"{a.share:.1%}", f"{a.distinct:,}", ", ".join(a.criteria)) for a in audit.attributes]
    return _table(("attribute", "known", "values", "criteria"), rows, "1 2")


def _events(audit: Audit) -> str:
    body = "".join(_event(e) for e in audit.events)
    head = "<th>event<th class=n>rows<th class=n>leads<th>first<th>last<th>by week<th>properties<th>criteria"
    more = f"<p>{audit.events_left_out:,} rarer names are left out.</p>" if audit.events_left_out else ""
    return f"<table><tr>{head}{body}</table>{more}"


def _event(event: Inventoried) -> str:
    cells = (
        escape(masked(event.event)),
        f"{event.rows:,}",
        f"{event.leads:,} ({event.share:.1%})",
        event.first_at[:10],
        event.last_at[:10],
        _spark(event.days),
        "<br>".join(escape(property_text(p)) for p in event.properties),
        escape(", ".join(event.criteria)),
    )
    return "<tr>" + "".join(f'<td class="n">{c}' if i in (1, 2) else f"<td>{c}" for i, c in enumerate(cells))


def property_text(found: Property) -> str:
    """Return a property in one line."""
    shown = ", ".join(found.examples) if found.examples else ""
    if found.spread:
        shown = f"{found.spread[0]:g} to {found.spread[1]:g}"
    values = shown or found.hidden or ""
    return f"{found.name} ({found.type}, {found.fill:.0%} filled, {found.distinct:,} values): {values}"


def _spark(days: Sequence[int]) -> str:
    """Return the leads a week as small bars, so that a silence is seen."""
    size = max(1, -(-len(days) // WEEKS), 7)
    weeks = [sum(days[i : i + size]) for i in range(0, len(days), size)]
    highest = max(weeks, default=0)
    if not highest:
        return ""
    bars = "".join(
        f'<rect x="{2 * i}" y="{20 - 20 * n / highest:.1f}" width="1.6" height="{20 * n / highest:.1f}"/>'
        for i, n in enumerate(weeks)
    )
    return f'<svg width="{2 * len(weeks)}" height="20" role="img" aria-label="leads a week"><g fill="#4a6fa5">{bars}</g></svg>'


def _points(value: float | None) -> str:
    return "no limit" if value is None else f"{value:g}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], numeric: str = "", classes: Sequence[str] = ()) -> str:
    right = {int(n) for n in numeric.split()}
    cells = "".join(f'<th class="n">{escape(h)}' if i in right else f"<th>{escape(h)}" for i, h in enumerate(head))
    body = ""
    for number, row in enumerate(rows):
        row_class = f' class="{escape(classes[number])}"' if classes else ""
        body += f"<tr{row_class}>" + "".join(
            f'<td class="n">{escape(c)}' if i in right else f"<td>{escape(c)}" for i, c in enumerate(row)
        )
    return f"<table><tr>{cells}{body}</table>"
