"""One scoring run: data prepared, the statement run on an engine, scores and ledger ready to read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from denizen.engines.base import engine_for
from denizen.ingest.notice import notice
from denizen.ingest.prepare import connect, prepare
from denizen.plan.build import build_program
from denizen.plan.needs import needs_of
from denizen.plan.nodes import Sum
from denizen.scoring.accounts import add_accounts
from denizen.scoring.own_words import in_own_words
from denizen.sql.choose import CHOSEN, chosen_statement, table_of
from denizen.sql.events import Frame
from denizen.sql.evidence import evidence_statement
from denizen.sql.ledger import ledger_statement, points_statement, program_ledger, unmet_statement
from denizen.sql.literals import text
from denizen.sql.scores import SCORE_COLUMNS, Scores, scores_statement
from denizen.sql.tables import tables_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from duckdb import DuckDBPyConnection

    from denizen.engines.base import Session
    from denizen.ingest.accounting import Accounting
    from denizen.ingest.prepare import Moments
    from denizen.ingest.project import AttributeRule, Data
    from denizen.model.load import LoadedModel
    from denizen.plan.nodes import Criterion, Plan, Program
    from denizen.sql.dialect import Dialect
    from denizen.sql.one_pass import Native
    from denizen.sql.tables import Tables

Progress = Callable[[str], None]
IN_MEMORY = "duckdb:"


@dataclass(frozen=True, slots=True)
class ScoredPlan:
    """One plan of a program, and where its scores stand in the session."""

    plan: Plan
    scores: Scores
    table: str


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run.

    In `connection` stand the views `scores`, `ledger` and `evidence`, where asked for `accounts_out` and
    `accounts_ledger`, and the table `rejects`. `plans` are the plans, one for each product of each segment.
    """

    connection: DuckDBPyConnection
    program: Program
    plans: tuple[ScoredPlan, ...]
    accounting: Accounting
    several_moments: bool
    engine: str = IN_MEMORY
    known: bool = False

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """Every criterion of any plan; of several with one part and name the first."""
        found: dict[tuple[str, str], Criterion] = {}
        for scored in self.plans:
            for criterion in scored.plan.criteria:
                found.setdefault((criterion.part, criterion.name), criterion)
        return tuple(found.values())

    @property
    def words(self) -> dict[str, list[str]]:
        """The columns of `scores` with few texts, and which they can be."""
        plans = self.program.plans
        words = {
            "fit_tier": [tier.name for plan in plans for tier in plan.fit_tiers],
            "behavior_tier": [tier.name for plan in plans for tier in plan.behavior_tiers],
            "model": [self.program.model],
            "model_hash": [self.program.model_hash],
        }
        return {column: found for column, found in words.items() if found}

    @property
    def tables(self) -> Tables:
        """The tables that were read, with what any plan asks for."""
        return self.plans[0].scores.tables


def silent(_: str) -> None:
    """Report no progress."""


@contextmanager
def score_run(
    model: LoadedModel,
    data: Data,
    moments: Moments,
    *,
    engine: str = IN_MEMORY,
    detail: bool = False,
    accounts: bool = False,
    only: str | None = None,
    only_account: str | None = None,
    progress: Progress = silent,
) -> Iterator[Run]:
    """Score the grid and hand over the run; everything is gone when the context ends.

    Args:
        model: a checked model.
        data: where leads, accounts and events are.
        moments: for which instants.
        engine: URL of the engine.
        detail: also make the ledger; with `only` also the evidence.
        accounts: also score accounts, with `detail` also their ledger.
        only: one lead, instead of all.
        only_account: the leads of one account, instead of all.
        progress: told what is being done.

    Raises:
        DenizenError: data or engine cannot be used.
    """
    program = build_program(model)
    chosen = engine_for(engine)
    evidence = detail and only is not None
    some = only is not None or only_account is not None
    batch = moments.grid is None and not some and len(set(moments.as_of_us)) == 1
    dated = not batch and data.attributes_history is not None
    frame = Frame(moments.as_of_us[0] if batch else None, moments.known, dated)
    needs = needs_of(*program.plans, *([program.account.facts] if accounts else []))
    tables = tables_for(needs, shown=detail or accounts, event_ids=evidence, dated=dated)
    program = in_own_words(program, tables, data.attributes)
    connection = connect()
    try:
        progress("reading")
        accounting = prepare(
            connection, data, tables, moments, grid=frame.is_grid, only=only, only_account=only_account
        )
        progress("scoring")
        with chosen.session(connection, tables, grid=frame.is_grid) as session:
            read = accounting.events.read
            plans = spell(program, chosen.dialect, frame, tables, detail=detail, native=session.native, events=read)
            source = score_frame(session, program, plans)
            if not frame.is_grid and not tables.accounts:
                _complete(accounting, session, connection, program, plans)
            if data.events is not None and not some:
                accounting.warnings += notice(connection, accounting, moments, needs.names)
            _pull(session, connection, source, plans, accounting)
            if detail:
                session.pull("lines", _ledger(program, plans, chosen.dialect))
            if evidence:
                _prove(session, connection, plans, chosen.dialect, frame)
            several = moments.grid is not None or len(set(moments.as_of_us)) > 1
            if accounts:
                add_accounts(
                    session, connection, program, chosen.dialect, frame, tables, source, detail=detail, several=several
                )
            _add_views(connection, program, detail=detail, several=several)
            progress("writing")
            yield Run(connection, program, plans, accounting, several, engine, moments.known)
    finally:
        connection.close()


