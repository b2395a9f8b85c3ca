"""How the explanation of an account looks in a terminal. Nothing is computed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from denizen.cli.show import points, signed
from denizen.cli.terminal import Text, console
from denizen.scoring.gate_words import account_gate_in_words
from denizen.visible import visible_line

if TYPE_CHECKING:
    from denizen.scoring.explain_account import AccountExplanation

PEOPLE_SHOWN = 5


def print_account(found: AccountExplanation) -> None:
    """Print the score of an account with its proof."""
    out = console()
    verdict = "PQA" if found.pqa else "not a PQA"
    who = f"{found.members:,} {'person' if found.members == 1 else 'people'}, {found.pql_members:,} of them PQL"
    head = f"{visible_line(found.account_id)}  as of {found.as_of}, model {found.model}: {who}  {verdict}"
    out.print(Text(head, style="bold"), soft_wrap=True)
    for part, score, tier in (("fit", found.fit, found.fit_tier), ("behavior", found.behavior, found.behavior_tier)):
        out.print()
        out.print(Text(f"{part} {points(score)} {tier or ''}".rstrip(), style="bold"))
        table = Table(box=None, pad_edge=False, show_header=False)
        for justify in ("right", "left", "right", "left"):
            table.add_column(justify="right" if justify == "right" else "left", overflow="fold")
        for line in (x for x in found.lines if x.part == part and (x.points or x.kind == "criterion")):
            more = f" and {len(line.leads) - PEOPLE_SHOWN:,} more" if len(line.leads) > PEOPLE_SHOWN else ""
            people = ", ".join(map(visible_line, line.leads[:PEOPLE_SHOWN])) + more
            name = f"behavior of {visible_line(line.line)}" if line.kind == "member" else visible_line(line.line)
            table.add_row(signed(line.points), Text(name), Text(visible_line(line.measure or "")), Text(people))
        out.print(table)
    missed = [visible_line(account_gate_in_words(gate)) for gate in found.gates if not gate.holds]
    out.print()
    out.print(Text(f"missed: {', '.join(missed)}" if missed else "every gate holds"), soft_wrap=True)
