"""Score leads and accounts, and explain their scores."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from denizen.api.arguments import arrow, data_of, instants, read_as
from denizen.ingest.prepare import Moments
from denizen.model.load import LoadedModel, load_model
from denizen.scoring.explain import Explanation, explain_lead
from denizen.scoring.explain_account import AccountExplanation
from denizen.scoring.explain_account import explain_account as account_explanation
from denizen.scoring.foresight.ahead import FORESEEN, look_ahead
from denizen.scoring.nurture import Nurture, find_milestones
from denizen.scoring.ranking import Summary, summarize
from denizen.scoring.run import IN_MEMORY, score_run, silent

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import pyarrow as pa

    from denizen.clock import Instant
    from denizen.ingest.accounting import Accounting


@dataclass(frozen=True, slots=True)
class ScoreResult:
    """Scores as Arrow tables.

    `scores` has a row a lead and instant, `ledger` a row a line (None unless asked for), `rejects` the rows that could
    not be used with the reason, `accounting` where every row went. `account_scores` has a row an account and instant,
    `account_ledger` the lines with the people behind each, if asked for. Arrow libraries read the object itself as `scores`.
    """

    scores: pa.Table
    ledger: pa.Table | None
    rejects: pa.Table
    accounting: Accounting
    summary: Summary
    account_scores: pa.Table | None = None
    account_ledger: pa.Table | None = None

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self.scores.__arrow_c_stream__(requested_schema)

    def __len__(self) -> int:
        return int(self.scores.num_rows)

    def __repr__(self) -> str:
        return f"<denizen scores: {self.summary.scores} scored, {self.summary.pql} PQL ({self.summary.share:.1%})>"

    def _repr_html_(self) -> str:
        from denizen.scoring.html import scores_html

        return scores_html(self.scores, self.summary)


def score(
    model: str | Path | LoadedModel,
    *,
    leads: Any = None,
    events: Any = None,
    accounts: Any = None,
    as_of: Instant | Iterable[Instant] | None = None,
    grid: Any = None,
    known: bool = False,
    columns: Mapping[str, Mapping[str, str]] | None = None,
    attributes: Mapping[str, Mapping[str, Any]] | None = None,
    match_accounts: bool = True,
    unique: bool = False,
    ledger: bool = False,
    foresight: bool = False,
    account_scores: bool = False,
    engine: str = IN_MEMORY,
) -> ScoreResult:
    """Score leads, and accounts (semantics, sections 1 to 5).

    Args:
        model: a path, YAML text, or a loaded model.
        leads: path or dataframe; without it, the leads are the ids seen in events.
        events: path or dataframe.
        accounts: path or dataframe; a lead's own value wins over its account's.
        as_of: one instant or several, UTC unless they say otherwise; default now.
        grid: path or dataframe of `lead_id, as_of`, instead of `as_of`.
        known: an event counts only once it had been received (`received_at`).
        columns: names of your columns, as `{"events": {"lead_id": "user_id"}}`.
        attributes: how attributes are read, as in the project file: `{"country": {"derive": False}}`.
        match_accounts: leads without an account find one by the domain of a work address.
        unique: no event_id occurs twice, so duplicates are not searched for.
        ledger: also return every line of every score.
        foresight: add the columns `next_change_at` and `drops_out_at` (when the score moves, and when a PQL ceases to
            be one, if nothing more happens), `max_reachable` and `unknown_could_add` (the highest total,
            whatever unknown attributes turn out to be, and by how much that is more).
        account_scores: also score accounts, with `ledger` also their lines.
        engine: `duckdb:`, `duckdb:///work.db` or `postgresql://…`.

    Raises:
        DenizenError: the model has problems or data cannot be read; `findings` tells all.
    """
    loaded = load_model(model)
    data = read_as(data_of(leads, events, accounts, columns, unique=unique), attributes, match_accounts=match_accounts)
    defaulted = as_of is None and grid is None
    moments = Moments(tuple(instants(as_of)) if grid is None else (), grid, known, defaulted)
    with score_run(loaded, data, moments, engine=engine, detail=ledger, accounts=account_scores) as run:
        if foresight:
            look_ahead(run)
        return ScoreResult(
            scores=arrow(run.connection, FORESEEN if foresight else "SELECT * FROM scores"),
            ledger=arrow(run.connection, "SELECT * FROM ledger") if ledger else None,
            rejects=arrow(run.connection, "SELECT * FROM rejects"),
            accounting=run.accounting,
            summary=summarize(run),
            account_scores=arrow(run.connection, "SELECT * FROM accounts_out") if account_scores else None,
            account_ledger=arrow(run.connection, "SELECT * FROM accounts_ledger")
            if account_scores and ledger
            else None,
        )


def explain(
    model: str | Path | LoadedModel,
    lead_id: str | int,
    *,
    leads: Any = None,
    events: Any = None,
    accounts: Any = None,
    as_of: Instant | None = None,
    known: bool = False,
    columns: Mapping[str, Mapping[str, str]] | None = None,
    attributes: Mapping[str, Mapping[str, Any]] | None = None,
    match_accounts: bool = True,
    engine: str = IN_MEMORY,
) -> Explanation:
    """Explain the score of one lead: every line with its events, what is unknown, and which gate is missed.

    The arguments are those of `score`.

    Raises:
        DenizenError: there is no such lead, the model has problems, or data cannot be read.
    """
    data = read_as(data_of(leads, events, accounts, columns, unique=False), attributes, match_accounts=match_accounts)
    moments = Moments(tuple(instants(as_of)), None, known, defaulted=as_of is None)
    return explain_lead(load_model(model), str(lead_id), data, moments, engine=engine)[0]


def explain_account(
    model: str | Path | LoadedModel,
    account_id: str | int,
    *,
    leads: Any = None,
    events: Any = None,
    accounts: Any = None,
    as_of: Instant | None = None,
    known: bool = False,
    columns: Mapping[str, Mapping[str, str]] | None = None,
    engine: str = IN_MEMORY,
) -> AccountExplanation:
    """Explain the score of one account: every line with the people behind it, and which gate is missed.

    The arguments are those of `score`.

    Raises:
        DenizenError: no lead has this account, the model has problems, or data cannot be read.
    """
    data = data_of(leads, events, accounts, columns, unique=False)
    moments = Moments(tuple(instants(as_of)), None, known, defaulted=as_of is None)
    return account_explanation(load_model(model), str(account_id), data, moments, engine=engine)[0]


@dataclass(frozen=True, slots=True)
class NurtureResult:
    """Leads not yet qualified, each with the milestone that would move it most.

    `leads` has a row a lead, `summary` the groups and who was left out. Arrow libraries read the object as `leads`.
    """

    leads: pa.Table
    summary: Nurture

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self.leads.__arrow_c_stream__(requested_schema)


def nurture(
    model: str | Path | LoadedModel,
    *,
    leads: Any = None,
    events: Any = None,
    accounts: Any = None,
    as_of: Instant | None = None,
    known: bool = False,
    outcomes: Any = None,
    won: str = "won",
    columns: Mapping[str, Mapping[str, str]] | None = None,
    engine: str = IN_MEMORY,
) -> NurtureResult:
    """Group leads that do not qualify by the milestone that would move each most, as really scored.

    The arguments are those of `score`, and `outcomes` (path or dataframe: lead_id, outcome, at): a lead with the outcome
    `won` by then is left out, and counted in the summary; so is a lead that signs up only later.

    Raises:
        DenizenError: the model has problems or data cannot be read.
    """
    data = replace(data_of(leads, events, accounts, columns, unique=False), outcomes=outcomes)
    moments = Moments(tuple(instants(as_of)), None, known, defaulted=as_of is None)
    with score_run(load_model(model), data, moments, engine=engine, detail=True) as run:
        summary = find_milestones(run, data, silent, won)
        return NurtureResult(arrow(run.connection, "SELECT * FROM nurture"), summary)