@contextmanager
def score_prepared(
    model: LoadedModel,
    connection: DuckDBPyConnection,
    tables: Tables,
    moments: Moments,
    accounting: Accounting,
    rules: Mapping[str, AttributeRule],
    *,
    engine: str = IN_MEMORY,
    detail: bool = False,
    progress: Progress = silent,
) -> Iterator[None]:
    """Score the rows of `grid` where `leads` and `events` stand prepared, so that data is read once for several scorings.

    Until the context ends, `final` stands in the database, a row a score, and with `detail` also `points`, what each
    criterion gave, and `unmet`, which `require` does not hold.

    Args:
        model: a checked model; `tables` holds what it needs.
        connection: the embedded database with the prepared tables.
        tables: what they hold.
        moments: whether events count only once received; the instants themselves are those of `grid`.
        accounting: takes the warnings.
        rules: how the project file wants attributes read.
        engine: URL of the engine.
        detail: also keep the points of each criterion, and which `require` does not hold.
        progress: told what is being done.

    Raises:
        DenizenError: the engine cannot be used.
    """
    program, chosen = in_own_words(build_program(model), tables, rules), engine_for(engine)
    frame = Frame(None, moments.known, tables.dated)
    plans = spell(program, chosen.dialect, frame, tables, detail=detail)
    progress("scoring")
    with chosen.session(connection, tables, grid=True) as session:
        source = score_frame(session, program, plans)
        accounting.warnings += notice(connection, accounting, moments, needs_of(*program.plans).names)
        _pull(session, connection, source, plans, accounting)
        if detail:
            scores = tuple(p.scores for p in plans)
            session.pull("points", points_statement(program, scores, chosen.dialect))
            session.pull("unmet", unmet_statement(program, scores))
        yield


def _pull(
    session: Session,
    connection: DuckDBPyConnection,
    source: str,
    plans: tuple[ScoredPlan, ...],
    accounting: Accounting,
) -> None:
    """Make `final`, the scores that count, and take down what sums could not read."""
    columns = ["g", *SCORE_COLUMNS, "segment", "product", "plan_no"]
    session.pull("final", f"SELECT {', '.join(columns)} FROM {source} AS counts")
    accounting.warnings += _ignored(session, connection, plans)


def spell(
    program: Program,
    dialect: Dialect,
    frame: Frame,
    tables: Tables,
    *,
    detail: bool = False,
    native: Native | None = None,
    events: int = 0,
) -> tuple[ScoredPlan, ...]:
    """Return the statements that score a frame, one for each plan of a program.

    A batch of so many `events` has `native` code beside them, where there is any and it can hold what it counts.
    """

    def spelled(plan: Plan) -> Scores:
        scores = scores_statement(plan, dialect, frame, tables, detail=detail, native=native)
        if scores.one_pass is None or scores.one_pass.fits(events):
            return scores
        return scores_statement(plan, dialect, frame, tables, detail=detail)

    return tuple(ScoredPlan(plan, spelled(plan), table_of(i)) for i, plan in enumerate(program.plans, 1))


def score_frame(session: Session, program: Program, plans: tuple[ScoredPlan, ...]) -> str:
    """Run the statements of a program; return where the scores that count stand, one row for each row of the frame."""
    for scored in plans:
        session.create(scored.table, scored.scores.statement, scored.scores.one_pass)
    if len(plans) > 1:
        session.create(CHOSEN, chosen_statement(program))
        return CHOSEN
    return f"({chosen_statement(program)})"


