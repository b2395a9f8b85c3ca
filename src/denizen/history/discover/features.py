"""What leads had done by their landmark, as tables on the engine.

| table | a row | columns besides g |
|---|---|---|
| `people` | a lead judged | lead_id, won, third (of the signup time), stratum (of activity), sessions, days, breadth |
| `done` | a lead and event | event, first_us, last_us, and `n_1` … how often within the first so many days |
| `marked` | a lead, event, property and value | event, property, value, words |
| `known_of` | a lead, attribute and value | attribute, value |
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.model.durations import DAY_US
from denizen.sql.literals import text

if TYPE_CHECKING:
    from denizen.history.cohort import History

DAYS = (1, 3, 7, 14)
SESSION_GAP_US = DAY_US // 48
LOW_CARDINALITY = 12
"""An attribute or property with more values is no candidate, except that numbers are cut into thirds."""
THIRDS = 3
STRATA = (*range(1, 13), 15, 19, 25, 35, 60)
"""Where one stratum of activity ends and the next begins, in sessions: leads in one have had about as many."""


def windows_us(at_us: int) -> dict[str, int]:
    """Return the windows counted in, with the column of each: of the grid up to the landmark, and the landmark."""
    spans = sorted({*(d * DAY_US for d in DAYS if d * DAY_US <= at_us), at_us})
    return {f"n_{i}": us for i, us in enumerate(spans, 1)}


def make_features(history: History) -> None:
    """Make the tables."""
    _make_seen(history)
    _make_people(history)
    _make_done(history)
    _make_marked(history)
    _make_known(history)


def _make_seen(history: History) -> None:
    """Make `seen`: the events of the leads judged from signup to landmark."""
    properties = "".join(f", {v.column}" for v in history.tables.properties.values())
    arrived = (
        " AND (received_us IS NULL OR received_us <= as_of_us) AND (replaced_us IS NULL OR replaced_us > as_of_us)"
    )
    history.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE seen AS SELECT g, event, at_us, at_us - signup_us AS age_us{properties}"
        " FROM events JOIN cohort USING (lead_id) WHERE at_us >= signup_us AND at_us < as_of_us"
        f"{arrived if history.known else ' AND replaced_us IS NULL'}"
    )


def _make_people(history: History) -> None:
    stratum = " + ".join(f"(COALESCE(sessions, 0) >= {start})::INTEGER" for start in STRATA)
    history.connection.execute(
        "CREATE OR REPLACE TEMP TABLE people AS WITH gaps AS (SELECT g, event, age_us,"
        " at_us - lag(at_us) OVER (PARTITION BY g ORDER BY at_us) AS gap_us FROM seen),"
        f" active AS (SELECT g, count(*) FILTER (WHERE gap_us IS NULL OR gap_us > {SESSION_GAP_US}) AS sessions,"
        f" count(DISTINCT age_us // {DAY_US}) AS days, count(DISTINCT event) AS breadth FROM gaps GROUP BY g)"
        f" SELECT g, lead_id, won, CAST(ntile({THIRDS}) OVER (ORDER BY signup_us, g) - 1 AS INTEGER) AS third,"
        f" {stratum} AS stratum, COALESCE(sessions, 0) AS sessions, COALESCE(days, 0) AS days,"
        " COALESCE(breadth, 0) AS breadth FROM cohort LEFT JOIN active USING (g)"
    )


def _make_done(history: History) -> None:
    counts = "".join(
        f", count(*) FILTER (WHERE age_us < {us}) AS {column}"
        for column, us in windows_us(history.design.at_us or 0).items()
    )
    history.connection.execute(
        "CREATE OR REPLACE TEMP TABLE done AS SELECT g, event, min(at_us) AS first_us, max(at_us) AS last_us"
        f"{counts} FROM seen GROUP BY g, event"
    )


def _make_marked(history: History) -> None:
    parts = [
        f"SELECT DISTINCT g, event, {text(v.name)} AS property, {v.column} AS value FROM seen WHERE {v.column} IS NOT NULL"
        for v in history.tables.properties.values()
    ]
    nothing = "SELECT 0 AS g, '' AS event, '' AS property, '' AS value WHERE FALSE"
    history.connection.execute(f"CREATE OR REPLACE TEMP TABLE marked AS {' UNION ALL '.join(parts or [nothing])}")
    history.connection.execute(
        "DELETE FROM marked WHERE (event, property) IN (SELECT (event, property) FROM marked GROUP BY event, property"
        f" HAVING count(DISTINCT value) NOT BETWEEN 2 AND {LOW_CARDINALITY})"
    )


def _make_known(history: History) -> None:
    """Make `known_of`: attributes as known at the landmark where their history is given, else as they are now."""
    connection, values = history.connection, list(history.tables.attributes.values())
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE known_of (g INTEGER, attribute VARCHAR, value VARCHAR, low DOUBLE, high DOUBLE)"
    )
    for number, value in enumerate(values, 1):
        source = (
            f"SELECT g, leads.{value.column} AS v, leads.{value.number} AS x FROM cohort JOIN leads USING (lead_id)"
        )
        if history.data.attributes_history is not None:
            known = f"known_{number}"
            source = (
                f"SELECT g, CASE WHEN {known}.lead_id IS NULL THEN leads.{value.column} ELSE {known}.{value.column} END"
                f" AS v, CASE WHEN {known}.lead_id IS NULL THEN leads.{value.number} ELSE {known}.{value.number} END AS x"
                f" FROM cohort JOIN leads USING (lead_id) ASOF LEFT JOIN {known}"
                f" ON {known}.lead_id = cohort.lead_id AND {known}.from_us <= cohort.as_of_us"
            )
        connection.execute(f"CREATE OR REPLACE TEMP TABLE one_known AS {source}")
        distinct, numbers, known_rows = connection.execute(
            "SELECT count(DISTINCT v), count(x), count(v) FROM one_known"
        ).fetchall()[0]
        name = text(value.name)
        if 2 <= distinct <= LOW_CARDINALITY:  # noqa: PLR2004 - one value tells nobody apart
            connection.execute(
                f"INSERT INTO known_of SELECT g, {name}, v, NULL, NULL FROM one_known WHERE v IS NOT NULL"
            )
        elif distinct and numbers == known_rows:
            connection.execute(
                "WITH cuts AS (SELECT quantile_cont(CAST(x AS DOUBLE), [0.333333, 0.666667]) AS q FROM one_known)"
                f" INSERT INTO known_of SELECT g, {name}, CASE WHEN x < q[1] THEN 'lowest third' WHEN x < q[2] THEN"
                " 'middle third' ELSE 'highest third' END, CASE WHEN x >= q[2] THEN q[2] WHEN x >= q[1] THEN q[1] END,"
                " CASE WHEN x < q[1] THEN q[1] WHEN x < q[2] THEN q[2] END FROM one_known, cuts WHERE x IS NOT NULL"
            )
