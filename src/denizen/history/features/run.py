"""Make the table of features: a row of the cohort each, nothing in it later than its instant but the label."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from denizen.clock import iso
from denizen.errors import fail
from denizen.history.backtest.leaks import event_leaks, score_leaks
from denizen.history.cohort import open_history
from denizen.history.features.card import Column, markdown
from denizen.history.features.splits import cuts, splits_lacking
from denizen.ingest.prepare import Moments, connect
from denizen.model.durations import DAY_US
from denizen.plan.build import build_program
from denizen.plan.needs import counts_event
from denizen.plan.nodes import Attribute, Bands
from denizen.scoring.output import write_rows
from denizen.scoring.run import IN_MEMORY, score_run, silent
from denizen.sql.events import Frame
from denizen.sql.literals import text

if TYPE_CHECKING:
    import pyarrow as pa

    from denizen.history.cohort import History
    from denizen.history.design import Design
    from denizen.ingest.project import Data
    from denizen.model.load import LoadedModel
    from denizen.plan.nodes import Criterion
    from denizen.scoring.run import Progress

MAX_EVENTS = 500
SCORES = ("fit", "behavior", "total", "pql", "fit_tier", "behavior_tier")


@dataclass(frozen=True, slots=True)
class Features:
    """The table, in the order of lead and instant, its card as plain data, and what became of the rows that were read."""

    table: pa.Table
    card: dict[str, Any]
    told: tuple[str, ...] = ()

    def write(self, path: str) -> None:
        """Write the table as Parquet, whole or not at all."""
        connection = connect()
        try:
            connection.register("features_out", self.table)
            write_rows(connection, "SELECT * FROM features_out", path)
        finally:
            connection.close()

    def write_card(self, path: str) -> None:
        """Write the card as Markdown, and as JSON beside it.

        Raises:
            DenizenError: it cannot be written.
        """
        try:
            Path(path).write_text(markdown(self.card), encoding="utf-8")
            Path(path).with_suffix(".json").write_text(json.dumps(self.card, indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise fail("file-unreadable", f"cannot write: {error.strerror or error}", file=path) from None


def make_features(
    model: LoadedModel,
    data: Data,
    design: Design,
    *,
    known: bool = False,
    engine: str = IN_MEMORY,
    progress: Progress = silent,
) -> Features:
    """Make the labelled features of the cohort of a design.

    Raises:
        DenizenError: there are no outcomes, nobody can be judged, or data or engine cannot be used.
    """
    plans = build_program(model).plans
    with open_history(data, design, models=[model], known=known, progress=progress) as history:
        history.require_cohort()
        columns = _base_columns(history)
        columns += _score(history, model, engine, progress)
        counted, notes = _count_events(history)
        columns += counted
        columns += _labels(history)
        columns = _apart(columns)
        progress("writing features")
        listed = ", ".join(f"{c.expression} AS {_name(c.name)}" for c in columns)
        table = history.connection.sql(
            f"SELECT {listed} FROM cohort JOIN split USING (g) JOIN event_counts USING (g) JOIN criteria USING (g) ORDER BY g"
        ).to_arrow_table()
        leaks = [
            *[leak for leak, _ in event_leaks(history, counts_event(*plans))],
            *score_leaks(history, model, engine),
        ]
        card = _card(history, model, table, columns, leaks, notes)
        return Features(table, card, tuple(history.accounting.told()))


def _base_columns(history: History) -> list[Column]:
    connection = history.connection
    counts = connection.execute("SELECT as_of_us, count(*) FROM cohort GROUP BY as_of_us ORDER BY as_of_us").fetchall()
    validation, test = cuts([n for _, n in counts])
    starts = {name: counts[at][0] for name, at in (("validation", validation), ("test", test)) if at is not None}
    cases = "".join(
        f" WHEN as_of_us >= {starts[name]} THEN {text(name)}" for name in ("test", "validation") if name in starts
    )
    named = f"CASE{cases} ELSE 'train' END" if cases else "'train'"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE split AS SELECT g, {named} AS split FROM cohort")
    return [
        Column("lead_id", "CAST(cohort.lead_id AS VARCHAR)", "the lead", "leads"),
        Column("account_id", "account_id", "its account", "leads"),
        Column("as_of", "make_timestamptz(cohort.as_of_us)", "the instant the row speaks about", "design"),
        Column("signup_age_days", f"(cohort.as_of_us - signup_us) / {DAY_US}.0", "days since signup", "leads"),
    ]


def _score(history: History, model: LoadedModel, engine: str, progress: Progress) -> list[Column]:
    """Make `criteria`, a row a g: scores, and each criterion's measure and points, from the one scorer."""
    moments = Moments(grid=history.grid(), known=history.known)
    with score_run(model, history.data, moments, engine=engine, detail=True, progress=progress) as run:
        scores = run.connection.sql(
            f"SELECT CAST(lead_id AS VARCHAR) AS lead, as_of, account_id, {', '.join(SCORES)} FROM scores"
        ).to_arrow_table()
        lines = run.connection.sql(
            "SELECT CAST(lead_id AS VARCHAR) AS lead, as_of, part, line, measure, points FROM ledger"
            " WHERE kind = 'criterion'"
        ).to_arrow_table()
        textual: dict[tuple[str, str], bool] = {}
        for scored in run.plans:
            for c in scored.plan.criteria:
                key = (c.part, c.name)
                textual[key] = textual.get(key, False) or _is_text(c)
        warnings = run.accounting.warnings
    history.accounting.warnings += [w for w in warnings if w not in history.accounting.warnings]
    picked, columns = [], [Column(s, s, f"{s} of the model", "model") for s in SCORES]
    for i, ((part, line), is_text) in enumerate(textual.items()):
        where = f"FILTER (WHERE part = {text(part)} AND line = {text(line)})"
        value = "measure" if is_text else "TRY_CAST(measure AS DOUBLE)"
        picked += [f"max({value}) {where} AS m{i}", f"max(points) {where} AS p{i}"]
        columns += [
            Column(f"{part}.{line}", f"m{i}", f"what criterion {line} measures", "model"),
            Column(f"{part}.{line}.points", f"p{i}", f"points of criterion {line}", "model"),
        ]
    connection = history.connection
    connection.register("scores_in", scores)
    connection.register("lines_in", lines)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE criteria AS WITH wide AS (SELECT {', '.join(['lead', 'as_of', *picked])} FROM lines_in"
        " GROUP BY lead, as_of) SELECT cohort.g, scores_in.* EXCLUDE (lead, as_of), wide.* EXCLUDE (lead, as_of) FROM cohort"
        " JOIN scores_in ON scores_in.lead = CAST(cohort.lead_id AS VARCHAR)"
        " AND scores_in.as_of = make_timestamptz(cohort.as_of_us)"
        " LEFT JOIN wide ON wide.lead = scores_in.lead AND wide.as_of = scores_in.as_of"
    )
    connection.unregister("scores_in")
    connection.unregister("lines_in")
    return columns


