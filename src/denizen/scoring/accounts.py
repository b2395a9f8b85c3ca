"""Account scores of a run: from the people of each account, with a ledger that names them (semantics, section 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.sql.accounts import (
    ACCOUNT_COLUMNS,
    ACCOUNTS,
    FACTS,
    MEMBERS,
    account_ledger,
    accounts_statement,
    members_statement,
    people_statement,
    required_columns,
)
from denizen.sql.literals import number, text
from denizen.sql.scores import scores_statement

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from denizen.engines.base import Session
    from denizen.plan.nodes import Program
    from denizen.scoring.run import Run
    from denizen.sql.dialect import Dialect
    from denizen.sql.events import Frame
    from denizen.sql.tables import Tables


def add_accounts(
    session: Session,
    connection: DuckDBPyConnection,
    program: Program,
    dialect: Dialect,
    frame: Frame,
    tables: Tables,
    chosen: str,
    *,
    detail: bool,
    several: bool,
) -> None:
    """Make the views `accounts_out` and, with `detail`, `accounts_ledger`.

    An account is scored if at least one lead belongs to it. `chosen` is where the leads' scores stand.
    """
    account = program.account
    facts = scores_statement(account.facts, dialect, frame, tables, detail=True)
    session.create(FACTS, facts.statement)
    session.create(MEMBERS, members_statement(account, facts, dialect, chosen))
    session.create(ACCOUNTS, accounts_statement(account, facts))
    columns = [*ACCOUNT_COLUMNS, *required_columns(account.facts)]
    session.pull("account_rows", f"SELECT {', '.join(columns)} FROM {ACCOUNTS}")
    connection.execute(
        "CREATE OR REPLACE TEMP VIEW accounts_out AS SELECT account_id, make_timestamptz(as_of_us) AS as_of,"
        " CAST(fit AS DOUBLE) AS fit, CAST(behavior AS DOUBLE) AS behavior, CAST(total AS DOUBLE) AS total, pqa,"
        " fit_tier, behavior_tier, disqualified, CAST(members AS BIGINT) AS members,"
        f" CAST(pql_members AS BIGINT) AS pql_members, {text(program.model)} AS model, {text(program.model_hash)} AS model_hash"
        " FROM account_rows ORDER BY account_rows.total DESC, account_id, as_of_us"
    )
    if not detail:
        return
    session.pull("account_lines", account_ledger(facts, dialect))
    session.pull("account_people", people_statement(account, dialect, frame, tables))
    as_of = ", make_timestamptz(as_of_us) AS as_of" if several else ""
    people = (
        "SELECT account_id, as_of_us, line, list(DISTINCT lead_id ORDER BY lead_id) AS people FROM account_people"
        " GROUP BY account_id, as_of_us, line"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP VIEW accounts_ledger AS SELECT account_id, part, line, kind, measure,"
        " CAST(points AS DOUBLE) AS points, CASE WHEN lead_id IS NOT NULL THEN [lead_id] ELSE coalesce(people, []) END AS leads"
        f"{as_of} FROM account_lines LEFT JOIN ({people}) AS behind USING (account_id, as_of_us, line)"
        " ORDER BY account_id, as_of_us, line_no, account_lines.points DESC, line"
    )


def account_gates(run: Run) -> dict[tuple[str, int], dict[str, bool]]:
    """Return, by account and instant, which gates of the account hold; for a run that scored accounts."""
    plan = run.program.account.facts
    gates = plan.gates
    conditions = {
        "total": f"total >= {number(gates.total)}",
        "fit": f"fit >= {number(gates.fit)}",
        "behavior": f"behavior >= {number(gates.behavior)}",
    }
    for predicate, column in zip(gates.require, required_columns(plan), strict=True):
        conditions[f"require {predicate.subject}"] = column
    if any(c.disqualifies for c in plan.criteria):
        conditions["not everyone is disqualified"] = "NOT disqualified"
    rows = run.connection.execute(f"SELECT account_id, as_of_us, {', '.join(conditions.values())} FROM account_rows")
    return {
        (str(account_id), int(as_of_us)): dict(zip(conditions, map(bool, holds), strict=True))
        for account_id, as_of_us, *holds in rows.fetchall()
    }
