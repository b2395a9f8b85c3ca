"""What a change of the model does to real leads: who enters and leaves PQL, and how scores move.

Both models score the same grid with `score_run`; this only compares what came out.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from denizen.clock import iso
from denizen.ingest.prepare import Moments
from denizen.model.diff import diff_models
from denizen.model.durations import UNIT_US
from denizen.scoring.run import IN_MEMORY, score_run, silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from duckdb import DuckDBPyConnection

    from denizen.ingest.accounting import Accounting
    from denizen.ingest.project import Data
    from denizen.model.load import LoadedModel
    from denizen.scoring.run import Progress, Run

BUCKET = 10
WEEK_US = UNIT_US["w"]
LEAST = 1e-9

_COLUMNS = (
    "lead_id, account_id, CAST(fit AS DOUBLE) AS fit, CAST(behavior AS DOUBLE) AS behavior,"
    " CAST(total AS DOUBLE) AS total, pql, fit_tier, behavior_tier"
)
BOTH = (
    "SELECT new.lead_id, new.account_id, old.fit AS fit_before, new.fit AS fit_after, old.behavior AS behavior_before,"
    " new.behavior AS behavior_after, old.total AS total_before, new.total AS total_after,"
    " new.total - old.total AS total_change, old.pql AS pql_before, new.pql AS pql_after,"
    " CASE WHEN new.pql AND NOT old.pql THEN 'enters' WHEN old.pql AND NOT new.pql THEN 'leaves' END AS moves,"
    " old.fit_tier AS fit_tier_before, new.fit_tier AS fit_tier_after,"
    " old.behavior_tier AS behavior_tier_before, new.behavior_tier AS behavior_tier_after"
    " FROM compared_before AS old JOIN compared_after AS new USING (lead_id)"
)

_SCORES_CHANGED = f"abs(fit_after - fit_before) > {LEAST} OR abs(behavior_after - behavior_before) > {LEAST}"


@dataclass(frozen=True, slots=True)
class Shift:
    """One line of the ledger that gives other points than before."""

    line: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Mover:
    """A lead that enters or leaves PQL, with the lines that made the difference, largest first."""

    lead_id: Any
    account_id: str | None
    moves: str
    total_before: float
    total_after: float
    fit_before: float
    fit_after: float
    behavior_before: float
    behavior_after: float
    lines: tuple[Shift, ...]


_MOVER = [f.name for f in fields(Mover)][:-1]


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many leads have a total in `[low, low + 10)`."""

    low: int
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Movement:
    """How many leads went from one tier to another (or stayed)."""

    part: str
    before: str | None
    after: str | None
    leads: int


@dataclass(frozen=True, slots=True)
class Week:
    """PQLs at one weekly instant among the leads that had signed up by then; new: not PQL a week before."""

    as_of: str
    leads: int
    pql_before: int
    pql_after: int
    new_before: int
    new_after: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models on the same leads at one instant.

    `scores_changed` counts the leads with another fit or behavior, `changed` those and the leads whose PQL alone changed.
    """

    as_of: str
    leads: int
    changed: int
    scores_changed: int
    pql_before: int
    pql_after: int
    entered: int
    left: int
    mean_before: float
    mean_after: float
    median_before: float
    median_after: float
    movers: tuple[Mover, ...]
    histogram: tuple[Bucket, ...]
    tiers: tuple[Movement, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison, and the connection in which every lead stands with both scores (query `BOTH`)."""

    comparison: Comparison
    connection: DuckDBPyConnection
    accounting: Accounting