def _is_text(criterion: Criterion) -> bool:
    """Tell whether a criterion measures an attribute that it does not compare with numbers."""
    if not isinstance(criterion.measure, Attribute) or not isinstance(criterion.scoring, Bands):
        return False
    operands = [c.operand for band in criterion.scoring.bands for c in band.conditions]
    return not any(isinstance(o[0] if isinstance(o, tuple) and o else o, Decimal) for o in operands)


def _count_events(history: History) -> tuple[list[Column], list[str]]:
    """Make `event_counts`, a row a g, from events at or before its instant."""
    connection, week = history.connection, 7 * DAY_US
    visible = Frame(None, history.known).visible("cohort")
    names = [str(r[0]) for r in connection.execute(
        "SELECT event FROM events JOIN cohort ON events.lead_id = cohort.lead_id"
        f" WHERE {visible} GROUP BY event ORDER BY count(*) DESC, event"
    ).fetchall()]  # fmt: skip
    dropped = names[MAX_EVENTS:]
    notes = [f"{len(dropped):,} rarer event names have no column of their own."] if dropped else []
    names = sorted(names[:MAX_EVENTS])
    picked = [
        "count(at_us) AS n_all",
        f"count(at_us) FILTER (WHERE at_us > as_of_us - {week}) AS n_week",
        "max(at_us) AS last_us",
    ]
    columns = [
        Column("events", "n_all", "events so far", "events"),
        Column("events.last_7d", "n_week", "events in the last 7 days", "events"),
        Column(
            "days_since_last_event",
            f"(cohort.as_of_us - last_us) / {DAY_US}.0",
            "days since the last event; none yet: empty",
            "events",
        ),
    ]
    for i, name in enumerate(names):
        picked += [
            f"count(at_us) FILTER (WHERE event = {text(name)}) AS c{i}",
            f"count(at_us) FILTER (WHERE event = {text(name)} AND at_us > as_of_us - {week}) AS w{i}",
        ]
        columns += [
            Column(f"event.{name}", f"c{i}", f"{name} so far", "events"),
            Column(f"event.{name}.last_7d", f"w{i}", f"{name} in the last 7 days", "events"),
        ]
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE event_counts AS SELECT g, {', '.join(picked)} FROM cohort LEFT JOIN events"
        f" ON events.lead_id = cohort.lead_id AND {visible} GROUP BY g"
    )
    return columns, notes


