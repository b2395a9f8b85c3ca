"""`denizen errors`."""

from __future__ import annotations

import click

from denizen.cli.options import json_option
from denizen.cli.show import print_json
from denizen.cli.terminal import echo
from denizen.errors import CODES
from denizen.model.lint.rules import RULES


@click.command()
@json_option
def errors(as_json: bool) -> None:  # noqa: FBT001
    """List the codes of errors, warnings and advice, with what they mean.

    \b
    denizen errors --json
    """
    codes = {**CODES, **{rule.code: f"{rule.title}." for rule in RULES.values()}}
    if as_json:
        print_json(codes)
        return
    for code, meaning in codes.items():
        echo(f"{code:22} {meaning}")
