"""`denizen errors`."""

from __future__ import annotations

import click

from denizen.cli.options import json_option
from denizen.cli.show import print_json
from denizen.errors import CODES


@click.command()
@json_option
def errors(as_json: bool) -> None:  # noqa: FBT001
    """List the codes of errors and warnings, with what they mean.

    \b
    denizen errors --json
    """
    if as_json:
        print_json(CODES)
        return
    for code, meaning in CODES.items():
        click.echo(f"{code:20} {meaning}")
