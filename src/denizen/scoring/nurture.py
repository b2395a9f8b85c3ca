"""Nurture: those not yet qualified, grouped by the milestone that would move each most, as really scored."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from denizen.plan import nodes
from denizen.plan.build import LINE_LIMIT
from denizen.scoring.addresses import ADDRESSES, stage_addresses
from denizen.scoring.foresight.scenarios import columns_of, event_table, logged, store
from denizen.scoring.imagine import EVENTS, LEADS, World
from denizen.scoring.milestones import DAYS, MOST_TIMES, OFTEN, TIMES, Milestone, milestones_of
from denizen.scoring.returning import CAME_BACK, COMING_BACK, find_returning
from denizen.scoring.standing import LEFT_OUT, NOT_SIGNED_UP, WON, count_left_out, find_left_out
from denizen.scoring.trackable import trackable
from denizen.sql.literals import number, text

if TYPE_CHECKING:
    from denizen.ingest.project import Data
    from denizen.scoring.run import Progress, Run
    from denizen.scoring.trackable import Trackable


@dataclass(frozen=True, slots=True)
class Group:
    """The leads whom one milestone would move most; `median_points` is what it adds besides coming back.

    Where no milestone adds anything, it is what coming back adds.
    `need_to_come_back` are those from whom idleness takes points; `qualify_by_coming_back` of them need nothing else.
    """

    milestone: str
    leads: int
    median_points: float
    need_to_come_back: int
    qualify_by_coming_back: int
    would_qualify: int
    closing_first_at: str | None


@dataclass(frozen=True, slots=True)
class Missing:
    """A criterion that nobody can be asked to reach, because no lead has its attribute or did its events."""

    criterion: str
    names: tuple[str, ...]
    product: str | None


@dataclass(frozen=True, slots=True)
class Nurture:
    """Who is there to nurture, and who is not: won, not signed up yet, capped, disqualified, qualified, or nothing to do.

    Each lead is counted once, in the first of these that holds. `not_in_data` are the criteria whose milestones are no use
    to campaign for: what they wait for occurs for no lead.
    """

    groups: tuple[Group, ...]
    leads: int
    without_milestone: int
    qualified: int
    capped: int
    disqualified: int
    won: int
    not_signed_up: int
    not_in_data: tuple[Missing, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        return asdict(self)


def find_milestones(run: Run, data: Data, progress: Progress, won: str = "won") -> Nurture:
    """Make the view `nurture`, a row a lead, and return its summary.

    The run must have been made of `data` with `detail`, at one instant: what a lead lacks is read off its measures.
    Where the data names outcomes, leads with the outcome `won` by then are left out.

    Raises:
        DenizenError: outcomes cannot be read.
    """
    run.connection.execute(
        "CREATE OR REPLACE TABLE nurtured (real_id VARCHAR, milestone VARCHAR, to_do VARCHAR, points DOUBLE,"
        " coming_back DOUBLE, back_qualifies BOOLEAN, total_after DOUBLE, qualifies BOOLEAN, closes_us BIGINT, gap DOUBLE)"
    )
    find_left_out(run, data, won)
    there = trackable(run, data)
    asked, missing = 0, dict[Missing, None]()
    for plan_no in range(1, len(run.plans) + 1):
        asked += _try_plan(run, plan_no, there, missing, progress)
    stage_addresses(run.connection, data)
    run.connection.execute(
        "CREATE OR REPLACE TEMP VIEW nurture AS SELECT final.lead_id, final.account_id, email, milestone, to_do, points,"
        " coming_back, CAST(final.total AS DOUBLE) AS total, total_after, qualifies, back_qualifies AS qualifies_by_coming_back, gap, make_timestamptz(closes_us) AS"
        " closes_at, fit_tier, behavior_tier FROM nurtured JOIN final ON CAST(final.lead_id AS VARCHAR) = nurtured.real_id"
        f" LEFT JOIN {ADDRESSES} AS known ON known.lead_id = nurtured.real_id"
        " ORDER BY qualifies DESC, points DESC, coming_back DESC, final.lead_id"
    )
    return _summarize(run, asked, tuple(missing))


def _try_plan(run: Run, plan_no: int, there: Trackable, missing: dict[Missing, None], progress: Progress) -> int:
    """Try the milestones of one plan on the leads for whom it counts; return how many leads those are.

    What the data does not have is tried on nobody and goes to `missing`.
    """
    open_ = f"NOT pql AND NOT disqualified AND NOT capped AND lead_id NOT IN (SELECT lead_id FROM {LEFT_OUT})"
    world = World(run, where=f"{open_} AND plan_no = {plan_no}", plan_no=plan_no)
    cursor = world.cursor
    leads = int(cursor.execute("SELECT count(*) FROM world_rows").fetchall()[0][0])
    if not leads:
        return 0
    cursor.execute("CREATE OR REPLACE TEMP TABLE now AS SELECT * FROM world_now")
    siblings = [no for no, s in enumerate(run.plans, 1) if s.plan.audience == world.plan.audience]
    world.measure(siblings)
    cursor.execute(
        "CREATE OR REPLACE TEMP TABLE moments AS SELECT r.lead_id, r.as_of_us, coalesce(w.signup_us, first_us) AS"
        " signup_us, w.trial_started_us, w.trial_ends_us"
        f" FROM world_rows AS r JOIN {LEADS} AS w ON w.lead_id = r.lead_id"
        f" LEFT JOIN (SELECT lead_id, min(at_us) AS first_us FROM {EVENTS} GROUP BY lead_id) AS e ON e.lead_id = r.lead_id"
    )
    cursor.execute(
        "CREATE OR REPLACE TABLE tried (lead_id BIGINT, no INTEGER, milestone VARCHAR, to_do VARCHAR, times BIGINT,"
        " closes_us BIGINT, points DOUBLE, coming_back DOUBLE, back_qualifies BOOLEAN, total_after DOUBLE, qualifies BOOLEAN, last BOOLEAN)"
    )
    _come_back(world)
    for milestone in _milestones(world, plan_no, siblings, there, missing):
        progress(f"trying {milestone.label}")
        _try(world, milestone)
        if isinstance(milestone.criterion.scoring, nodes.Each) and milestone.repeated is not None:
            _try_more(world, milestone)
    _keep_best(run, world.plan)
    return leads


def _milestones(
    world: World, plan_no: int, siblings: list[int], there: Trackable, missing: dict[Missing, None]
) -> list[Milestone]:
    """Return the milestones of the plan that counts, then those of the other products; what is nowhere goes to `missing`."""
    own, found = world.plan, list[Milestone]()
    for no in sorted(siblings, key=lambda no: (no != plan_no, no)):
        world.plan = world.run.plans[no - 1].plan
        product = world.plan.product.name if world.plan.product else None
        reachable, unreachable = milestones_of(world, there)
        missing |= {Missing(criterion, names, product): None for criterion, names in unreachable.items()}
        found += [
            replace(
                m,
                number=len(found) + i,
                label=m.criterion.name if product is None else f"{product}.{m.criterion.name}",
                plan_no=no,
                own=no == plan_no,
            )
            for i, m in enumerate(reachable, 1)
        ]
    world.plan = own
    return found


def _come_back(world: World) -> None:
    """Score every idle lead as if it had come back; that is worth telling where no milestone adds anything."""
    do = find_returning(world)
    world.cursor.execute(
        f"INSERT INTO tried SELECT lead_id, 0, {text(COMING_BACK)}, {text(do)}, 1, NULL,"
        " 0, CAST(back.total - now.total AS DOUBLE), back.pql, CAST(back.total AS DOUBLE), back.pql, TRUE"
        " FROM back JOIN now USING (lead_id) WHERE lead_id IN (SELECT lead_id FROM returning_leads)"
    )


def _try_more(world: World, milestone: Milestone) -> None:
    """Where a full N more is not enough to qualify, score what the points missing after it ask for, and all that pays.

    What is missing after a step is read off its score, because the event may count for other criteria as well.
    """
    each = milestone.criterion.scoring
    if not isinstance(each, nodes.Each):
        return
    gates, size = world.plan.gates, number(each.size)
    short = (
        f"greatest(0, {number(gates.total)} - imagined.total, {number(gates.fit)} - imagined.fit,"
        f" {number(gates.behavior)} - imagined.behavior)"
    )
    full = f"floor(coalesce(measure, 0) / {size})"
    left = f"({math.ceil(each.limit / abs(each.points))} - {full})"
    asked = (
        f"least({left}, (todo.times + coalesce(measure, 0)) // {size} - {full} + ceil({short} / {number(each.points)}))"
    )
    for steps in (asked, left):
        if each.limit >= LINE_LIMIT and steps == left:
            return
        wanted = f"ceil({size} * ({full} + {steps}) - coalesce(measure, 0))"
        world.cursor.execute(
            f"CREATE OR REPLACE TEMP TABLE more AS SELECT todo.lead_id, CAST({wanted} AS BIGINT) AS times, closes_us, again"
            " FROM todo JOIN imagined USING (lead_id) LEFT JOIN (SELECT * FROM measures WHERE"
            f" line = {text(milestone.criterion.name)} AND plan_no = {milestone.plan_no}) AS measured USING (lead_id)"
            f" WHERE NOT imagined.pql AND {wanted} > todo.times AND {wanted} <= {_most(milestone)}"
        )
        if not world.cursor.execute("SELECT count(*) FROM more").fetchall()[0][0]:
            return
        _try(world, milestone, "SELECT * FROM more")


def _try(world: World, milestone: Milestone, todo: str = "") -> None:
    """Score every lead that could reach a milestone as if it had; another product's does not bring it back to this one."""
    cursor = world.cursor
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE todo AS {todo or _todo(milestone)}")
    before = "back" if milestone.own else "now"
    if not cursor.execute("SELECT count(*) FROM todo").fetchall()[0][0]:
        return
    leads = LEADS
    if milestone.fact is not None:
        leads = _with_fact(world, milestone)
    _store_events(world, milestone)
    kept = f"SELECT * FROM {EVENTS} WHERE {world.concerns('SELECT lead_id FROM todo')}"
    added = "SELECT * FROM added"
    if milestone.own:
        added += f" UNION ALL BY NAME SELECT * FROM {CAME_BACK} WHERE lead_id IN (SELECT lead_id FROM todo)"
    later = "SELECT lead_id, max(later_us) AS later_us FROM happening GROUP BY lead_id"
    world.score(
        f"SELECT todo.lead_id, as_of_us + coalesce(later_us, 0) AS as_of_us FROM todo JOIN world_rows USING (lead_id)"
        f" LEFT JOIN ({later}) AS latest USING (lead_id)",
        leads=leads,
        events=f"({kept} UNION ALL BY NAME {added})",
    )
    cursor.execute(
        f"INSERT INTO tried SELECT todo.lead_id, {milestone.number}, {text(milestone.label)}, {_words(milestone)},"
        f" times, closes_us, CAST(imagined.total - {before}.total AS DOUBLE), CAST({before}.total - now.total AS DOUBLE),"
        " back.pql, CAST(imagined.total AS DOUBLE), imagined.pql, FALSE"
        " FROM todo JOIN now USING (lead_id) JOIN back USING (lead_id) JOIN imagined USING (lead_id)"
    )


