"""`denizen diff`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from denizen import clock
from denizen.cli.options import data_options, engine_option, given_data, json_option, known_option
from denizen.cli.show import print_json, print_warnings, progress
from denizen.cli.show_diff import print_changes, print_comparison, print_weeks
from denizen.cli.terminal import echo
from denizen.clock import parse_instant
from denizen.errors import fail
from denizen.ingest.prepare import Moments
from denizen.model.diff import diff_models
from denizen.model.load import load_model
from denizen.scoring.compare import compare_run, compare_weeks
from denizen.scoring.inputs import inputs_of
from denizen.scoring.output import check_outputs, write_rows

if TYPE_CHECKING:
    from denizen.model.load import LoadedModel

DIFFERENT = 3
"""Exit code of `--exit-code` where results could differ; 1 is taken by errors."""


@click.command()
@click.argument("before", type=click.Path())
@click.argument("after", type=click.Path())
@data_options
@click.option("--as-of", metavar="INSTANT", help="With data: ISO 8601, UTC. Default: now.")
@known_option
@engine_option
@click.option("--top", type=click.IntRange(min=1), default=20, show_default=True, help="How many leads to list.")
@click.option("--weeks", type=click.IntRange(0, 520), default=12, show_default=True, help="PQLs of how many weeks.")
@click.option("--out", help="Write every lead with both scores: .parquet, .csv, .csv.gz, .jsonl or .jsonl.gz.")
@click.option("--exit-code", is_flag=True, help="Exit with 3 if results could differ.")
@json_option
def diff(
    before: str,
    after: str,
    leads: str | None,
    events: str | None,
    accounts: str | None,
    maps: tuple[str, ...],
    as_of: str | None,
    known: bool,  # noqa: FBT001
    engine: str,
    top: int,
    weeks: int,
    out: str | None,
    exit_code: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> None:
    """Tell what changed between two model files; with data, what it does to leads.

    \b
    denizen diff model.yaml proposed.yaml
    denizen diff model.yaml proposed.yaml --leads leads.csv --events events.csv --as-of 2026-07-01

    A denizen.yaml beside the first model says where the data is; it is used when --as-of is given.
    """
    old, new = load_model(before), load_model(after)
    changes = diff_models(old, new)
    told: dict[str, Any] = {
        "before": _model(old),
        "after": _model(new),
        "data_changed": any(c.data for c in changes),
        "scores_can_change": any(c.effect == "scores" for c in changes),
        "metadata_changed": old.metadata_fingerprint != new.metadata_fingerprint,
        "changes": [c.as_dict() for c in changes],
    }
    data = given_data(before, leads, events, accounts, maps)
    wanted = any((leads, events, as_of, out))
    if wanted and data.leads is None and data.events is None:
        raise fail("bad-argument", "there is no data; give --leads or --events, or a denizen.yaml beside the model")
    check_outputs([out], inputs_of(data, old, new))
    instant = clock.to_us(clock.now()) if as_of is None else parse_instant(as_of)
    if not as_json:
        print_changes(old, new, changes)
    if wanted:
        moments = Moments((instant,), None, known, defaulted=as_of is None)
        with (
            progress(quiet=as_json) as step,
            compare_run(old, new, data, moments, top=top, engine=engine, progress=step) as compared,
        ):
            if out:
                write_rows(compared.connection, "SELECT * FROM compared ORDER BY lead_id", out)
            by_week = compare_weeks(old, new, data, moments, weeks, engine=engine, progress=step) if weeks else ()
        told["scores"] = compared.comparison.as_dict()
        told["weeks"] = [{k: getattr(w, k) for k in w.__slots__} for w in by_week]
        told["warnings"] = compared.accounting.warnings
        if not as_json:
            print_comparison(compared.comparison, top)
            print_weeks(by_week)
            print_warnings(compared.accounting)
            if out:
                echo(f"wrote both scores to {out}")
    if as_json:
        print_json(told)
    if exit_code and any(c.seen for c in changes):
        sys.exit(DIFFERENT)


def _model(model: LoadedModel) -> dict[str, str]:
    return {
        "file": model.file,
        "model": model.name,
        "model_hash": model.fingerprint,
        "metadata_hash": model.metadata_fingerprint,
    }