@contextmanager
def compare_run(
    before: LoadedModel,
    after: LoadedModel,
    data: Data,
    moments: Moments,
    *,
    top: int = 20,
    engine: str = IN_MEMORY,
    progress: Progress = silent,
) -> Iterator[Compared]:
    """Score leads by both models at one instant and compare; everything is gone when the context ends.

    Raises:
        DenizenError: data or engine cannot be used.
    """
    with (
        score_run(before, data, moments, engine=engine, detail=True, progress=progress) as old,
        score_run(after, data, moments, engine=engine, detail=True, progress=progress) as new,
    ):
        connection = new.connection
        connection.register("given_before", _scores(old))
        connection.execute("CREATE TEMP TABLE compared_before AS SELECT * FROM given_before")
        connection.execute(f"CREATE TEMP TABLE compared_after AS SELECT {_COLUMNS} FROM final")
        connection.execute(f"CREATE TEMP TABLE compared AS {BOTH}")
        renamed = {c.before: c.after for c in diff_models(before, after) if c.kind == "renamed"}
        movers = _movers(old, new, top, renamed)
        yield Compared(_comparison(connection, moments, movers), connection, new.accounting)


def _scores(run: Run) -> Any:
    return run.connection.sql(f"SELECT {_COLUMNS} FROM final").to_arrow_table()


def _comparison(connection: DuckDBPyConnection, moments: Moments, movers: tuple[Mover, ...]) -> Comparison:
    row = connection.execute(
        f"SELECT count(*), count(*) FILTER (WHERE {_SCORES_CHANGED} OR pql_before <> pql_after),"
        f" count(*) FILTER (WHERE {_SCORES_CHANGED}),"
        " count(*) FILTER (WHERE pql_before), count(*) FILTER (WHERE pql_after),"
        " count(*) FILTER (WHERE moves = 'enters'), count(*) FILTER (WHERE moves = 'leaves'),"
        " COALESCE(round(avg(total_before), 6), 0), COALESCE(round(avg(total_after), 6), 0),"
        " COALESCE(median(total_before), 0), COALESCE(median(total_after), 0) FROM compared"
    ).fetchall()[0]
    leads, changed, scores_changed, pql_before, pql_after, entered, left = (int(n) for n in row[:7])
    mean_before, mean_after, median_before, median_after = (round(float(n), 6) for n in row[7:])
    return Comparison(
        as_of=iso(moments.as_of_us[0]),
        leads=leads,
        changed=changed,
        scores_changed=scores_changed,
        pql_before=pql_before,
        pql_after=pql_after,
        entered=entered,
        left=left,
        mean_before=mean_before,
        mean_after=mean_after,
        median_before=median_before,
        median_after=median_after,
        movers=movers,
        histogram=_histogram(connection),
        tiers=tuple(_tiers(connection)),
    )


def _histogram(connection: DuckDBPyConnection) -> tuple[Bucket, ...]:
    found = connection.execute(
        f"SELECT low, sum(before), sum(after) FROM (SELECT CAST(floor(total_before / {BUCKET}) * {BUCKET} AS BIGINT)"
        " AS low, 1 AS before, 0 AS after FROM compared UNION ALL"
        f" SELECT CAST(floor(total_after / {BUCKET}) * {BUCKET} AS BIGINT), 0, 1 FROM compared)"
        " GROUP BY low ORDER BY low"
    ).fetchall()
    return tuple(Bucket(int(low), int(before), int(after)) for low, before, after in found)


def _tiers(connection: DuckDBPyConnection) -> Iterator[Movement]:
    for part in ("fit", "behavior"):
        sides = f"{part}_tier_before, {part}_tier_after"
        found = connection.execute(
            f"SELECT {sides}, count(*) FROM compared GROUP BY {sides}"
            f" ORDER BY max({part}_before) DESC, max({part}_after) DESC, {sides}"
        ).fetchall()
        for before, after, leads in found:
            yield Movement(part, before, after, int(leads))


def _movers(old: Run, new: Run, top: int, renamed: dict[str, str]) -> tuple[Mover, ...]:
    """Return the leads that enter or leave PQL, those whose total moved most first, `top` of each kind."""
    rows = new.connection.execute(
        f"SELECT {', '.join(_MOVER)} FROM compared WHERE moves IS NOT NULL QUALIFY row_number() OVER (PARTITION BY moves"
        f" ORDER BY abs(total_change) DESC, lead_id) <= {top} ORDER BY moves, abs(total_change) DESC, lead_id"
    ).fetchall()
    wanted = [r[0] for r in rows]
    sides = _lines(old, wanted, renamed), _lines(new, wanted, {})
    return tuple(
        Mover(**dict(zip(_MOVER, r, strict=True)), lines=_shifts(sides[0].get(r[0], {}), sides[1].get(r[0], {})))
        for r in rows
    )


