"""A grid asks about the same lead many times: each event is looked at once, and what it adds is carried forward.

An event **enters** at the first row of its lead at or after it. What does not depend on the instant asked about (a count
since signup, the last activity, the deepest session) grows only where something enters, so it is aggregated once for
each such row and then added up along the rows of the lead. Windows counted back from the instant, and events that become
known late, are looked at anew for each row (`seen`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from denizen.sql.events import ENTERED, INSTANTS, event_columns, named_join
from denizen.sql.statement import select

if TYPE_CHECKING:
    from denizen.sql.events import Selection
    from denizen.sql.statement import Statement

STATE = "state"
ROW = ("g",)
INSTANT = ("lead_id", "as_of_us")
_SO_FAR = "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"


@dataclass(frozen=True, slots=True)
class Part:
    """A column of increments: where it stands, how increments add up (`sum`, `max`, `min`, `bit_or`), and as what type."""

    step: str
    column: str
    combine: str
    keys: tuple[str, ...] = ROW
    name: str = ""
    whole: bool = False

    @property
    def running(self) -> str:
        """The column of `state` that holds the sum so far."""
        added = f"{self.combine}({self.step}.{self.column}) OVER so_far"
        return f"{f'CAST({added} AS BIGINT)' if self.whole else added} AS {self.name or self.column}"


def add_entered(statement: Statement, selection: Selection, *, every_event: bool) -> None:
    """Add `entered`: each event once, at the first row of its lead that sees it."""
    columns = ["lead.g", "lead.lead_id", *[f"lead.{c}" for c in ("as_of_us", *INSTANTS)], *event_columns(selection)]
    statement.add(
        "turn",
        "The rows of a lead in turn, each with the instant of the one before.",
        select(["*", "lag(as_of_us) OVER (PARTITION BY lead_id ORDER BY as_of_us) AS before_us"], "lead"),
    )
    statement.add(
        ENTERED,
        "Each event enters at the first row of its lead at or after it.",
        select(
            columns,
            f"events\nJOIN turn AS lead ON lead.lead_id = events.lead_id\n{named_join(every_event=every_event)}",
            "WHERE events.at_us <= lead.as_of_us AND (lead.before_us IS NULL OR events.at_us > lead.before_us)",
        ),
        reused=True,
    )


def add_state(statement: Statement, entry: str, parts: list[Part]) -> list[str]:
    """Add `state`, what holds from each row on at which something enters; return the joins that bring it to `lead`.

    `entry` is the step that has each such row once, with `g`, `lead_id` and `as_of_us`.
    """
    steps = dict.fromkeys((p.step, p.keys) for p in parts if p.step != entry)
    joins = [
        f"LEFT JOIN {step} ON {' AND '.join(f'{step}.{key} = {entry}.{key}' for key in keys)}" for step, keys in steps
    ]
    statement.add(
        STATE,
        "What holds from such a row on, until the next: the increments so far, added up.",
        select(
            [
                f"{entry}.lead_id",
                f"{entry}.as_of_us AS from_us",
                f"lead({entry}.as_of_us) OVER so_far AS until_us",
                *[p.running for p in parts],
            ],
            "\n".join([entry, *joins]),
            f"WINDOW so_far AS (PARTITION BY {entry}.lead_id ORDER BY {entry}.as_of_us {_SO_FAR})",
        ),
    )
    holds = f"{STATE}.from_us <= lead.as_of_us AND ({STATE}.until_us IS NULL OR lead.as_of_us < {STATE}.until_us)"
    return [f"LEFT JOIN {STATE} ON {STATE}.lead_id = lead.lead_id AND {holds}"]
