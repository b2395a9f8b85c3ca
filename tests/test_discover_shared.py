"""Discover on data of others: a product whose use goes on is told by its use, however the outcome is cut."""

from __future__ import annotations

import duckdb
import pytest

import denizen

DAYS, UNTIL = 15, 120


@pytest.fixture(scope="module")
def relax(shared):
    """Users of a collaboration tool; won is the fifth login in days 15 to 120 (the outcome that the README proposes)."""
    folder = shared / "data" / "relax_collab_saas"
    query = duckdb.connect().sql
    people, log = f"'{folder}/leads.csv.gz'", f"'{folder}/events.csv.gz'"
    at_night = "CAST({} AS TIMESTAMP) + INTERVAL 23 HOUR"
    leads = query(f"SELECT lead_id, signup_at, creation_source, opted_in_to_mailing_list FROM {people}")
    events = query(
        f"SELECT lead_id, event, {at_night.format('date')} AS timestamp FROM {log} UNION ALL"
        f" SELECT CAST(invited_by_user_id AS BIGINT), 'invite_accepted', signup_at FROM {people}"
        " WHERE invited_by_user_id IS NOT NULL"
    )
    outcomes = query(
        "WITH late AS (SELECT lead_id, date, row_number() OVER (PARTITION BY lead_id ORDER BY date) AS nth"
        f" FROM {log} JOIN {people} USING (lead_id)"
        f" WHERE date - CAST(signup_at AS DATE) BETWEEN {DAYS} AND {UNTIL})"
        f" SELECT lead_id, 'won' AS outcome, {at_night.format('date')} AS at FROM late WHERE nth = 5"
    )
    return {name: t.to_arrow_table() for name, t in (("leads", leads), ("events", events), ("outcomes", outcomes))}


def test_who_comes_back_in_the_first_days_stays(relax):
    found = denizen.discover(**relax, at="14d", horizon="106d")
    assert found.verdict == "signal"
    assert found.cohort.base_rate == pytest.approx(0.156, abs=0.005)
    assert [(m.tested.candidate.event, m.tested.candidate.at_least) for m in found.milestones] == [("login", 2)]
    assert found.milestones[0].tested.lift.low > 5
    assert not found.against


def test_what_is_found_on_earlier_users_ranks_later_ones(relax):
    day = "2013-09-01"
    earlier = denizen.discover(**relax, at="14d", horizon="106d", signup_to=day)
    back = denizen.backtest(earlier.model_text(), **relax, at="14d", horizon="106d", signup_from=day)
    assert back.models[0].judged.auc.low > 0.65
    assert back.models[0].judged.pql.lift.low > 3