def _words(milestone: Milestone) -> str:
    """Return the expression that says what to do: so often more, or so often where nothing of it was done."""
    number_ = "CAST(times AS VARCHAR)"
    often = f"CASE times WHEN 1 THEN 'once' WHEN 2 THEN 'twice' ELSE {number_} || ' times' END"
    days = f"CASE times WHEN 1 THEN '1 day' ELSE {number_} || ' days' END"
    told = f"CASE WHEN again THEN {text(milestone.do)} ELSE {text(milestone.first)} END"
    for place, words in ((TIMES, number_), (OFTEN, often), (DAYS, days)):
        told = f"replace({told}, {text(place)}, {words})"
    return told


def _todo(milestone: Milestone) -> str:
    """Return the leads that have not reached a milestone and still can, with how much is missing."""
    criterion = milestone.criterion
    window = None if criterion.events is None else criterion.events.window
    start, end = _bounds(window)
    missing = "1"
    if milestone.repeated is not None:
        missing = f"{milestone.bound} - floor(coalesce(measure, 0))"
        if isinstance(criterion.scoring, nodes.Each):
            size = number(criterion.scoring.size)
            missing = f"ceil({size} * (floor(coalesce(measure, 0) / {size}) + 1) - coalesce(measure, 0))"
    is_open = "" if start is None else f"AND {start} <= as_of_us AND as_of_us < {end}"
    known = "measure IS NOT NULL" if isinstance(criterion.measure, nodes.DaysSince) else "coalesce(measure, 0) > 0"
    return (
        f"SELECT lead_id, CAST({missing} AS BIGINT) AS times, CAST({end or 'NULL'} AS BIGINT) AS closes_us,"
        f" {known} AS again FROM moments"
        f" LEFT JOIN (SELECT * FROM measures WHERE line = {text(criterion.name)} AND plan_no = {milestone.plan_no}) AS measured"
        f" USING (lead_id) WHERE {missing} BETWEEN 1 AND {_most(milestone)} {is_open}"
    )


