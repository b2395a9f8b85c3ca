"""`denizen pilot assign` and `denizen pilot report`."""

from __future__ import annotations

from typing import Any

import click

from denizen import clock
from denizen.cli.history_options import check_html
from denizen.cli.options import data_options, engine_option, given_data, json_option
from denizen.cli.show import print_json, progress
from denizen.cli.show_report import print_report
from denizen.cli.terminal import echo
from denizen.clock import parse_instant
from denizen.errors import fail
from denizen.history.design import DEFAULT_HORIZON, WON, design_of
from denizen.history.pilot import assign_leads, judge_pilot, parse_arms
from denizen.ingest.project import Data, merge_data
from denizen.model.load import load_model
from denizen.report import write_report
from denizen.scoring.inputs import inputs_of
from denizen.scoring.output import check_outputs


@click.group()
def pilot() -> None:
    """Assign leads to pilot, control and holdout, and tell what the pilot changed, however often you look.

    \b
    denizen pilot assign --leads leads.csv --arms pilot:0.4,control:0.4,holdout:0.2 --out arms.csv
    denizen pilot report --arms arms.csv --leads leads.csv --outcomes outcomes.csv
    """


@pilot.command()
@click.argument("model", required=False, type=click.Path())
@data_options
@click.option("--by", type=click.Choice(["lead", "account", "rep"]), default="lead", show_default=True,
              help="What is assigned as one; rep is the attribute `rep` of leads.")  # fmt: skip
@click.option("--arms", required=True, metavar="NAME:SHARE,…", help="pilot, and control or holdout; shares sum to 1.")
@click.option("--stratify", metavar="NAME", help="fit_tier, behavior_tier (with MODEL) or an attribute.")
@click.option("--salt", default="pilot", show_default=True, help="The name of the draw; another is another draw.")
@click.option("--as-of", metavar="INSTANT", help="When they are assigned. Default: now.")
@click.option("--out", required=True, metavar="PATH", help="Where to write lead_id, arm, unit, stratum, assigned_at.")
@engine_option
@json_option
def assign(model: str | None, **given: Any) -> None:
    """Assign leads to arms: by the hash of salt and unit, or exactly within strata.

    \b
    denizen pilot assign --leads leads.csv --arms pilot:0.5,holdout:0.5 --out arms.csv
    denizen pilot assign model.yaml --arms pilot:0.4,control:0.4,holdout:0.2 --stratify fit_tier --out arms.csv

    Without --stratify a unit has the same arm whoever else is there. With it, shares are exact to one unit in each
    stratum, and the arm depends on the set of units given: assign once, keep the file.

    \b
    Keys of --json: arms [{arm, share, units, leads}], by, salt, stratify, strata [{stratum, pilot, …}], balanced, p,
      alone, rows.
    """
    data = _data(model, given)
    arms = parse_arms(given["arms"])
    if not given["out"].lower().endswith(".csv"):
        raise fail("bad-argument", f"--out {given['out']}: write to a file ending in .csv")
    check_outputs([given["out"]], inputs_of(data, model))
    at = clock.to_us(clock.now()) if given["as_of"] is None else parse_instant(given["as_of"])
    loaded = None if model is None else load_model(model)
    with progress(quiet=given["as_json"]) as step:
        found = assign_leads(
            data,
            arms,
            as_of_us=at,
            by=given["by"],
            stratify=given["stratify"],
            salt=given["salt"],
            model=loaded,
            engine=given["engine"],
            progress=step,
        )
    found.write(given["out"])
    if given["as_json"]:
        print_json(found.as_dict())
        return
    print_report(found.report())
    echo(f"wrote arms to {given['out']}")


@pilot.command()
@click.option(
    "--project", type=click.Path(), help="The project file that names the data. Default: denizen.yaml in this folder."
)
@data_options
@click.option("--arms", required=True, metavar="PATH", help="What `pilot assign` wrote.")
@click.option("--outcomes", help="What became of leads: lead_id, outcome, at.")
@click.option("--won", metavar="OUTCOME", default=WON, show_default=True, help="Which outcome counts as conversion.")
@click.option("--horizon", metavar="SPAN", default=DEFAULT_HORIZON, show_default=True, help="How long to wait for it.")
@click.option("--as-of", metavar="INSTANT", help="Look no further than this. Default: the last instant in the data.")
@click.option("--html", metavar="PATH", help="Also write a report: one file, opens offline.")
@json_option
def report(**given: Any) -> None:
    """Tell what the pilot changed: difference and ratio of conversion, with intervals that hold at every look.

    \b
    denizen pilot report --arms arms.csv --leads leads.csv --events events.csv --outcomes outcomes.csv
    denizen pilot report --arms arms.csv --horizon 30d --html pilot.html
    denizen pilot report --project trial/denizen.yaml --arms arms.csv

    Leads count in the arm they were given (intent to treat), once their horizon is over. Where accounts or reps were
    assigned, intervals are between those.

    \b
    Keys of --json: verdict, comparisons [{other, verdict, decided_at, n, won, n_other, won_other,
      difference {value, low, high}, ratio {value, low, high}, looks [{at, n, won, …}]}], units, clustered, left_out,
      design, observed_until, notes.
    """
    data = merge_data(_data(None, given, given["project"]), Data(outcomes=given["outcomes"]))
    if data.outcomes is None:
        raise fail("bad-argument", "there are no outcomes; give --outcomes PATH (lead_id, outcome, at)")
    as_of = None if given["as_of"] is None else parse_instant(given["as_of"])
    design = design_of(horizon=given["horizon"], won=given["won"], as_of_us=as_of)
    check_html(given["html"], [*inputs_of(data, None), given["arms"]])
    with progress(quiet=given["as_json"]) as step:
        found = judge_pilot(given["arms"], data, design, progress=step)
    if given["html"] is not None:
        write_report(found.report(), given["html"])
    if given["as_json"]:
        print_json(found.as_dict())
        return
    print_report(found.report())
    if given["html"] is not None:
        echo(f"report: {given['html']}")


def _data(model: str | None, given: dict[str, Any], project: str | None = None) -> Data:
    beside = "denizen.yaml" if model is None else model
    data = given_data(beside, given["leads"], given["events"], given["accounts"], given["maps"], project=project)
    if data.leads is None and data.events is None:
        raise fail("bad-argument", "there is no data; give --leads or --events, or a denizen.yaml beside the model")
    return data
