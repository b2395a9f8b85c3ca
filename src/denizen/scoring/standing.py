"""Who stands outside the lists of whom to work on: leads already won, and leads that have not signed up yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.sql.literals import text

if TYPE_CHECKING:
    from denizen.ingest.project import Data
    from denizen.scoring.run import Run

LEFT_OUT = "left_out"
WON, NOT_SIGNED_UP = "won", "not signed up"


def find_left_out(run: Run, data: Data, won: str) -> None:
    """Make `left_out`: `lead_id`, `as_of_us` and `why` of each score whose lead was won by then or signs up only later.

    Outcomes are read where the data names them; their rows are accounted for in the run.

    Args:
        run: a run of `data`.
        data: with `outcomes`, or without.
        won: the outcome that counts as conversion.

    Raises:
        DenizenError: outcomes cannot be read, a column is missing, or a word is no outcome.
    """
    connection = run.connection
    won_by_then = "FALSE"
    if data.outcomes is not None:
        from denizen.ingest.outcomes import stage_outcomes

        stage_outcomes(connection, data, won, run.accounting)
        won_by_then = "coalesce(won_us <= final.as_of_us, FALSE)"
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE won_leads AS SELECT lead_id, min(at_us) AS won_us FROM outcomes"
            f" WHERE outcome = {text(won.strip().lower())} GROUP BY lead_id"
        )
    else:
        connection.execute("CREATE OR REPLACE TEMP TABLE won_leads (lead_id VARCHAR, won_us BIGINT)")
    connection.execute(
        f"CREATE OR REPLACE TABLE {LEFT_OUT} AS SELECT final.lead_id, final.as_of_us,"
        f" CASE WHEN {won_by_then} THEN {text(WON)} ELSE {text(NOT_SIGNED_UP)} END AS why"
        " FROM final JOIN leads ON CAST(leads.lead_id AS VARCHAR) = CAST(final.lead_id AS VARCHAR)"
        " LEFT JOIN won_leads ON CAST(won_leads.lead_id AS VARCHAR) = CAST(final.lead_id AS VARCHAR)"
        f" WHERE {won_by_then} OR leads.signup_us > final.as_of_us"
    )


def count_left_out(run: Run, why: str) -> int:
    """Return how many scores stand in `left_out` for a reason."""
    found = run.connection.execute(f"SELECT count(*) FROM {LEFT_OUT} WHERE why = {text(why)}").fetchall()
    return int(found[0][0])


def count_not_signed_up(run: Run) -> int:
    """Return how many scores are of leads that sign up only after their instant."""
    connection = run.connection
    later = "leads WHERE signup_us > (SELECT min(as_of_us) FROM final)"
    if not connection.execute(f"SELECT count(*) FROM {later}").fetchall()[0][0]:
        return 0
    found = connection.execute(
        "SELECT count(*) FROM final JOIN leads ON CAST(leads.lead_id AS VARCHAR) = CAST(final.lead_id AS VARCHAR)"
        " WHERE leads.signup_us > final.as_of_us"
    ).fetchall()
    return int(found[0][0])
