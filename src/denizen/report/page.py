"""A report as one HTML file: no script, no network, light and dark, printable, every value escaped."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from denizen.extra import is_there, needed
from denizen.report.charts import INK, drawable
from denizen.report.parts import Chart, Code, Report, Section, Table, Words
from denizen.report.style import STYLE
from denizen.visible import visible
from denizen.whole_files import whole_file

TONES = {"plain", "good", "warning", "bad"}
_LITTLE = 0.1
_MUCH = 1000


def report_html(report: Report, *, must_draw: bool = True) -> str:
    """Return the page.

    Without `must_draw`, numbers stand in for charts where what draws them is not installed.

    Raises:
        DenizenError: the report has charts that must be drawn, and what draws them is not installed.
    """
    drawing = must_draw or is_there("vl_convert")
    sections = "".join(_section(s, drawing=drawing) for s in report.sections)
    small = "".join(f"<p>{escape(p)}</p>" for p in report.small_print)
    title = escape(report.title)
    return visible(
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<header><h1>{title}</h1>{_words(report.verdict, 'verdict')}{_facts(report)}</header>\n"
        f"{sections}<footer>{small}</footer>\n</main>\n</body>\n</html>\n"
    )


def write_report(report: Report, path: str, *, must_draw: bool = True) -> None:
    """Write the page to a file, whole or not at all; `must_draw` as for `report_html`.

    Raises:
        DenizenError: it cannot be drawn or written.
    """
    page = report_html(report, must_draw=must_draw)
    with whole_file(path) as draft:
        draft.write_text(page, encoding="utf-8")


def _facts(report: Report) -> str:
    pairs = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in report.facts)
    return f"<dl>{pairs}</dl>" if pairs else ""


def _section(section: Section, *, drawing: bool) -> str:
    parts = "".join(_part(p, drawing=drawing) for p in section.parts)
    return f"<section><h2>{escape(section.title)}</h2>{parts}</section>\n"


def _part(part: Words | Table | Chart | Code, *, drawing: bool) -> str:
    if isinstance(part, Words):
        return _words(part)
    if isinstance(part, Table):
        return _table(part)
    if isinstance(part, Code):
        return f"<pre>{escape(part.text)}</pre>"
    return _figure(part) if drawing else f"{_words(Words(part.alt))}{_data(part)}"


def _figure(part: Chart) -> str:
    note = f"<figcaption>{escape(part.note)}</figcaption>" if part.note else ""
    return (
        f'<figure><div role="img" aria-label="{escape(part.alt)}">{draw(part.spec)}</div>{note}{_data(part)}</figure>'
    )


def _words(words: Words, name: str = "") -> str:
    tone = words.tone if words.tone in TONES else "plain"
    return f'<p class="{f"{name} " if name else ""}{tone}">{escape(words.text)}</p>'


def _table(table: Table) -> str:
    numeric = [
        bool(table.rows) and all(isinstance(r[i], int | float) or _reads_as_figure(r[i]) for r in table.rows)
        for i in range(len(table.columns))
    ]
    head = "".join(f"<th{_align(n)}>{escape(c)}</th>" for c, n in zip(table.columns, numeric, strict=True))
    body = "".join(
        f"<tr{_tone(table, i)}>"
        + "".join(f"<td{_align(n)}>{escape(cell(v))}</td>" for v, n in zip(row, numeric, strict=True))
        + "</tr>"
        for i, row in enumerate(table.rows)
    )
    note = f'<p class="note">{escape(table.note)}</p>' if table.note else ""
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{note}'


def _tone(table: Table, row: int) -> str:
    tone = table.tones[row] if table.tones else "plain"
    return f' class="{tone}"' if tone in TONES - {"plain"} else ""


def _align(numeric: bool) -> str:  # noqa: FBT001 - private, called with the one thing it is about
    return ' class="n"' if numeric else ""


def _reads_as_figure(value: Any) -> bool:
    return value is None or (isinstance(value, str) and (not value or value[0] in "0123456789+-–<>∞" or value == "—"))


def cell(value: Any) -> str:
    """Return a value as it is shown: numbers to three digits, whole ones in full, nothing as nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= _MUCH else f"{value:.3g}" if abs(value) < _LITTLE else f"{value:.4g}"
    return str(value)


def _data(chart: Chart) -> str:
    rows = chart.spec.get("data", {}).get("values", [])
    if not rows:
        return ""
    columns = list(dict.fromkeys(k for row in rows for k in row))
    table = _table(Table(columns, [[row.get(c) for c in columns] for row in rows]))
    # What is folded away on a screen cannot be unfolded on paper, and a page without a script cannot unfold it.
    return (
        f'<details><summary>The numbers</summary>{table}</details><div class="printed"><p>The numbers</p>{table}</div>'
    )


def draw(spec: dict[str, Any]) -> str:
    """Return a chart as SVG that takes the text color of the page.

    Raises:
        DenizenError: what draws it is not installed.
    """
    # What draws is of another language, and ends the whole process at a character that XML forbids.
    svg: str = needed("vl_convert", "drawing charts").vegalite_to_svg(json.dumps(drawable(spec)))
    return (
        svg.replace(INK, "currentColor").replace("rgb(1, 2, 3)", "currentColor").replace("rgb(1,2,3)", "currentColor")
    )
