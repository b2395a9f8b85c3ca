"""What leads had done by their landmark, as tables on the engine.

| table | a row | columns besides g |
|---|---|---|
| `people` | a lead judged | won, slice (of the signup time), stratum (of activity), cell, sessions, days, breadth |
| `names` | an event that enough leads have done | e (its number), event |
| `done` | a lead and event | e, cell, first_us, last_us (ages), and `n_1` … how often within the first so many days |
| `tied` | a lead and two events in order at one instant | earlier, later, cell |
| `marked` | a lead and a value of a property of an event | k, cell |
| `marks` | such a value | k (its number), e, property, value |
| `known_of` | a lead and a value of an attribute | k, cell |
| `knowns` | such a value | k (its number), attribute, value, low, high |

`cell` is one number of stratum, slice and won: what is counted by cell tells all that a test needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.model.durations import DAY_US
from denizen.model.spec import ANY
from denizen.sql.literals import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from duckdb import DuckDBPyConnection

    from denizen.history.cohort import History
    from denizen.sql.tables import Value

DAYS = (1, 3, 7, 14)
SESSION_GAP_US = DAY_US // 48
LOW_CARDINALITY = 12
"""An attribute or property with more values is no candidate, except that numbers are cut into thirds."""
SUPPORT = 20
"""Fewer leads with it, or without it, say nothing."""
MOST_EVENTS = 400
"""Of more events that so many leads have done, those that most have done are looked at."""
PAIRED_EVENTS = 15
"""Sequences are made of so many events, those that most leads have done."""
LONGEST_NAME = 500
"""A longer name cannot stand in a model, nor can `any`, which means every event there."""
MOST_LIKELY = 2 * LOW_CARDINALITY
"""With more values than this by a quick estimate, a property is not counted exactly."""
THIRDS = 3
LEADS_A_SLICE = 333
MOST_SLICES = 48
STRATA = (*range(1, 13), 14, 16, 18, 20, 23, 26, 30, 35, 40, 47, 55, 65, 80, 100, 150, 250)
"""Where one stratum of activity ends and the next begins, in sessions: leads in one have had about as many."""


def windows_us(at_us: int) -> dict[str, int]:
    """Return the windows counted in, with the column of each: of the grid up to the landmark, and the landmark."""
    spans = sorted({*(d * DAY_US for d in DAYS if d * DAY_US <= at_us), at_us})
    return {f"n_{i}": us for i, us in enumerate(spans, 1)}


def slices_of(leads: int) -> int:
    """Return into how many slices the signup time is cut: the more leads, the finer, and a multiple of three."""
    return min(MOST_SLICES, max(THIRDS, leads // LEADS_A_SLICE // THIRDS * THIRDS))


def make_features(history: History) -> None:
    """Make the tables."""
    _make_seen(history)
    _make_people(history)
    _make_done(history)
    _make_tied(history)
    _make_marked(history)
    _make_known(history)


def _make_seen(history: History) -> None:
    """Make `starts` (from when windows count) and `seen`: the events of the leads judged from then to the landmark."""
    connection, arrived = history.connection, _arrived(history)
    starts = "SELECT g, lead_id, signup_us AS start_us, as_of_us FROM cohort"
    if history.known:
        starts = (
            "SELECT g, cohort.lead_id, COALESCE(any_value(leads.signup_us), min(at_us)) AS start_us, any_value(as_of_us)"
            f" AS as_of_us FROM cohort JOIN leads USING (lead_id) JOIN events USING (lead_id)"
            f" WHERE at_us <= as_of_us AND {arrived} GROUP BY g, cohort.lead_id"
        )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE starts AS {starts}")
    properties = "".join(f", {v.column}" for v in history.tables.properties.values())
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE seen AS SELECT g, event, at_us - start_us AS age_us,"
        f" CAST(at_us // {DAY_US} AS INTEGER) AS day{properties} FROM events JOIN starts USING (lead_id)"
        f" WHERE at_us >= start_us AND at_us < least(as_of_us, start_us + {history.design.at_us}) AND {arrived}"
    )


def _arrived(history: History) -> str:
    """Return the condition that an event counts: of several deliveries one, and if asked only once it was received."""
    if not history.known:
        return "replaced_us IS NULL"
    return "(received_us IS NULL OR received_us <= as_of_us) AND (replaced_us IS NULL OR replaced_us > as_of_us)"


def _make_people(history: History) -> None:
    slices = slices_of(history.cohort.rows)
    stratum = " + ".join(f"(COALESCE(sessions, 0) >= {start})::INTEGER" for start in STRATA)
    history.connection.execute(
        "CREATE OR REPLACE TEMP TABLE people AS WITH gaps AS (SELECT g, event, day,"
        " age_us - lag(age_us) OVER (PARTITION BY g ORDER BY age_us) AS gap_us FROM seen),"
        f" active AS (SELECT g, count(*) FILTER (WHERE gap_us IS NULL OR gap_us > {SESSION_GAP_US}) AS sessions,"
        f" count(DISTINCT day) AS days, count(DISTINCT event) AS breadth FROM gaps GROUP BY g),"
        f" placed AS (SELECT g, won, CAST(ntile({slices}) OVER (ORDER BY signup_us, g) - 1 AS INTEGER) AS slice,"
        f" {stratum} AS stratum, COALESCE(sessions, 0) AS sessions, COALESCE(days, 0) AS days,"
        " COALESCE(breadth, 0) AS breadth FROM cohort LEFT JOIN active USING (g))"
        f" SELECT *, (stratum * {slices} + slice) * 2 + won::INTEGER AS cell FROM placed ORDER BY g"
    )


def _make_done(history: History) -> None:
    counts = "".join(
        f", CAST(count(*) FILTER (WHERE age_us < {us}) AS INTEGER) AS {column}"
        for column, us in windows_us(history.design.at_us or 0).items()
    )
    connection = history.connection
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE counted AS SELECT g, event, min(age_us) AS first_us, max(age_us) AS last_us"
        f"{counts} FROM seen GROUP BY g, event"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE names AS WITH usual AS (SELECT event FROM counted"
        f" WHERE event <> {text(ANY)} AND length(event) <= {LONGEST_NAME} GROUP BY event HAVING count(*) >= {SUPPORT}"
        f" ORDER BY count(*) DESC, event LIMIT {MOST_EVENTS})"
        " SELECT CAST(row_number() OVER (ORDER BY event) AS INTEGER) AS e, event FROM usual"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE done AS SELECT counted.* EXCLUDE (event), e, cell"
        " FROM counted JOIN names USING (event) JOIN people USING (g) ORDER BY e"
    )
    connection.execute("DROP TABLE counted")


def _make_tied(history: History) -> None:
    """Make `frequent` and `tied`: of events at one instant the one with the lower event_id, then name, is the earlier."""
    connection = history.connection
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE frequent AS SELECT CAST(row_number() OVER (ORDER BY e) - 1 AS INTEGER) AS place, e"
        f" FROM (SELECT e FROM done GROUP BY e ORDER BY count(*) DESC, e LIMIT {PAIRED_EVENTS})"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE tied AS SELECT a.g, a.cell, a.e AS earlier, b.e AS later, a.first_us AS age_us"
        " FROM done AS a JOIN done AS b ON a.g = b.g AND a.e <> b.e AND a.first_us = b.last_us"
        " WHERE a.e IN (SELECT e FROM frequent) AND b.e IN (SELECT e FROM frequent)"
    )
    [(count,)] = connection.execute("SELECT count(*) FROM tied").fetchall()
    if not count:
        return
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE tied AS WITH instants AS (SELECT DISTINCT g, age_us FROM tied),"
        " there AS (SELECT g, e, age_us, event_id FROM events JOIN starts USING (lead_id) JOIN names USING (event)"
        f" JOIN instants USING (g) WHERE at_us - start_us = age_us AND {_arrived(history)}),"
        " placed AS (SELECT *, row_number() OVER (PARTITION BY g, age_us ORDER BY event_id NULLS LAST, e) AS place FROM there),"
        " ends AS (SELECT g, age_us, e, min(place) AS first, max(place) AS last FROM placed GROUP BY ALL)"
        " SELECT tied.* EXCLUDE (age_us) FROM tied JOIN ends AS a ON a.g = tied.g AND a.age_us = tied.age_us AND a.e = earlier"
        " JOIN ends AS b ON b.g = tied.g AND b.age_us = tied.age_us AND b.e = later WHERE a.first < b.last"
    )


def _make_marked(history: History) -> None:
    """Make `marks` and `marked`, of properties that have few values at an event."""
    connection = history.connection
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE marks (k INTEGER, e INTEGER, property VARCHAR, value VARCHAR);"
        "CREATE OR REPLACE TEMP TABLE marked (k INTEGER, g INTEGER, cell INTEGER)"
    )
    for value in _few_valued(history):
        read = f"canonical({value.text})"
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE one_marked AS WITH texts AS (SELECT DISTINCT g, event,"
            f" {value.text} FROM seen WHERE {value.text} IS NOT NULL)"
            f" SELECT DISTINCT g, e, {read} AS value FROM texts JOIN names USING (event)"
        )
        connection.execute(
            "INSERT INTO marks WITH few AS (SELECT e FROM one_marked GROUP BY e HAVING count(DISTINCT value)"
            f" BETWEEN 2 AND {LOW_CARDINALITY}), found AS (SELECT DISTINCT e, value FROM one_marked SEMI JOIN few USING (e))"
            " SELECT (SELECT count(*) FROM marks) + row_number() OVER (ORDER BY e, value) - 1,"
            f" e, {text(value.name)}, value FROM found"
        )
        connection.execute(
            f"INSERT INTO marked SELECT k, g, cell FROM one_marked JOIN marks USING (e, value) JOIN people USING (g)"
            f" WHERE property = {text(value.name)}"
        )


def _few_valued(history: History) -> Iterator[Value]:
    """Yield the properties that may have few values at some event."""
    values = [v for v in history.tables.properties.values() if len(v.name) <= LONGEST_NAME]
    if not values:
        return
    each = ", ".join(f"approx_count_distinct({v.text})" for v in values)
    least = ", ".join(f"min(CASE WHEN {c} >= 2 THEN {c} END)" for c in (f"c{i}" for i in range(len(values))))
    names = ", ".join(f"c{i}" for i in range(len(values)))
    [found] = history.connection.execute(
        f"SELECT {least} FROM (SELECT event, {each} FROM seen GROUP BY event) AS t (event, {names})"
    ).fetchall()
    yield from (v for v, n in zip(values, found, strict=True) if n is not None and n <= MOST_LIKELY)


def _make_known(history: History) -> None:
    """Make `knowns` and `known_of`: attributes as known at the landmark where their history is given, else as they are now."""
    connection = history.connection
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE knowns (k INTEGER, attribute VARCHAR, value VARCHAR, low DECIMAL(38, 9),"
        " high DECIMAL(38, 9));"
        "CREATE OR REPLACE TEMP TABLE known_of (k INTEGER, g INTEGER, cell INTEGER)"
    )
    for number, value in enumerate(history.tables.attributes.values(), 1):
        connection.execute(f"CREATE OR REPLACE TEMP TABLE one_known AS {_known(history, value, number)}")
        distinct, numbers, known_rows = connection.execute(
            "SELECT count(DISTINCT v), count(x), count(v) FROM one_known"
        ).fetchall()[0]
        if 2 <= distinct <= LOW_CARDINALITY:  # noqa: PLR2004 - one value tells nobody apart
            _keep_known(connection, value.name, "SELECT g, v AS value, NULL AS low, NULL AS high FROM one_known")
        elif distinct and numbers == known_rows:
            _keep_known(connection, value.name, _THIRDS_OF)


_THIRDS_OF = (
    "WITH cuts AS (SELECT quantile_disc(x, [0.333333, 0.666667]) AS q FROM one_known)"
    " SELECT g, CASE WHEN x < q[1] THEN 'lowest third' WHEN x < q[2] THEN 'middle third' ELSE 'highest third' END AS value,"
    " CASE WHEN x >= q[2] THEN q[2] WHEN x >= q[1] THEN q[1] END AS low,"
    " CASE WHEN x < q[1] THEN q[1] WHEN x < q[2] THEN q[2] END AS high FROM one_known, cuts"
)


def _known(history: History, value: Value, number: int) -> str:
    """Return the rows g, v (canonical text), x (number) of an attribute."""
    if history.data.attributes_history is None:
        found = f"SELECT g, leads.{value.text} AS v, leads.{value.number} AS x FROM cohort JOIN leads USING (lead_id)"
    else:
        known = f"known_{number}"
        found = (
            f"SELECT g, CASE WHEN {known}.lead_id IS NULL THEN leads.{value.text} ELSE {known}.{value.text} END"
            f" AS v, CASE WHEN {known}.lead_id IS NULL THEN leads.{value.number} ELSE {known}.{value.number} END AS x"
            f" FROM cohort JOIN leads USING (lead_id) ASOF LEFT JOIN {known}"
            f" ON {known}.lead_id = cohort.lead_id AND {known}.from_us <= cohort.as_of_us"
        )
    digits = "rtrim(rtrim(CAST(x AS VARCHAR), '0'), '.')"
    shown = f"CASE WHEN abs(x) < 1e28 THEN {digits} ELSE v END AS v"
    return f"WITH given AS ({found}) SELECT g, {shown}, x FROM given WHERE v IS NOT NULL"


def _keep_known(connection: DuckDBPyConnection, attribute: str, rows: str) -> None:
    connection.execute(f"CREATE OR REPLACE TEMP TABLE kept_known AS SELECT * FROM ({rows}) WHERE value IS NOT NULL")
    connection.execute(
        "INSERT INTO knowns SELECT (SELECT count(*) FROM knowns) + row_number() OVER (ORDER BY value, low) - 1,"
        f" {text(attribute)}, value, low, high FROM (SELECT DISTINCT value, low, high FROM kept_known)"
    )
    connection.execute(
        "INSERT INTO known_of SELECT k, g, cell FROM kept_known JOIN knowns USING (value) JOIN people USING (g)"
        f" WHERE attribute = {text(attribute)}"
    )
