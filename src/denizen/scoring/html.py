"""How results look in a notebook. Every value is escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

    from denizen.scoring.explain import ExplainedLine, Explanation
    from denizen.scoring.ranking import Summary

ROWS = 20
_COLUMNS = ("lead_id", "account_id", "fit", "behavior", "total", "pql", "fit_tier", "behavior_tier")


def scores_html(scores: pa.Table, summary: Summary) -> str:
    """Return the best leads as a table."""
    best = scores.sort_by([("total", "descending")]).slice(0, ROWS).select(list(_COLUMNS)).to_pylist()
    caption = f"{summary.scores:,} scored, {summary.pql:,} PQL ({summary.share:.1%})"
    return _table(caption, _COLUMNS, [[row[c] for c in _COLUMNS] for row in best])


def explanation_html(explanation: Explanation) -> str:
    """Return the ledger as a table, and the gates."""
    caption = (
        f"{explanation.lead_id} as of {explanation.as_of}: fit {explanation.fit:g}, behavior {explanation.behavior:g},"
        f" total {explanation.total:g} — {'PQL' if explanation.pql else 'not a PQL'}"
    )
    rows = [
        [x.part, x.line, x.kind, "unknown" if x.unknown else _measure(x), f"{x.points:+g}", len(x.events) or ""]
        for x in explanation.lines
    ]
    missed = [f"{g.gate} missed by {g.missed_by:g}" for g in explanation.gates if not g.holds]
    table = _table(caption, ("part", "line", "kind", "measure", "points", "events"), rows)
    return table + (f"<p>{escape('; '.join(missed))}</p>" if missed else "")


def _measure(line: ExplainedLine) -> str | None:
    origin = line.derived_from
    return line.measure if origin is None else f"{line.measure}, from {origin.attribute} {origin.value}"


def _table(caption: str, columns: tuple[str, ...], rows: list[list[Any]]) -> str:
    head = "".join(f"<th>{escape(c)}</th>" for c in columns)
    body = "".join("<tr>" + "".join(f"<td>{escape(_cell(v))}</td>" for v in row) + "</tr>" for row in rows)
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: Any) -> str:
    return "" if value is None else str(value)