def _most(milestone: Milestone) -> int:
    """Return the largest number that is asked for: an amount is one thing done, times are many."""
    return 10**9 if milestone.amount else MOST_TIMES


def _bounds(window: nodes.Window | None) -> tuple[str | None, str | None]:
    """Return start and end of a window as expressions; without bounds of its own it is open."""
    if window is None or window.kind == "last":
        return None, None
    if window.kind == "first":
        return "coalesce(signup_us, as_of_us)", f"coalesce(signup_us, as_of_us) + {window.span_us}"
    if window.kind == "trial_last":
        return f"trial_ends_us - {window.span_us}", "trial_ends_us"
    return "coalesce(trial_started_us, signup_us)", "trial_ends_us"


def _store_events(world: World, milestone: Milestone) -> None:
    """Make `happening`, who does what and how much later, and `added`, the same as events."""
    events = milestone.events
    if milestone.repeated is not None:
        most = world.cursor.execute("SELECT max(times) FROM todo").fetchall()[0][0]
        events = tuple(milestone.repeated.happenings(1 if milestone.amount else int(most)))
    store(world, "template", event_table(world, [(0, no, e) for no, e in enumerate(events, 1)]))
    often = "a.no <= todo.times" if milestone.repeated is not None and not milestone.amount else "TRUE"
    changed = {"lead_id": "a.lead_id"}
    if milestone.amount:
        value = world.tables.properties[milestone.amount]
        changed |= {value.text: "CAST(a.times AS VARCHAR)", value.number: "CAST(a.times AS DECIMAL(38, 9))"}
    world.cursor.execute(
        "CREATE OR REPLACE TEMP TABLE happening AS SELECT todo.lead_id, todo.times, a.* EXCLUDE (lead_id)"
        f" FROM todo JOIN template AS a ON {often}"
    )
    world.cursor.execute(
        f"CREATE OR REPLACE TEMP TABLE added AS SELECT {logged(world, changed)} FROM happening AS a"
        " JOIN world_rows AS r ON r.lead_id = a.lead_id"
    )


