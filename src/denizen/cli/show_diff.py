"""How the difference of two models looks in a terminal. Nothing is computed here."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from rich.table import Table

from denizen.cli.show import points, signed
from denizen.cli.terminal import Text, console
from denizen.visible import visible_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from denizen.model.change import Change
    from denizen.model.load import LoadedModel
    from denizen.scoring.compare import Comparison, Mover, Week

_LINES = 4
_NOTES = {"scores": "", "names": "  (names only)", "hash": "  (no score can change)", "words": "  (words only)"}


def print_changes(old: LoadedModel, new: LoadedModel, changes: tuple[Change, ...]) -> None:
    """Print what changed, section by section."""
    out = console()
    if not changes:
        out.print(Text(f"no difference: both are {old.name} ({old.fingerprint})"), soft_wrap=True)
        return
    for section, found in groupby(changes, key=lambda c: c.section):
        out.print(Text(section, style="bold"))
        for change in found:
            note = _NOTES[change.effect]
            out.print(Text(f"  {change.sentence}").append(note, style="dim"), soft_wrap=True)
    out.print()
    out.print(Text(_verdict(old, new, changes)), soft_wrap=True)


def _verdict(old: LoadedModel, new: LoadedModel, changes: tuple[Change, ...]) -> str:
    if any(c.effect == "scores" for c in changes):
        return f"scores can change: {old.fingerprint} is now {new.fingerprint}"
    if not any(c.seen for c in changes) and any(c.data for c in changes):
        return f"no score can change: every lead gets the same points; {old.fingerprint} is now {new.fingerprint}"
    if any(c.data for c in changes):
        return f"no number changes, but results carry other names: {old.fingerprint} is now {new.fingerprint}"
    return f"no result changes: both are {new.fingerprint}"


def print_comparison(found: Comparison, top: int) -> None:
    """Print who moves and how scores move."""
    out = console()
    out.print()
    share = f"{found.scores_changed:,} of {found.leads:,} leads score otherwise as of {found.as_of}"
    by_gate = found.changed - found.scores_changed
    alone = f" ({by_gate:,} with the scores they had)" if by_gate else ""
    pql = f"PQL {found.pql_before:,} -> {found.pql_after:,}: {found.entered:,} enter, {found.left:,} leave{alone}"
    out.print(
        Text(f"{share}; {pql}"),
        soft_wrap=True,
    )
    mean = f"mean {points(found.mean_before)} -> {points(found.mean_after)}"
    out.print(Text(f"total: {mean}, median {points(found.median_before)} -> {points(found.median_after)}"))
    for kind, verb, count in (("enters", "enter PQL", found.entered), ("leaves", "leave PQL", found.left)):
        _print_movers([m for m in found.movers if m.moves == kind], verb, count, top)
    table = _table("total", "before", "after", "")
    for bucket in found.histogram:
        change = signed(bucket.after - bucket.before) if bucket.after != bucket.before else ""
        table.add_row(f"{bucket.low} to {bucket.low + 10}", f"{bucket.before:,}", f"{bucket.after:,}", change)
    out.print()
    out.print(table)
    moved = [m for m in found.tiers if m.before != m.after]
    if moved:
        out.print()
    for movement in moved:
        where = f"{movement.before or 'no tier'} -> {movement.after or 'no tier'}"
        out.print(Text(f"{movement.part} tier {where}: {movement.leads:,}"))


def _print_movers(movers: list[Mover], verb: str, count: int, top: int) -> None:
    if not movers:
        return
    out = console()
    out.print()
    out.print(Text(f"{verb}{f' (the first {top} of {count:,})' if count > top else ''}", style="bold"))
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_column(overflow="fold")
    for mover in movers:
        lines = [f"{s.line} {points(s.before)} -> {points(s.after)}" for s in mover.lines[:_LINES]]
        why = ", ".join(lines) or "no line: a gate, a disqualifier or the ceiling"
        table.add_row(
            Text(f"  {visible_line(mover.lead_id)}"),
            f"{points(mover.total_before)} -> {points(mover.total_after)}",
            Text(why),
        )
    out.print(table)


def print_weeks(weeks: Sequence[Week]) -> None:
    """Print PQLs a week under both models."""
    if not weeks:
        return
    table = _table("week to", "leads", "PQL before", "after", "new before", "after")
    for week in weeks:
        numbers = (week.leads, week.pql_before, week.pql_after, week.new_before, week.new_after)
        table.add_row(week.as_of[:10], *(f"{n:,}" for n in numbers))
    console().print()
    console().print(table)


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right")
    return table