def _ledger(program: Program, plans: tuple[ScoredPlan, ...], dialect: Dialect) -> str:
    if len(plans) > 1:
        return program_ledger(program, tuple(p.scores for p in plans), dialect)
    return ledger_statement(plans[0].plan, plans[0].scores, dialect, plans[0].table)


def _prove(
    session: Session, connection: DuckDBPyConnection, plans: tuple[ScoredPlan, ...], dialect: Dialect, frame: Frame
) -> None:
    """Pull the events behind each line of the plan that counts, and of each plan what it measured and decided."""
    counts = connection.execute("SELECT plan_no FROM final ORDER BY as_of_us LIMIT 1").fetchall()[0][0]
    scored = plans[int(counts) - 1]
    session.pull("evidence", evidence_statement(scored.plan, dialect, frame, scored.scores.tables))
    for i, each in enumerate(plans, 1):
        measured = [m.column for m in each.scores.criteria if m.criterion.events is not None]
        columns = ", ".join(["g", *each.scores.verdict_columns(each.plan), *measured])
        session.pull(f"verdict_{i}", f"SELECT {columns} FROM {each.table}")


def _complete(
    accounting: Accounting,
    session: Session,
    connection: DuckDBPyConnection,
    program: Program,
    plans: tuple[ScoredPlan, ...],
) -> None:
    """Complete the account of events with what the batch saw of each lead on its way, once for each segment."""
    firsts = {id(variant.plans[0]) for variant in program.variants}
    seen = " UNION ALL ".join(f"SELECT seen_events FROM {p.table}" for p in plans if id(p.plan) in firsts)
    session.pull(
        "seen_rows", f"SELECT CAST(COALESCE(sum(seen_events), 0) AS BIGINT) AS used FROM ({seen}) AS every_lead"
    )
    used = int(connection.execute("SELECT used FROM seen_rows").fetchall()[0][0])
    accounting.events = accounting.events.with_used(used)


def _ignored(session: Session, connection: DuckDBPyConnection, plans: tuple[ScoredPlan, ...]) -> list[str]:
    """Return a warning for each sum that met values which do not read as numbers, of all plans together."""
    found: Counter[tuple[str, str]] = Counter()
    for scored in plans:
        columns = scored.scores.ignored_columns()
        if not columns:
            continue
        sums = ", ".join(f"CAST(COALESCE(sum({c}), 0) AS BIGINT) AS {c}" for c in columns.values())
        session.pull("ignored", f"SELECT {sums} FROM {scored.table}")
        counts = connection.execute("SELECT * FROM ignored").fetchall()[0]
        summed = {c.name: c.measure.of for c in scored.plan.criteria if isinstance(c.measure, Sum)}
        found.update({(name, summed[name]): count for name, count in zip(columns, counts, strict=True)})
    return [
        f"criterion `{name}`: {count:,} value{'s' if count > 1 else ''} of `{of}` {'do' if count > 1 else 'does'} not read as"
        f" {'numbers' if count > 1 else 'a number'} and add{'' if count > 1 else 's'} nothing to the sum"
        for (name, of), count in found.items()
        if count
    ]


def _add_views(connection: DuckDBPyConnection, program: Program, *, detail: bool, several: bool) -> None:
    """Make `scores` and `ledger`, with the columns and types that are promised."""
    names = (", segment" if program.has_segments else "") + (", product" if program.has_products else "")
    connection.execute(
        "CREATE OR REPLACE TEMP VIEW scores AS SELECT lead_id, account_id, make_timestamptz(as_of_us) AS as_of,"
        " CAST(fit AS DOUBLE) AS fit, CAST(behavior AS DOUBLE) AS behavior, CAST(total AS DOUBLE) AS total, pql,"
        " fit_tier, behavior_tier, disqualified, capped,"
        f" {text(program.model)} AS model, {text(program.model_hash)} AS model_hash{names}"
        " FROM (SELECT * FROM final ORDER BY total DESC, lead_id, as_of_us)"
    )
    if not detail:
        return
    as_of = ", make_timestamptz(final.as_of_us) AS as_of" if several else ""
    connection.execute(
        "CREATE OR REPLACE TEMP VIEW ledger AS SELECT final.lead_id, part, line, kind, measure, unknown,"
        " CAST(points AS DOUBLE) AS points, events, make_timestamptz(first_us) AS first_at,"
        f" make_timestamptz(last_us) AS last_at{as_of} FROM lines JOIN final USING (g)"
        " ORDER BY final.lead_id, final.as_of_us, line_no"
    )
