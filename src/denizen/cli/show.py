"""How results look in a terminal. Nothing is computed here."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click
from rich.padding import Padding
from rich.table import Table

from denizen.cli.terminal import Text, console
from denizen.scoring.gate_words import gate_in_words, origin_in_words
from denizen.visible import visible_json, visible_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from denizen.cli.terminal import Console
    from denizen.errors import DenizenError, Finding
    from denizen.ingest.accounting import Accounting, AccountMatches, EntityRows, EventRows
    from denizen.scoring.explain import ExplainedLine, Explanation
    from denizen.scoring.foresight.path import Path
    from denizen.scoring.ranking import Ranked, Summary

EVENTS_SHOWN = 3
OF_A_ROW = 72
"""So many columns a row of the ranking needs beside its ids."""
LAID_OUT_CHARACTERS = 1_000_000
LEVEL_STYLES = {"error": "bold red", "warning": "bold yellow", "info": "bold blue"}


def print_json(data: Any) -> None:
    """Print plain data; numbers stay numbers. What nobody can read through is printed without layout, which is faster."""
    compact = json.dumps(data, ensure_ascii=False, default=str)
    readable = len(compact) <= LAID_OUT_CHARACTERS
    click.echo(visible_json(json.dumps(data, indent=2, ensure_ascii=False, default=str) if readable else compact))


@contextmanager
def progress(*, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Show what is being done, on a terminal only."""
    screen = console(stderr=True)
    if quiet or not screen.is_terminal:
        yield lambda _: None
        return
    with screen.status("starting") as status:
        yield lambda doing: status.update(Text(doing))


def points(value: float) -> str:
    """Return points without needless zeros."""
    return (
        f"{value:.6f}".rstrip("0").rstrip(".").replace("-0", "0")
        if value == 0
        else f"{value:.6f}".rstrip("0").rstrip(".")
    )


def signed(value: float) -> str:
    """Return points with their sign."""
    return f"+{points(value)}" if value > 0 else points(value)


def report_errors(error: DenizenError, *, as_json: bool) -> None:
    """Print every finding of an error."""
    if as_json:
        print_json({"errors": [f.as_dict() for f in error.findings]})
        return
    print_findings(error.findings)
    count = len(error.findings)
    if count > 1:
        console(stderr=True).print(Text(f"{count} problems"))


def print_findings(findings: tuple[Finding, ...] | list[Finding]) -> None:
    """Print findings, one a line, errors in red."""
    out = console(stderr=True)
    for finding in findings:
        line = Text(visible_line(f"{finding.place}: ") if finding.place else "", style="bold")
        line.append(
            f"{finding.level}[{finding.code}]",
            style=LEVEL_STYLES[finding.level],
        )
        told = f": {finding.path + ': ' if finding.path else ''}{finding.message}"
        line.append(visible_line(told), style="not bold")
        out.print(line, soft_wrap=True)


def print_diff(diff: str) -> None:
    """Print a unified diff, what goes in red and what comes in green."""
    styles = {"+": "green", "-": "red", "@": "cyan"}
    for line in diff.splitlines():
        console().print(Text(line, style=styles.get(line[:1], "")), soft_wrap=True)


def _why_not(lead: Ranked) -> str:
    return "disqualified" if lead.disqualified else "capped" if lead.capped else ""


def print_ranking(ranked: list[Ranked], summary: Summary, *, several: bool) -> None:
    """Print the short list; with `several` instants, each row says which."""
    if not ranked:
        console().print(
            "No lead to show."
            if not summary.scores
            else "No PQL. See `--top N` without `--pql-only` for the best leads."
        )
        return
    out = console()
    ids = max(len(visible_line(str(lead.lead_id))) for lead in ranked)
    accounts = max(len(visible_line(lead.account_id or "")) for lead in ranked)
    if ids + accounts + OF_A_ROW + len("2026-07-01T00:00:00Z") * several > out.width:
        for lead in ranked:
            _print_lead(out, lead, several=several)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("lead", no_wrap=True)
    table.add_column("account", no_wrap=True)
    for name in ("total", "fit", "behavior"):
        table.add_column(name, justify="right")
    table.add_column("", justify="left")
    table.add_column("because of", overflow="fold")
    if several:
        table.add_column("as of")
    for lead in ranked:
        table.add_row(
            Text(visible_line(str(lead.lead_id))),
            Text(visible_line(lead.account_id or "")),
            points(lead.total),
            f"{points(lead.fit)} {lead.fit_tier or ''}",
            f"{points(lead.behavior)} {lead.behavior_tier or ''}",
            _verdict(lead),
            Text(_because(lead)),
            *([lead.as_of] if several else []),
        )
    out.print(table)


