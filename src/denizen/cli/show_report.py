"""How a report looks in a terminal: the verdict first, then its tables; what only a picture shows is left to --html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table as Grid

from denizen.cli.terminal import Text, console
from denizen.report.page import cell
from denizen.report.parts import Chart, Code, Report, Table, Words

if TYPE_CHECKING:
    from rich.console import Console

TONES = {"plain": "", "good": "green", "warning": "yellow", "bad": "red"}


def print_report(report: Report) -> None:
    """Print a report."""
    out = console()
    out.print(Text(report.verdict.text, style=f"bold {TONES.get(report.verdict.tone, '')}".strip()), soft_wrap=True)
    out.print(Text(report.title, style="dim"), soft_wrap=True)
    if report.facts:
        out.print()
        _print_facts(out, report)
    for section in report.sections:
        if not any(_is_printed(part) for part in section.parts):
            continue
        out.print()
        out.print(Text(section.title, style="bold underline"))
        for part in section.parts:
            _print_part(out, part)
    if report.small_print:
        out.print()
    for line in report.small_print:
        out.print(Text(line, style="yellow" if line.startswith(("warning", "rejected")) else "dim"), soft_wrap=True)


def _print_facts(out: Console, report: Report) -> None:
    grid = Grid.grid(padding=(0, 2))
    for name, value in report.facts:
        grid.add_row(Text(name, style="dim"), Text(value, style="bold"))
    out.print(grid)


def _is_printed(part: Words | Table | Chart | Code) -> bool:
    return bool(part.rows) if isinstance(part, Table) else not isinstance(part, Chart)


def _print_part(out: Console, part: Words | Table | Chart | Code) -> None:
    if isinstance(part, Words):
        out.print(Text(part.text, style=TONES.get(part.tone, "")), soft_wrap=True)
    elif isinstance(part, Code):
        out.print(Text(part.text), soft_wrap=True)
    elif isinstance(part, Table) and part.rows:
        out.print(_grid(part))
        if part.note:
            out.print(Text(part.note, style="dim"), soft_wrap=True)


def _grid(table: Table) -> Grid:
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    for i, name in enumerate(table.columns):
        grid.add_column(Text(name), justify="right" if _numeric(table, i) else "left", overflow="fold")
    for row in table.rows:
        grid.add_row(*[Text(cell(value)) for value in row])
    return grid


def _numeric(table: Table, column: int) -> bool:
    def reads(value: Any) -> bool:
        text = cell(value)
        return not text or text[0] in "0123456789+-–∞"

    return column > 0 and all(reads(row[column]) for row in table.rows)
