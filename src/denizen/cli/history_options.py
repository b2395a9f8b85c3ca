"""Options that the commands on history share: `@history_options` adds them, `study_of` reads them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from denizen.cli.options import data_options, engine_option, given_data, json_option, known_option
from denizen.clock import parse_instant
from denizen.errors import fail
from denizen.history.design import DEFAULT_AT, DEFAULT_HORIZON, WON, design_of
from denizen.ingest.project import Data, merge_data
from denizen.scoring.inputs import inputs_of, refuse_inputs
from denizen.scoring.output import check_outputs
from denizen.scoring.run import IN_MEMORY

if TYPE_CHECKING:
    from collections.abc import Callable

    from denizen.history.design import Design

F = TypeVar("F", bound="Callable[..., Any]")

_HISTORY = {
    "outcomes": click.option(
        "--outcomes", help="What became of leads: lead_id, outcome, at, and if known amount, rep."
    ),
    "attributes_history": click.option(
        "--attributes-history", help="What was known from when on: lead_id, attribute, value, from; wins over leads."
    ),
    "at": click.option(
        "--at", metavar="SPAN", help=f"Judge each lead this long after its signup. Default: {DEFAULT_AT}."
    ),
    "every": click.option(
        "--every", metavar="SPAN", help="Instead of --at: judge all leads on calendar dates, so far apart."
    ),
    "horizon": click.option(
        "--horizon",
        metavar="SPAN",
        default=DEFAULT_HORIZON,
        show_default=True,
        help="How long to wait for the conversion after that.",
    ),
    "won": click.option(
        "--won", metavar="OUTCOME", default=WON, show_default=True, help="Which outcome counts as conversion."
    ),
    "signup_from": click.option("--signup-from", metavar="INSTANT", help="Only leads who signed up then or later."),
    "signup_to": click.option("--signup-to", metavar="INSTANT", help="Only leads who signed up before."),
    "as_of": click.option(
        "--as-of", metavar="INSTANT", help="Look no further than this. Default: the last instant seen in the data."
    ),
    "rejects": click.option(
        "--rejects", metavar="PATH", help="Write the rows that could not be used, each with the reason."
    ),
    "html": click.option("--html", metavar="PATH", help="Also write a report: one file, opens offline."),
    "known": known_option,
    "engine": engine_option,
}


@dataclass(frozen=True, slots=True)
class Study:
    """What the shared options say: the data, the design, and how it is to be run and shown."""

    data: Data
    design: Design
    known: bool
    engine: str
    html: str | None
    as_json: bool


def history_options(*, without: tuple[str, ...] = ()) -> Callable[[F], F]:
    """Return a decorator that adds the shared options, without those that say nothing to a command.

    The command takes them as keyword arguments `**given` and hands them to `study_of`.
    """
    kept = [option for name, option in _HISTORY.items() if name not in without]

    def add(command: F) -> F:
        return data_options(reduce(lambda wrapped, option: option(wrapped), [json_option, *reversed(kept)], command))

    return add


def study_of(model: str | None, given: dict[str, Any], project: str | None = None) -> Study:
    """Return what the options say, with the project file (named, beside the model, or in this folder) below them.

    Raises:
        DenizenError: options cannot be meant, or there is no data or no outcomes.
    """
    design = design_of(
        at=given["at"],
        every=given.get("every"),
        horizon=given["horizon"],
        won=given["won"],
        **{f"{name}_us": _instant(given.get(name)) for name in ("signup_from", "signup_to", "as_of")},
    )
    beside = model if model is not None else "denizen.yaml"
    data = merge_data(
        given_data(beside, given["leads"], given["events"], given["accounts"], given["maps"], project=project),
        Data(outcomes=given["outcomes"], attributes_history=given["attributes_history"]),
    )
    rejects = given.get("rejects")
    check_outputs([rejects], inputs_of(data, model))
    data = replace(data, rejects=rejects)
    if data.leads is None and data.events is None:
        raise fail("bad-argument", "there is no data; give --leads or --events, or a denizen.yaml beside the model")
    if data.outcomes is None:
        message = "there are no outcomes; give --outcomes PATH (lead_id, outcome, at), or name them in denizen.yaml"
        raise fail("bad-argument", message)
    check_html(given.get("html"), inputs_of(data, model))
    return Study(data, design, given["known"], given.get("engine", IN_MEMORY), given.get("html"), given["as_json"])


def check_new_file(option: str, path: str) -> None:
    """Refuse to write over a file, before any work is done.

    Raises:
        DenizenError: there is such a file, or no such folder.
    """
    if Path(path).exists():
        raise fail("bad-argument", f"{option} {path}: the file exists; write to a new one")
    if not Path(path).absolute().parent.is_dir():
        raise fail("bad-argument", f"{option} {path}: the folder does not exist")


def check_html(path: str | None, inputs: list[object]) -> None:
    """Refuse a report path before any work is done.

    Raises:
        DenizenError: it cannot be written to, or is an input.
    """
    if path is None:
        return
    if not path.lower().endswith((".html", ".htm")):
        raise fail("bad-argument", f"--html {path}: write to a file ending in .html")
    if not Path(path).absolute().parent.is_dir():
        raise fail("bad-argument", f"--html {path}: the folder does not exist")
    refuse_inputs([path], inputs)


def _instant(value: str | None) -> int | None:
    return None if value is None else parse_instant(value)
