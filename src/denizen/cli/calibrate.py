"""`denizen calibrate`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from denizen.cli.history_options import check_new_file, history_options, study_of
from denizen.cli.show import print_json, progress
from denizen.cli.show_report import print_report
from denizen.cli.terminal import echo
from denizen.clock import parse_instant
from denizen.history.calibrate import run_calibrate
from denizen.model.load import read_text
from denizen.report import write_report
from denizen.scoring.inputs import inputs_of, refuse_inputs

NOTHING_PROPOSED = 1


@click.command()
@click.argument("model", type=click.Path())
@history_options(without=("every",))
@click.option("--out", metavar="NEW.yaml", help="Write the new model file here; it must not exist yet.")
@click.option("--allow-sign-flips", is_flag=True, help="Points may change their sign; a warning says which do.")
@click.option(
    "--split-at", metavar="INSTANT", help="Fit on signups before, judge on those after. Default: 6 in 10 leads before."
)
def calibrate(model: str, out: str | None, **given: Any) -> None:
    """Propose other points within a model's own structure: fitted on earlier leads, judged on later ones.

    \b
    denizen calibrate model.yaml --leads leads.csv --events events.csv --outcomes outcomes.csv
    denizen calibrate model.yaml --out calibrated.yaml --html calibration.html

    The new file keeps comments and layout. Nothing is proposed with fewer than 100 conversions, or if the gain on the
    later leads includes none; then it says what to do meanwhile.

    \b
    Exit code 0: a proposal. 1: nothing is proposed, and no file is written.

    \b
    Keys of --json: verdict (proposal | too little data | no evidence), why, model, model_hash,
      changes and kept [{part, section, criterion, before, after, leads, won, reason, warning}],
      gain {auc_before, auc_after, auc_difference {difference, low, high}, volume, lift_before, lift_after},
      diff, text, fallback, split {at, earlier, later}, notes, design, cohort, rows.
    """
    if out is not None:
        check_new_file("--out", out)
    text = read_text(model)
    split_at = None if given["split_at"] is None else parse_instant(given["split_at"])
    study = study_of(model, given)
    refuse_inputs([study.html, out], inputs_of(study.data, model))
    with progress(quiet=study.as_json) as step:
        found = run_calibrate(
            text,
            model,
            study.data,
            study.design,
            flips=given["allow_sign_flips"],
            split_at_us=split_at,
            known=study.known,
            engine=study.engine,
            progress=step,
        )
    if study.html is not None:
        write_report(found.report(), study.html)
    if out is not None and found.text is not None:
        Path(out).write_text(found.text, encoding="utf-8")
    if study.as_json:
        print_json(found.as_dict())
    else:
        print_report(found.report())
        written = [("report", study.html), ("written", out if found.text is not None else None)]
        for name, path in written:
            if path is not None:
                echo(f"{name}: {path}")
        if out is not None and found.text is None:
            echo(f"not written: {out}, for nothing is proposed")
    if found.text is None:
        sys.exit(NOTHING_PROPOSED)