def _lines(run: Run, leads: list[Any], renamed: dict[str, str]) -> dict[Any, dict[str, float]]:
    """Return the points of every line of some leads; a renamed criterion goes by its new name."""
    if not leads:
        return {}
    found: dict[Any, dict[str, float]] = {}
    rows = run.connection.execute(
        "SELECT lead_id, CASE kind WHEN 'criterion' THEN line WHEN 'limit' THEN part || ' limit'"
        " ELSE kind || ' ' || line END, CAST(points AS DOUBLE)"
        " FROM lines JOIN final USING (g) WHERE list_contains(?, lead_id) ORDER BY lead_id, line_no",
        [leads],
    ).fetchall()
    for lead, called, points in rows:
        kind, space, name = str(called).rpartition(" ")
        line = f"{kind}{space}{renamed.get(name, name)}"
        lines = found.setdefault(lead, {})
        lines[line] = lines.get(line, 0.0) + points
    return found


def _shifts(before: dict[str, float], after: dict[str, float]) -> tuple[Shift, ...]:
    moved = [
        Shift(line, before.get(line, 0.0), after.get(line, 0.0))
        for line in dict.fromkeys([*before, *after])
        if abs(before.get(line, 0.0) - after.get(line, 0.0)) > LEAST
    ]
    return tuple(sorted(moved, key=lambda s: -abs(s.after - s.before)))


def compare_weeks(
    before: LoadedModel,
    after: LoadedModel,
    data: Data,
    moments: Moments,
    weeks: int,
    *,
    engine: str = IN_MEMORY,
    progress: Progress = silent,
) -> tuple[Week, ...]:
    """Count PQLs at the last weekly instants under both models, oldest first.

    Raises:
        DenizenError: data or engine cannot be used.
    """
    last = moments.as_of_us[0]
    instants = tuple(last - WEEK_US * k for k in range(weeks, -1, -1))
    grid = Moments(instants, None, moments.known)
    counts = []
    for model in (before, after):
        with score_run(model, data, grid, engine=engine, progress=progress) as run:
            counts.append(_week_counts(run))
    nothing = (0, 0, 0)
    return tuple(
        Week(
            iso(us),
            counts[0].get(us, nothing)[0],
            counts[0].get(us, nothing)[1],
            counts[1].get(us, nothing)[1],
            counts[0].get(us, nothing)[2],
            counts[1].get(us, nothing)[2],
        )
        for us in instants[1:]
    )


def _week_counts(run: Run) -> dict[int, tuple[int, int, int]]:
    """Return by instant: leads signed up by then, PQLs among them, and those that were none a week before.

    A lead with no `signup_at` counts from its first event.
    """
    seen = "CASE WHEN received_us > at_us THEN received_us ELSE at_us END"
    rows = run.connection.execute(
        f"WITH first_seen AS (SELECT lead_id, min({seen}) AS us FROM events GROUP BY lead_id),"
        " present AS (SELECT final.lead_id, as_of_us, pql, lag(pql) OVER (PARTITION BY final.lead_id ORDER BY as_of_us)"
        " AS was FROM final JOIN leads USING (lead_id) LEFT JOIN first_seen USING (lead_id)"
        " WHERE coalesce(leads.signup_us, first_seen.us) <= as_of_us)"
        " SELECT as_of_us, count(*), count(*) FILTER (WHERE pql), count(*) FILTER (WHERE pql AND was IS NOT TRUE)"
        " FROM present GROUP BY as_of_us"
    ).fetchall()
    return {int(us): (int(leads), int(pql), int(new)) for us, leads, pql, new in rows}
