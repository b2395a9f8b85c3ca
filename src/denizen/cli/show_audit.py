"""How an audit looks in a terminal. Nothing is computed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from denizen.cli.show import points
from denizen.cli.terminal import Text, console
from denizen.scoring.audit.instrument import request_text
from denizen.scoring.audit.page import hidden_note, product_note, property_text, telling
from denizen.scoring.audit.privacy import masked
from denizen.visible import visible_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from denizen.scoring.audit.report import Audit

EVENTS_SHOWN = 25
PROPERTIES_SHOWN = 4
_STYLES = {"fault": "red", "note": "yellow", "fed": "green", "partly fed": "yellow", "unfed": "red"}


def print_audit(audit: Audit) -> None:
    """Print an audit, the verdict first."""
    out = console()
    out.print(
        Text(f"{audit.maturity.verdict} tracking", style="bold").append(f": {audit.maturity.why}", style="not bold"),
        soft_wrap=True,
    )
    for advice in audit.maturity.advice:
        out.print(Text(f"  {advice}"), soft_wrap=True)
    _events(audit)
    _products(audit)
    _coverage(audit)
    _attributes(audit)
    _faults(audit)
    _requests(audit)
    _reach(audit)
    for warning in audit.warnings:
        out.print(Text(f"warning: {warning}", style="yellow"), soft_wrap=True)


def _events(audit: Audit) -> None:
    rows = [
        (
            Text(visible_line(masked(e.event))),
            f"{e.rows:,}",
            f"{e.leads:,} ({e.share:.1%})",
            (e.first_at or "–")[:10],
            (e.last_at or "–")[:10],
            Text("\n".join(property_text(p) for p in telling(audit, e)[:PROPERTIES_SHOWN])),
        )
        for e in audit.events[:EVENTS_SHOWN]
    ]
    _print(
        f"{len(audit.events) + audit.events_left_out} events",
        ("event", ">rows", ">leads", "first", "last", "properties"),
        rows,
    )
    if note := hidden_note(audit):
        console().print(Text(f"  {note}"), soft_wrap=True)
    if len(audit.events) > EVENTS_SHOWN:
        console().print(
            f"  … and {len(audit.events) + audit.events_left_out - EVENTS_SHOWN} more; all of them with --json or --html"
        )


def _products(audit: Audit) -> None:
    rows = [
        (
            Text(visible_line(masked(p.product)) if p.product else "(names none)"),
            f"{p.rows:,}",
            Text(product_note(p), style="red"),
        )
        for p in audit.products
    ]
    if rows:
        _print("products", ("product", ">events", ""), rows)


def _coverage(audit: Audit) -> None:
    rows = [
        (
            Text(c.label),
            c.part,
            Text(c.state, style=_STYLES[c.state]),
            "no limit" if c.worth is None else f"{c.worth:+g}",
            f"{c.fired:,} ({c.fired_share:.1%})",
            f"{c.unknown_share:.1%}" if c.unknown else "",
            Text(", ".join((*c.missing, *(f"property {p}" for p in c.missing_properties)))),
        )
        for c in audit.coverage
    ]
    fed = sum(c.state == "fed" for c in audit.coverage)
    title = (
        f"{fed} of {len(audit.coverage)} criteria fed ({audit.maturity.fed_points_share:.0%} of the points of behavior)"
    )
    _print(title, ("criterion", "part", "data", ">points", ">fires for", ">unknown", "missing"), rows)


def _attributes(audit: Audit) -> None:
    rows = [
        (Text(a.attribute), f"{a.share:.1%}", f"{a.distinct:,}", Text(", ".join(a.criteria))) for a in audit.attributes
    ]
    if rows:
        _print("attributes", ("attribute", ">known", ">values", "criteria"), rows)


def _faults(audit: Audit) -> None:
    rows = [
        (Text(f.code, style=_STYLES[f.level]), f"{f.count:,} of {f.of:,}", Text(f"{f.message}; {f.cure}"))
        for f in audit.faults
    ]
    _print(f"{len(rows)} findings", ("code", ">how much", "what, and what to do"), rows)


def _requests(audit: Audit) -> None:
    out = console()
    if audit.requests:
        out.print()
        out.print(Text(request_text(audit.model, audit.requests)), soft_wrap=True)
    for proxy in audit.proxies:
        out.print()
        out.print(Text(f"Until then, under {proxy.under} ({proxy.because}):"), soft_wrap=True)
        out.print(Text(proxy.yaml), soft_wrap=True)


def _reach(audit: Audit) -> None:
    rows = [
        (
            r.part,
            _limit(r.design),
            _limit(r.data),
            points(r.seen),
            r.gate_text,
            Text("can be passed", style="green") if r.holds else Text("cannot be passed", style="red"),
        )
        for r in audit.reach
    ]
    _print("highest scores", ("score", ">by design", ">with this data", ">seen", ">gate", ""), rows)
    verdict = "some lead can qualify" if audit.can_qualify else "no lead can qualify: " + "; ".join(audit.blocked_by)
    console().print(Text(verdict, style="green" if audit.can_qualify else "bold red"), soft_wrap=True)


def _limit(value: float | None) -> str:
    return "no limit" if value is None else points(value)


def _print(title: str, head: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in head:
        table.add_column(name.removeprefix(">"), justify="right" if name.startswith(">") else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    out = console()
    out.print()
    out.print(Text(title, style="bold"))
    out.print(table)
