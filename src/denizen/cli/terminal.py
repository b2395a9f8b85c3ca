"""The one place where text goes to a terminal: what data hold is shown, and never obeyed.

Characters that steer a terminal are written out (`denizen.visible`), and the markup of rich (`[bold]`) is text like any
other. Style is said with `Text` alone. Every module of the command line takes `Text`, `console` and `echo` from here.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import click
from rich.console import Console as RichConsole
from rich.text import Text as RichText

from denizen.visible import visible


class Text(RichText):
    """Text with style, of which every character can be seen."""

    def __init__(self, text: str = "", *args: Any, **options: Any) -> None:
        super().__init__(visible(text), *args, **options)

    def append(self, text: RichText | str, style: Any = None) -> Text:
        """Add text at the end."""
        super().append(visible(text) if isinstance(text, str) else text, style)
        return self


class Console(RichConsole):
    """A console that takes no markup and no emoji codes."""

    def __init__(self, **options: Any) -> None:
        super().__init__(highlight=False, markup=False, emoji=False, **options)

    def render_str(self, text: str, **options: Any) -> RichText:
        """Return a text as it is to be shown."""
        return super().render_str(visible(text), **options)


def console(*, stderr: bool = False) -> Console:
    """Return where to write; wide enough for a table when the output is no terminal."""
    out = Console(stderr=stderr)
    return out if out.is_terminal or "COLUMNS" in os.environ else Console(stderr=stderr, width=140)


def echo(text: str = "", *, err: bool = False) -> None:
    """Print a line."""
    click.echo(visible(text), err=err)


def echo_file(text: str) -> None:
    """Print what is a file, such as a model: on a terminal as all else, and elsewhere exactly as it is."""
    click.echo(visible(text) if sys.stdout.isatty() else text, nl=False)