def _with_fact(world: World, milestone: Milestone) -> str:
    fact = milestone.fact
    if fact is None:
        return LEADS
    columns = columns_of(world, LEADS)
    value = world.tables.attributes[fact.attribute]
    store_as = "milestone_value"

    store(world, store_as, pa.table(world.reader.columns(value, [fact.value], columns)))
    own = [c for c in value.columns(shown=True) if c in columns]
    replaced = ", ".join(f"{store_as}.{c} AS {c}" for c in own)
    return f"(SELECT w.* REPLACE ({replaced}) FROM {LEADS} AS w CROSS JOIN {store_as})"


def _keep_best(run: Run, plan: nodes.Plan) -> None:
    """Keep of each lead the milestone that adds most; ties go to one that qualifies, then to the least to do.

    Coming back is kept only where no milestone adds anything.
    """
    gates = plan.gates
    gap = (
        f"greatest(0, {number(gates.total)} - final.total, {number(gates.fit)} - final.fit,"
        f" {number(gates.behavior)} - final.behavior)"
    )
    run.connection.execute(
        "INSERT INTO nurtured SELECT CAST(real_id AS VARCHAR), milestone, to_do, points, coming_back, back_qualifies,"
        " total_after, qualifies, closes_us,"
        f" CAST({gap} AS DOUBLE)"
        " FROM (SELECT *, row_number() OVER (PARTITION BY lead_id ORDER BY last, points DESC, qualifies DESC, times, no) AS place"
        " FROM tried WHERE points > 0 OR last AND coming_back > 0) AS best JOIN world_rows USING (lead_id)"
        " JOIN final ON final.lead_id = world_rows.real_id WHERE place = 1"
    )


def _summarize(run: Run, asked: int, missing: tuple[Missing, ...]) -> Nurture:
    rows = run.connection.execute(
        f"SELECT milestone, count(*), median(CASE milestone WHEN {text(COMING_BACK)} THEN coming_back ELSE points END),"
        " count(*) FILTER (WHERE coming_back > 0),"
        " count(*) FILTER (WHERE qualifies_by_coming_back), count(*) FILTER (WHERE qualifies),"
        " strftime(min(closes_at) AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ')"
        " FROM nurture GROUP BY milestone ORDER BY 6 DESC, 2 DESC, 1"
    ).fetchall()
    counts = run.connection.execute(
        "SELECT (SELECT count(*) FROM nurture), count(*) FILTER (WHERE pql),"
        " count(*) FILTER (WHERE capped AND NOT disqualified), count(*) FILTER (WHERE disqualified)"
        f" FROM final WHERE lead_id NOT IN (SELECT lead_id FROM {LEFT_OUT})"
    ).fetchall()[0]
    leads, qualified, capped, disqualified = (int(n) for n in counts)
    groups = tuple(Group(str(m), int(n), float(p), int(c), int(b), int(q), closes) for m, n, p, c, b, q, closes in rows)
    won, not_signed_up = count_left_out(run, WON), count_left_out(run, NOT_SIGNED_UP)
    return Nurture(groups, leads, asked - leads, qualified, capped, disqualified, won, not_signed_up, missing)