def _labels(history: History) -> list[Column]:
    won = history.design.won
    return [
        Column("label", "won", f"{won} in (as_of, as_of + horizon]", "outcomes"),
        Column("label_at", "CASE WHEN won THEN make_timestamptz(won_us) END", f"when {won}, if within", "outcomes"),
        Column(
            "days_to_label", f"CASE WHEN won THEN (won_us - cohort.as_of_us) / {DAY_US}.0 END", "days until", "outcomes"
        ),
        Column("split", "split.split", "train, validation, test: earlier to later", "design"),
    ]


def _apart(columns: list[Column]) -> list[Column]:
    """Return the columns with names that differ, also without regard to case, as files want them."""
    taken: set[str] = set()
    found = []
    for column in columns:
        name, number = column.name, 1
        while name.casefold() in taken:
            number += 1
            name = f"{column.name}_{number}"
        taken.add(name.casefold())
        found.append(replace(column, name=name))
    return found


def _name(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _card(
    history: History, model: LoadedModel, table: pa.Table, columns: list[Column], leaks: list[str], notes: list[str]
) -> dict[str, Any]:
    rates = history.connection.execute(
        "SELECT split, count(*), count(*) FILTER (WHERE won), min(as_of_us), max(as_of_us) FROM cohort JOIN split USING (g)"
        " GROUP BY split ORDER BY min(as_of_us)"
    ).fetchall()
    if history.data.attributes_history is None:
        notes = [*notes, "Attributes are as they are now, not as they were then; give --attributes-history."]
    if history.design.snapshots:
        notes = [*notes, "A lead has several rows, and may be in several splits; group by lead_id when you resample."]
    notes = [
        *notes,
        *splits_lacking({str(s) for s, *_ in rates}),
        "The horizon of the last rows of a split reaches into the next; leave those out for a strict test.",
    ]
    return {
        "model": model.name,
        "model_hash": model.fingerprint,
        "design": history.design.words(),
        "cohort": history.cohort.as_dict(),
        "left_out": history.cohort.left_out.words(),
        "splits": [
            {"split": s, "rows": n, "won": w, "base_rate": round(w / n, 6), "from": iso(a), "to": iso(b)}
            for s, n, w, a, b in rates
        ],
        "columns": [
            {
                "column": c.name,
                "type": str(table.schema.field(i).type),
                "meaning": c.meaning,
                "source": c.source,
                "fill": round(1 - table.column(i).null_count / max(1, len(table)), 6),
            }
            for i, c in enumerate(columns)
        ],
        "leaks": leaks,
        "notes": notes,
        "intended_use": "To train and test models that say who will convert, of leads as those of the cohort.",
        "limits": "Says what went with conversion, not what causes it. lead_id and attributes may name people: keep it safe.",
        "rows": history.accounting.as_dict(),
    }
