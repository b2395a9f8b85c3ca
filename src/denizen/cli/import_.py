"""`denizen import`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from denizen.cli.options import json_option
from denizen.cli.show import print_json
from denizen.cli.terminal import Text, console, echo, echo_file
from denizen.errors import fail
from denizen.model.importers import KINDS, MAX_CHARACTERS, import_text
from denizen.model.importers.report import FATES
from denizen.model.load import read_text
from denizen.scoring.inputs import refuse_inputs

if TYPE_CHECKING:
    from denizen.model.importers.report import Report

BYTES_A_CHARACTER = 4
STYLES = {"carried": "green", "changed": "yellow", "dropped": "red"}


@click.command("import")
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.argument("file", type=click.Path())
@click.option("--out", type=click.Path(), help="Where to write the model file. Default: print it.")
@click.option("--force", is_flag=True, help="Overwrite the file.")
@json_option
def import_(kind: str, file: str, out: str | None, force: bool, as_json: bool) -> None:  # noqa: FBT001
    """Turn a scoring definition of another tool into a model file, with a report.

    \b
    denizen import hubspot score.json --out model.yaml
    denizen import mautic points.json --out model.yaml
    denizen import rubric rubric.csv --out model.yaml

    Every rule that is read is carried, changed or dropped; the report says which, where it stood and why. What is
    dropped stays in the file as a comment. The model is loaded before it is written.
    """
    if out is not None and Path(out).exists() and not force:
        raise fail("bad-argument", f"{out} exists; give another --out, or --force to overwrite it")
    refuse_inputs([out], [file])
    check_size(file)
    imported = import_text(kind, read_text(file), file)
    if out is not None:
        write_text(out, imported.text)
    if as_json:
        told = {**imported.report.as_dict(), "model": imported.model.name, "model_hash": imported.model.fingerprint}
        print_json({**told, "out": out, "text": imported.text if out is None else None})
        return
    if out is None:
        echo_file(imported.text)
    print_report(imported.report, stderr=out is None)
    if out is not None:
        echo(f"wrote {out}: {imported.model.name} ({imported.model.fingerprint}); next: denizen check {out}")


def check_size(file: str) -> None:
    """Refuse a file that is too large to be a scoring definition, before it is read."""
    try:
        size = os.stat(file).st_size  # noqa: PTH116  a path that cannot be one is told as such
    except (OSError, ValueError):
        return
    if size > BYTES_A_CHARACTER * MAX_CHARACTERS:
        raise fail("import-shape", f"{size:,} bytes is too large for a scoring definition", file=file)


def write_text(path: str, text: str) -> None:
    """Write a text file as UTF-8."""
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise fail("file-unreadable", f"cannot write: {error.strerror}", file=path) from None


def print_report(report: Report, *, stderr: bool) -> None:
    """Print what became of each rule."""
    out = console(stderr=stderr)
    counts = ", ".join(f"{len(report.of(fate))} {fate}" for fate in FATES)
    out.print(Text(f"{report.file}: {len(report.lines)} rules and settings read = {counts}"), soft_wrap=True)
    for line in report.lines:
        text = Text(f"  {line.fate} ", style=STYLES[line.fate])
        became = f" -> {line.became}" if line.became else ""
        why = f": {line.reason}" if line.reason else ""
        out.print(text.append(f"{line.place}: {line.rule}{became}{why}", style="none"), soft_wrap=True)
    for note in report.notes:
        out.print(Text(f"  note: {note}"), soft_wrap=True)
