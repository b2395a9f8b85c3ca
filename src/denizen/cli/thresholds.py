"""`denizen thresholds`."""

from __future__ import annotations

from typing import Any

import click

from denizen.cli.history_options import history_options, study_of
from denizen.cli.show import print_json, progress
from denizen.cli.show_report import print_report
from denizen.cli.terminal import echo
from denizen.clock import parse_instant
from denizen.errors import fail
from denizen.history.thresholds import run_thresholds, target_of
from denizen.model.load import load_model
from denizen.report import write_report


@click.command()
@click.argument("model", type=click.Path())
@history_options(without=("every",))
@click.option(
    "--target-share", metavar="LOW..HIGH", help="The share of leads that should qualify. Default: 0.05..0.15."
)
@click.option("--target-precision", type=float, help="At least this share of those who qualify should convert.")
@click.option("--target-recall", type=float, help="At least this share of conversions should qualify.")
@click.option("--capacity", type=float, help="At most so many leads a week: reps times leads each can work.")
@click.option(
    "--split-at",
    metavar="INSTANT",
    help="Choose on signups before, judge on those after. Default: 6 in 10 leads before.",
)
def thresholds(model: str, **given: Any) -> None:
    """Weigh the gates on total, fit and behavior: what each choice costs and brings, and which serves a target.

    \b
    denizen thresholds model.yaml --leads leads.csv --events events.csv --outcomes outcomes.csv
    denizen thresholds model.yaml --target-share 0.05..0.15 --html thresholds.html
    denizen thresholds model.yaml --capacity 40 --json

    Gates are chosen on leads who signed up earlier and judged on those who signed up later. A segment that owns gates gets a
    suggestion of its own, from its own leads.

    \b
    Keys of --json: verdict (suggestion | out of reach | too little data), model, model_hash, change_pays, target {aim,
      low, high},
      gates {total, fit, behavior}, yaml, chosen and current {gates, earlier, later}, each side {n, won, a_week,
      share, precision, recall {value, low, high}}, differences {share, precision, recall, beyond_chance {difference,
      low, high}}, frontier [{gates, earlier, later}], split {at, earlier, later {leads, won, weeks}}: of the leads that the gates of
      the file judge; segments [{segment, and the same}], together {current, chosen {earlier, later}}, notes, design,
      cohort, rows.
    """
    target = target_of(
        share=_range(given["target_share"]),
        precision=given["target_precision"],
        recall=given["target_recall"],
        capacity=given["capacity"],
    )
    split_at = None if given["split_at"] is None else parse_instant(given["split_at"])
    loaded = load_model(model)
    study = study_of(model, given)
    with progress(quiet=study.as_json) as step:
        found = run_thresholds(
            loaded,
            study.data,
            study.design,
            target,
            split_at_us=split_at,
            known=study.known,
            engine=study.engine,
            progress=step,
        )
    if study.html is not None:
        write_report(found.report(), study.html)
    if study.as_json:
        print_json(found.as_dict())
        return
    print_report(found.report())
    if study.html is not None:
        echo(f"report: {study.html}")


def _range(value: str | None) -> tuple[float, float] | None:
    if value is None:
        return None
    low, dots, high = value.partition("..")
    try:
        return (float(low), float(high)) if dots else (0.0, float(low))
    except ValueError:
        raise fail(
            "bad-argument", f"--target-share {value}: write two shares, as in 0.05..0.15, or the highest"
        ) from None