def _print_lead(out: Console, lead: Ranked, *, several: bool) -> None:
    """Print a lead in lines of its own, where a table would cut its id or leave no room for reasons."""
    scores = f"  total {points(lead.total)}, fit {points(lead.fit)} {lead.fit_tier or ''}".rstrip()
    scores += f", behavior {points(lead.behavior)} {lead.behavior_tier or ''}".rstrip()
    head = Text.assemble((visible_line(str(lead.lead_id)), "bold"), scores, "  ", _verdict(lead))
    out.print(head.append(f"  {lead.as_of}" if several else ""), soft_wrap=True)
    out.print(Padding(Text(f"because of {_because(lead)}", overflow="fold"), (0, 0, 0, 4)))


def _verdict(lead: Ranked) -> Text:
    return Text("PQL", style="bold green") if lead.pql else Text(_why_not(lead), style="yellow")


def _because(lead: Ranked) -> str:
    return ", ".join(f"{name} {signed(value)}" for name, value in lead.reasons)


def print_summary(summary: Summary, accounting: Accounting, model: str, as_of: str, *, kept: bool) -> None:
    """Print how many qualify, and where every row went; `kept` says that rejected rows are written to a file."""
    out = console()
    out.print()
    share = f"{summary.share:.1%}"
    counted = (f"{summary.scores:,}", "bold"), f" scored by {model} as of {as_of}: ", (f"{summary.pql:,} PQL", "bold")
    out.print(Text.assemble(*counted, f" ({share})"), end="", soft_wrap=True)
    extras = [
        f"{n:,} {name}"
        for name, n in (
            ("disqualified", summary.disqualified),
            ("capped", summary.capped),
            ("not signed up yet", summary.not_signed_up),
        )
        if n
    ]
    out.print(f", {', '.join(extras)}" if extras else "", soft_wrap=True)
    if accounting.leads.given:
        out.print(_entities("leads", accounting.leads), soft_wrap=True)
    if accounting.accounts.given:
        out.print(_entities("accounts", accounting.accounts), soft_wrap=True)
    for line in (_matches(accounting.matches), _derived(accounting.derived)):
        if line:
            out.print(Text(line), soft_wrap=True)
    if accounting.events.given:
        out.print(_events(accounting.events), soft_wrap=True)
    else:
        out.print("no events were given, so behavior counts attributes only", soft_wrap=True)
    for line in accounting.told_reasons("" if kept else "keep the rows with --rejects PATH"):
        out.print(Text(f"  {line}", style="yellow"), soft_wrap=True)
    print_warnings(accounting)


def print_warnings(accounting: Accounting) -> None:
    """Print what was noticed about the data."""
    for warning in accounting.warnings:
        console().print(Text(f"warning: {warning}", style="yellow"), soft_wrap=True)


def _matches(matches: AccountMatches) -> str:
    """Say how leads without an account found one, where any did or could have."""
    if not (matches.by_domain or matches.by_colleague or matches.by_shared_domain or matches.contested):
        return ""
    left = matches.without_account - matches.by_domain - matches.by_colleague - matches.by_shared_domain
    colleagues = f" + {matches.by_colleague:,} in the account of their colleagues" if matches.by_colleague else ""
    return (
        f"leads without an account: {matches.without_account:,} = {matches.by_domain:,} matched by the domain of an account"
        f"{colleagues}"
        f" + {matches.by_shared_domain:,} in {matches.shared_domains:,} accounts made of a shared domain + {left:,} left without"
    )


def _derived(counts: dict[str, int]) -> str:
    """Say how many leads got a derived value, by attribute."""
    listed = ", ".join(f"{name} {count:,}" for name, count in counts.items())
    return f"derived, by leads: {listed}" if listed else ""


def _entities(name: str, rows: EntityRows) -> str:
    return f"{name}: {rows.read:,} read = {rows.used:,} used + {rows.rejected:,} rejected"


def _events(rows: EventRows) -> str:
    return (
        f"events: {rows.read:,} read = {rows.used:,} used + {rows.duplicate:,} duplicate + {rows.after_as_of:,} after as-of"
        f" + {rows.rejected:,} rejected + {rows.of_unknown_leads:,} of unknown leads"
    )


