"""`denizen score`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from denizen import clock
from denizen.cli.options import (
    data_options,
    engine_option,
    given_data,
    json_option,
    known_option,
    model_argument,
)
from denizen.cli.show import print_json, print_ranking, print_summary, progress
from denizen.cli.terminal import echo
from denizen.clock import parse_instant
from denizen.errors import DenizenError, fail
from denizen.ingest.prepare import Moments
from denizen.model.load import load_model
from denizen.scoring.inputs import inputs_of
from denizen.scoring.output import check_outputs, write_rows
from denizen.scoring.ranking import rank, summarize
from denizen.scoring.run import score_run

if TYPE_CHECKING:
    from denizen.ingest.project import Data
    from denizen.scoring.ranking import Ranked, Summary
    from denizen.scoring.run import Run

LISTED = 20
"""How many leads are listed, if not told."""


@click.command()
@model_argument
@data_options
@click.option(
    "--as-of",
    "as_of",
    multiple=True,
    metavar="INSTANT",
    help="ISO 8601, UTC; repeat it for several. Default: now.",
)
@click.option("--grid", help="Instead of --as-of: a file of lead_id, as_of.")
@known_option
@click.option("--out", help="Write the scores: .parquet, .csv, .csv.gz, .jsonl or .jsonl.gz.")
@click.option("--ledger", help="Write every line of every score; the same endings.")
@click.option(
    "--foresight",
    is_flag=True,
    help="Add to --out when each score changes and when each PQL drops out, if nothing more happens.",
)
@click.option("--accounts-out", help="Write the scores of accounts; the same endings.")
@click.option("--accounts-ledger", help="Write every line of every account, with the people behind it.")
@click.option("--rejects", help="Write the rows that could not be used, each with the reason.")
@engine_option
@click.option("--won", metavar="OUTCOME", default="won", show_default=True, help="Which outcome counts as conversion.")
@click.option("--top", type=click.IntRange(min=1), help="How many leads to list without --out.  [default: 20]")
@click.option(
    "--pql-only",
    is_flag=True,
    help="Write and list PQLs only, and accounts that pass their gates, with the lines of these.",
)
@json_option
def score(
    model: str,
    leads: str | None,
    events: str | None,
    accounts: str | None,
    maps: tuple[str, ...],
    as_of: tuple[str, ...],
    grid: str | None,
    known: bool,  # noqa: FBT001
    out: str | None,
    ledger: str | None,
    foresight: bool,  # noqa: FBT001
    accounts_out: str | None,
    accounts_ledger: str | None,
    rejects: str | None,
    engine: str,
    won: str,
    top: int | None,
    pql_only: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> None:
    """Score leads and list the best, or write all scores with --out.

    \b
    denizen score model.yaml --leads leads.csv --events events.csv --as-of 2026-07-01
    denizen score model.yaml --events 'events/*.parquet' --out scores.parquet --ledger ledger.parquet

    Where a denizen.yaml lies beside the model, it says where the data is and how its columns are named.
    Where it names outcomes, the list (not the file of --out) leaves out who was won by then, and says how many.
    """
    loaded = load_model(model)
    data = given_data(model, leads, events, accounts, maps)
    if data.leads is None and data.events is None:
        raise fail("bad-argument", "there is no data; give --leads or --events, or a denizen.yaml beside the model")
    _refuse_conflicts(grid, as_of, out, top, foresight=foresight)
    instants = [parse_instant(i) for i in as_of] or [clock.to_us(clock.now())]
    moments = Moments(() if grid else tuple(instants), grid, known, defaulted=not (grid or as_of))
    listing = out is None
    paths = [out, ledger, accounts_out, accounts_ledger, rejects]
    several = grid is not None or len(set(instants)) > 1
    queries = _queries(foresight=foresight, pql_only=pql_only, several=several)
    outputs = [(what, path, query) for path, (what, query) in zip(paths, queries.items(), strict=True)]
    check_outputs(paths, [*inputs_of(data, loaded), grid])
    with (
        progress(quiet=as_json) as step,
        score_run(
            loaded,
            data,
            moments,
            engine=engine,
            detail=listing or ledger is not None or accounts_ledger is not None,
            accounts=accounts_out is not None or accounts_ledger is not None,
            progress=step,
        ) as run,
    ):
        if foresight:
            step("looking ahead")
            _look_ahead(run)
        already_won = _find_won(run, data, won) if listing and data.outcomes is not None else None
        for what, path, query in outputs:
            if path:
                write_rows(run.connection, query, path, run.words if what == "scores" else {})
        summary = summarize(run)
        ranked = rank(run, top or LISTED, pql_only=pql_only, without_won=already_won is not None) if listing else []
    moment = "each instant of the grid" if grid else ", ".join(clock.iso(us) for us in sorted(set(instants)))
    if as_json:
        as_of_told = [] if grid else [clock.iso(us) for us in sorted(set(instants))]
        print_json(_as_dict(run, as_of_told, summary, already_won, ranked))
        return
    if listing:
        print_ranking(ranked, summary, several=run.several_moments)
        if already_won:
            echo(f"\nleft out: {already_won:,} already won")
    for what, path, _ in outputs:
        if path:
            echo(f"wrote {what} to {path}")
    scored_by = f"{run.program.model} ({run.program.model_hash})"
    print_summary(summary, run.accounting, scored_by, moment, kept=rejects is not None)


def _as_dict(
    run: Run, as_of: list[str], summary: Summary, already_won: int | None, ranked: list[Ranked]
) -> dict[str, Any]:
    """Return what was scored as plain data for `--json`."""
    return {
        "model": run.program.model,
        "model_hash": run.program.model_hash,
        "as_of": as_of,
        **summary.as_dict(),
        "left_out": None if already_won is None else {"won": already_won},
        "rows": run.accounting.as_dict(),
        "leads": [
            {
                **{k: getattr(r, k) for k in r.__slots__ if k != "reasons"},
                "reasons": [{"line": line, "points": value} for line, value in r.reasons],
            }
            for r in ranked
        ],
    }


def _find_won(run: Run, data: Data, won: str) -> int | None:
    """Return how many scores are of leads won by then; None, with a warning, where the outcomes cannot be read.

    No score depends on outcomes, so they stop none.
    """
    from denizen.scoring.standing import WON, count_left_out, find_left_out

    try:
        find_left_out(run, data, won)
    except DenizenError as error:
        told = "; ".join(finding.message for finding in error.findings)
        run.accounting.warnings.append(f"outcomes cannot be used, so nobody already won is left out: {told}")
        return None
    return count_left_out(run, WON)


def _look_ahead(run: Run) -> None:
    """Make the view `foreseen_scores`; what it takes is imported only where it is asked for."""
    from denizen.scoring.foresight.ahead import FORESEEN, look_ahead

    look_ahead(run)
    run.connection.execute(f"CREATE TEMP VIEW foreseen_scores AS {FORESEEN}")


def _queries(*, foresight: bool, pql_only: bool, several: bool) -> dict[str, str]:
    """Return by name what can be written; a ledger has the lines of what is written of the scores."""
    at = ", as_of" if several else ""
    pql = " WHERE pql" if pql_only else ""
    of_pql = f" WHERE (lead_id{at}) IN (SELECT (lead_id{at}) FROM scores WHERE pql)" if pql_only else ""
    pqa = " WHERE pqa" if pql_only else ""
    of_pqa = f" WHERE (account_id{at}) IN (SELECT (account_id{at}) FROM accounts_out WHERE pqa)" if pql_only else ""
    return {
        "scores": f"SELECT * FROM {'foreseen_scores' if foresight else 'scores'}{pql}",
        "ledger": f"SELECT * FROM ledger{of_pql}",
        "accounts": f"SELECT * FROM accounts_out{pqa}",
        "accounts ledger": f"SELECT * FROM accounts_ledger{of_pqa}",
        "rejects": "SELECT * FROM rejects",
    }


def _refuse_conflicts(
    grid: str | None, as_of: tuple[str, ...], out: str | None, top: int | None, *, foresight: bool
) -> None:
    if top is not None and out is not None:
        raise fail(
            "bad-argument",
            "--top is how many leads to list, and with --out they are written instead, highest first: leave out one of both",
        )
    if foresight and out is None:
        raise fail("bad-argument", "--foresight adds columns to the scores; say where to write them with --out PATH")
    if grid is not None and as_of:
        raise fail("bad-argument", "--grid has its own instants; leave out --as-of")
