"""The short list: who to call, and why."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from denizen.clock import iso
from denizen.scoring.standing import LEFT_OUT, WON, count_not_signed_up
from denizen.sql.literals import text

if TYPE_CHECKING:
    from denizen.scoring.run import Run

REASONS = 4
REASONS_AGAINST = 2


@dataclass(frozen=True, slots=True)
class Ranked:
    """One lead of the list; `reasons` are the lines that gave most points, then those that took most."""

    lead_id: Any
    account_id: str | None
    as_of: str
    fit: float
    behavior: float
    total: float
    pql: bool
    fit_tier: str | None
    behavior_tier: str | None
    disqualified: bool
    capped: bool
    reasons: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """How many were scored and how many qualify; `not_signed_up` sign up only after the instant they were scored for."""

    scores: int
    pql: int
    disqualified: int
    capped: int
    not_signed_up: int = 0

    @property
    def share(self) -> float:
        """PQLs among all, 0 to 1."""
        return self.pql / self.scores if self.scores else 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        return {**asdict(self), "pql_share": round(self.share, 6)}


def summarize(run: Run) -> Summary:
    """Count the scores of a run."""
    row = run.connection.execute(
        "SELECT count(*), count(*) FILTER (WHERE pql), count(*) FILTER (WHERE disqualified),"
        " count(*) FILTER (WHERE capped) FROM final"
    ).fetchall()[0]
    scores, pql, disqualified, capped = (int(n) for n in row)
    return Summary(scores, pql, disqualified, capped, count_not_signed_up(run))


def rank(run: Run, top: int, *, pql_only: bool, without_won: bool = False) -> list[Ranked]:
    """Return the best leads, highest total first; ties by lead, so that the order never depends on chance.

    With `without_won`, whom `find_left_out` found won by then is left out.
    """
    where = "WHERE pql" if pql_only else "WHERE TRUE"
    if without_won:
        where += (
            f" AND NOT EXISTS (SELECT 1 FROM {LEFT_OUT} AS o WHERE o.lead_id = final.lead_id"
            f" AND o.as_of_us = final.as_of_us AND why = {text(WON)})"
        )
    run.connection.execute(
        "CREATE OR REPLACE TEMP TABLE best AS SELECT * FROM (SELECT *, row_number() OVER"
        f" (ORDER BY total DESC, behavior DESC, lead_id, as_of_us) AS place FROM final {where}) WHERE place <= {top}"
    )
    rows = run.connection.execute(
        "SELECT place, lead_id, account_id, as_of_us, CAST(fit AS DOUBLE), CAST(behavior AS DOUBLE), CAST(total AS DOUBLE),"
        " pql, fit_tier, behavior_tier, disqualified, capped FROM best ORDER BY place"
    ).fetchall()
    reasons = _reasons(run)
    names = [f.name for f in fields(Ranked)][3:-1]
    return [
        Ranked(r[1], r[2], iso(int(r[3])), **dict(zip(names, r[4:], strict=True)), reasons=reasons.get(int(r[0]), ()))
        for r in rows
    ]


def _reasons(run: Run) -> dict[int, tuple[tuple[str, float], ...]]:
    found: dict[int, tuple[tuple[str, float], ...]] = {}
    lines = run.connection.execute(
        "SELECT place, CASE kind WHEN 'recency' THEN line || ' (recent)' ELSE line END, CAST(points AS DOUBLE)"
        " FROM lines JOIN best USING (g) WHERE points <> 0 AND kind <> 'limit'"
        " ORDER BY place, points > 0 DESC, abs(points) DESC, line_no"
    ).fetchall()
    for place, line, points in lines:
        so_far = found.get(int(place), ())
        same_sign = sum((p > 0) == (points > 0) for _, p in so_far)
        if same_sign < (REASONS if points > 0 else REASONS_AGAINST):
            found[int(place)] = (*so_far, (str(line), float(points)))
    return found