def print_explanation(explanation: Explanation) -> None:
    """Print a score with its proof."""
    out = console()
    verdict = Text("PQL", style="bold green") if explanation.pql else Text("not a PQL", style="bold")
    head = Text(visible_line(str(explanation.lead_id)), style="bold")
    head.append(
        f"  {visible_line(explanation.account_id or '')}  as of {explanation.as_of}, model {explanation.model} ",
        style="not bold",
    )
    out.print(head.append_text(verdict))
    for part, score, tier in (
        ("fit", explanation.fit, explanation.fit_tier),
        ("behavior", explanation.behavior, explanation.behavior_tier),
    ):
        out.print()
        out.print(Text.assemble((f"{part} {points(score)}", "bold"), f" {tier or ''}"))
        table = Table(box=None, pad_edge=False, show_header=False)
        table.add_column(justify="right", min_width=8)
        table.add_column()
        table.add_column()
        table.add_column(overflow="fold")
        for line in explanation.lines:
            if line.part == part and (line.points or line.kind not in ("limit", "recency")):
                table.add_row(*_line(line))
        out.print(table)
    out.print()
    out.print(Text(f"total {points(explanation.total)}", style="bold"))
    for gate in explanation.gates:
        missed = "  missed " if gate.needed is not None else "  ruled out: "
        mark = Text("  holds  " if gate.holds else missed, style="green" if gate.holds else "red")
        out.print(mark.append(gate_in_words(gate), style="none"))
    if explanation.unknown:
        out.print(Text(f"  unknown: {', '.join(explanation.unknown)}", style="yellow"))
    print_foresight(explanation)


def print_foresight(explanation: Explanation) -> None:
    """Print when the score moves if nothing more happens, what is unknown, and what would qualify the lead."""
    out = console()
    out.print()
    out.print(Text("if nothing more happens", style="bold"))
    change, drop = explanation.next_change_at, explanation.drops_out_at
    out.print(f"  the score next changes at {change}" if change else "  the score stays as it is", soft_wrap=True)
    if explanation.pql:
        out.print(f"  the lead drops out of PQL at {drop}" if drop else "  the lead stays a PQL", soft_wrap=True)
    if explanation.unknown_could_add:
        could = f"{signed(explanation.unknown_could_add)}, to {points(explanation.max_reachable)} in total"
        out.print(f"  what is unknown could add {could}", soft_wrap=True)
    if explanation.path is not None:
        _print_path(explanation.path)


def _print_path(path: Path) -> None:
    out = console()
    out.print()
    if not path.found:
        out.print(Text("no path to PQL", style="bold"))
        for reason in path.blocked_by:
            out.print(Text(f"  {reason}"), soft_wrap=True)
    else:
        most = "the shortest path" if path.shortest else "a path (perhaps not the shortest)"
        counted = f": {path.actions} action{'s' if path.actions != 1 else ''}"
        out.print(Text.assemble((f"{most} to PQL", "bold"), counted))
        table = Table(box=None, pad_edge=False, show_header=False)
        table.add_column(justify="right", min_width=8)
        table.add_column(overflow="fold")
        for step in path.steps:
            until = f" (until {step.closes_at})" if step.closes_at else ""
            table.add_row(Text(signed(step.points), style="green"), Text(step.do + until))
        out.print(table)
        reached = f"fit {points(path.fit or 0)}, behavior {points(path.behavior or 0)}, total {points(path.total or 0)}"
        out.print(f"  then a PQL at {path.qualifies_at}: {reached}", soft_wrap=True)
    for closed in path.closed:
        out.print(Text(f"  cannot be filled: {closed}", style="dim"), soft_wrap=True)


def _line(line: ExplainedLine) -> tuple[Text, Text, Text, Text]:
    style = "green" if line.points > 0 else "red" if line.points < 0 else "dim"
    name = {"recency": f"{line.line} (recent)", "limit": "limit"}.get(line.kind, line.line)
    measure = "unknown" if line.unknown else (line.measure or "") + origin_in_words(line.derived_from, line.attribute)
    if line.kind == "decay" and not line.unknown:
        measure = f"{line.measure} days idle"
    shown = [
        f"{visible_line(e.event)} {e.at}{f' ({e.event_id})' if e.event_id else ''}" for e in line.events[:EVENTS_SHOWN]
    ]
    more = f" … and {len(line.events) - EVENTS_SHOWN} more" if len(line.events) > EVENTS_SHOWN else ""
    return (
        Text(signed(line.points), style=style),
        Text(name),
        Text(measure, style="yellow" if line.unknown else "dim"),
        Text(", ".join(shown) + more, style="dim"),
    )
