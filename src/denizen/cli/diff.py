"""`denizen diff`."""

from __future__ import annotations

import sys
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click
from rich.text import Text

from denizen.cli.options import json_option
from denizen.cli.show import console, print_json
from denizen.model.diff import diff_models
from denizen.model.load import load_model

if TYPE_CHECKING:
    from denizen.model.change import Change
    from denizen.model.load import LoadedModel

DIFFERENT = 3
"""Exit code of `--exit-code` where results could differ; 1 is taken by errors."""


@click.command()
@click.argument("before", type=click.Path())
@click.argument("after", type=click.Path())
@click.option("--exit-code", is_flag=True, help="Exit with 3 if results could differ.")
@json_option
def diff(before: str, after: str, exit_code: bool, as_json: bool) -> None:  # noqa: FBT001
    """Tell what changed between two model files.

    \b
    denizen diff model.yaml proposed.yaml
    """
    old, new = load_model(before), load_model(after)
    changes = diff_models(old, new)
    if as_json:
        print_json(_plain(old, new, changes))
    else:
        _print_changes(old, new, changes)
    if exit_code and any(c.data for c in changes):
        sys.exit(DIFFERENT)


def _plain(old: LoadedModel, new: LoadedModel, changes: tuple[Change, ...]) -> dict[str, Any]:
    return {
        "before": _model(old),
        "after": _model(new),
        "data_changed": any(c.data for c in changes),
        "metadata_changed": old.metadata_fingerprint != new.metadata_fingerprint,
        "changes": [c.as_dict() for c in changes],
    }


def _model(model: LoadedModel) -> dict[str, str]:
    return {
        "file": model.file,
        "model": model.name,
        "model_hash": model.fingerprint,
        "metadata_hash": model.metadata_fingerprint,
    }


def _print_changes(old: LoadedModel, new: LoadedModel, changes: tuple[Change, ...]) -> None:
    out = console()
    if not changes:
        out.print(Text(f"no difference: both are {old.name} ({old.fingerprint})"), soft_wrap=True)
        return
    for section, found in groupby(changes, key=lambda c: c.section):
        out.print(Text(section, style="bold"))
        for change in found:
            note = {"scores": "", "names": "  (names only)", "words": "  (words only)"}[change.effect]
            out.print(Text(f"  {change.sentence}").append(note, style="dim"), soft_wrap=True)
    out.print()
    out.print(Text(_verdict(old, new, changes)), soft_wrap=True)


def _verdict(old: LoadedModel, new: LoadedModel, changes: tuple[Change, ...]) -> str:
    if any(c.effect == "scores" for c in changes):
        return f"scores can change: {old.fingerprint} is now {new.fingerprint}"
    if any(c.data for c in changes):
        return f"no number changes, but results carry other names: {old.fingerprint} is now {new.fingerprint}"
    return f"no result changes: both are {new.fingerprint}"
