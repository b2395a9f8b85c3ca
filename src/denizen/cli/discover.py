"""`denizen discover`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from denizen.cli.history_options import check_new_file, history_options, study_of
from denizen.cli.import_ import write_text
from denizen.cli.show import print_json, progress
from denizen.cli.show_report import print_report
from denizen.cli.terminal import echo
from denizen.errors import DenizenError, fail
from denizen.history.discover import run_discover
from denizen.model.load import load_model
from denizen.report import write_report
from denizen.scoring.inputs import inputs_of, refuse_inputs


@click.command()
@click.option("--model", type=click.Path(), help="A model, to say where its points disagree with what is found.")
@click.option(
    "--project", type=click.Path(), help="The project file. Default: denizen.yaml beside the model, or in this folder."
)
@history_options(without=("every", "engine"))
@click.option(
    "--model-out",
    metavar="PATH",
    help="Write the starting model that the findings suggest here; it must not exist yet.",
)
def discover(model: str | None, project: str | None, model_out: str | None, **given: Any) -> None:
    """Find which actions predict conversion, and which only look as if they did.

    \b
    denizen discover --leads leads.csv --events events.csv --outcomes outcomes.csv
    denizen discover --project denizen.yaml --at 14d --html discover.html
    denizen discover --model model.yaml --model-out start.yaml

    Looks at what leads did in their first days (--at), who had not converted by then, and what came of them in the
    --horizon after. Every event, count, active days, breadth, sequence of two, property and attribute is tested; what
    holds up beyond chance over all tests, and among leads about as active who signed up about then, is a milestone. The
    verdict is `signal`, `no signal` or `too little data`. Nothing is scored, so there is no --engine: the data are read into
    the embedded database, whatever engine scores them.

    \b
    Keys of --json: verdict, why, n, won, base_rate, candidates, tests,
      milestones, attributes, against [{name, kind, event, then, property, attribute, value, at_least, within,
        support, won, rate_with, rate_without, lift, difference, odds (each also _low, _high), p, q,
        adjusted {odds, low, high, p, q}, beside_others {odds, low, high, p},
        stable, signs, same_as, rivals, instead_of, may_leak}],
      only_activity, disagreements [{criterion, points, finding, lift, lift_low, lift_high}],
      leaks, design, cohort, notes, rows.
    """
    if project is not None and not Path(project).is_file():
        raise fail("bad-argument", f"--project {project}: there is no such file")
    if model_out is not None:
        check_new_file("--model-out", model_out)
    loaded = None if model is None else load_model(model)
    study = study_of(model, given, project)
    refuse_inputs([study.html, model_out], [*inputs_of(study.data, loaded), project])
    with progress(quiet=study.as_json) as step:
        found = run_discover(study.data, study.design, model=loaded, known=study.known, progress=step)
    refused = None
    if model_out is not None:
        try:
            write_text(model_out, found.model_text())
        except DenizenError as error:
            refused = error
    if study.html is not None:
        write_report(found.report(), study.html)
    if study.as_json:
        print_json(found.as_dict())
    else:
        print_report(found.report())
    if refused is not None:
        raise refused
    for name, path in (("report", study.html), ("model", model_out)):
        if path is not None and not study.as_json:
            echo(f"{name}: {path}")
