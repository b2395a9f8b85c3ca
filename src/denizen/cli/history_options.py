"""Options that the commands on history share: `@history_options` adds them, `study_of` reads them."""

from __future__ import annotations

from dataclasses import dataclass
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
from denizen.scoring.run import IN_MEMORY

if TYPE_CHECKING:
    from collections.abc import Callable

    from denizen.history.design import Design

F = TypeVar("F", bound="Callable[..., Any]")

_HISTORY = (
    click.option("--outcomes", help="What became of leads: lead_id, outcome, at, and if known amount, rep."),
    click.option(
        "--attributes-history", help="What was known from when on: lead_id, attribute, value, from; wins over leads."
    ),
    click.option("--at", metavar="SPAN", help=f"Judge each lead this long after its signup. Default: {DEFAULT_AT}."),
    click.option("--every", metavar="SPAN", help="Instead of --at: judge all leads on calendar dates, so far apart."),
    click.option(
        "--horizon",
        metavar="SPAN",
        default=DEFAULT_HORIZON,
        show_default=True,
        help="How long to wait for the conversion after that.",
    ),
    click.option(
        "--won", metavar="OUTCOME", default=WON, show_default=True, help="Which outcome counts as conversion."
    ),
    click.option("--signup-from", metavar="INSTANT", help="Only leads who signed up then or later."),
    click.option("--signup-to", metavar="INSTANT", help="Only leads who signed up before."),
    click.option(
        "--as-of", metavar="INSTANT", help="Look no further than this. Default: the last instant seen in the data."
    ),
    click.option("--html", metavar="PATH", help="Also write a report: one file, opens offline."),
)


@dataclass(frozen=True, slots=True)
class Study:
    """What the shared options say: the data, the design, and how it is to be run and shown."""

    data: Data
    design: Design
    known: bool
    engine: str
    html: str | None
    as_json: bool


def history_options(command: F) -> F:
    """Add the shared options; the command takes them as keyword arguments `**given` and hands them to `study_of`."""
    return _with(command, *_HISTORY, known_option, engine_option, json_option)


def unscored_options(command: F) -> F:
    """Add the shared options of a command that scores nothing, and so has no engine to choose."""
    return _with(command, *_HISTORY, known_option, json_option)


def _with(command: F, *options: Callable[[F], F]) -> F:
    return data_options(reduce(lambda wrapped, option: option(wrapped), reversed(options), command))


def study_of(model: str | None, given: dict[str, Any], project: str | None = None) -> Study:
    """Return what the options say, with the project file (named, beside the model, or in this folder) below them.

    Raises:
        DenizenError: options cannot be meant, or there is no data or no outcomes.
    """
    design = design_of(
        at=given["at"],
        every=given["every"],
        horizon=given["horizon"],
        won=given["won"],
        **{f"{name}_us": _instant(given[name]) for name in ("signup_from", "signup_to", "as_of")},
    )
    beside = model if model is not None else "denizen.yaml"
    data = merge_data(
        given_data(beside, given["leads"], given["events"], given["accounts"], given["maps"], project=project),
        Data(outcomes=given["outcomes"], attributes_history=given["attributes_history"]),
    )
    if data.leads is None and data.events is None:
        raise fail("bad-argument", "there is no data; give --leads or --events, or a denizen.yaml beside the model")
    if data.outcomes is None:
        message = "there are no outcomes; give --outcomes PATH (lead_id, outcome, at), or name them in denizen.yaml"
        raise fail("bad-argument", message)
    check_html(given["html"], inputs_of(data, model))
    return Study(data, design, given["known"], given.get("engine", IN_MEMORY), given["html"], given["as_json"])


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
