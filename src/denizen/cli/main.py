"""The command group, and how every mistake becomes one clear message."""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager
from importlib import import_module
from io import StringIO
from keyword import iskeyword
from typing import TYPE_CHECKING

import click

from denizen.errors import DenizenError, did_you_mean, fail

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

COMMANDS = {
    "init": "Ask the scoping questions, recommend an approach, and write a commented model and project file.",
    "score": "Score leads and list the best, or write all scores with --out.",
    "explain": "Prove the score of one lead.",
    "check": "Check a model file: what is wrong, what could be better, what the data never has.",
    "discover": "Find which actions predict conversion, and which only look as if they did.",
    "backtest": "Judge models on the past, every number with its interval.",
    "nurture": "Group those not yet qualified by the milestone that would move them most.",
    "thresholds": "Weigh the gates: what each choice costs and brings, and which serves a target.",
    "calibrate": "Propose other points within the model's own structure, or say why not.",
    "import": "Turn a scoring definition of another tool into a model file, with a report.",
    "diff": "Tell what changed between two model files; with data, what it does to leads.",
    "test": "Run cases: files that say which score must come out.",
    "health": "Grade a model by the benchmarks of the methodology, and say what to do.",
    "trust": "Tell an adoption problem from a model problem when sales stops following up.",
    "metrics": "Compare before and after: every metric the advisory document names, as far as data allow.",
    "pilot": "Assign leads to pilot, control and holdout, and tell what the pilot changed, however often you look.",
    "export-features": "Write the labelled table of features as of then, for machine learning, with a data card.",
    "audit": "Audit data for a model: what is tracked, what it feeds, what is wrong, and what to ask for.",
    "freeze": "Freeze a real lead into an anonymous case.",
    "sql": "Show the SQL that a model becomes.",
    "schema": "Print the JSON Schema of model files, for editors.",
    "errors": "List the codes of errors, warnings and advice, with what they mean.",
}
"""Every command with its one line; the command is the function of that name in the module of that name
(`-` becomes `_`, and a word of Python gets one more), imported when it is called, so that each starts with what it needs alone."""


class Commands(click.Group):
    """The commands, in the order of the list."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, or None if there is none of this name."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        name = f"{name}_" if iskeyword(name) else name
        command: click.Command = getattr(import_module(f"denizen.cli.{name}"), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command, its name and what is left; a name that there is none of is told with the nearest."""
        if args and args[0] not in COMMANDS and (meant := did_you_mean(args[0], COMMANDS)):
            ctx.fail(f"No such command {args[0]!r}; {meant}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _tell_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:  # noqa: FBT001
    if not wanted:
        return
    from importlib.metadata import version

    from denizen.cli.terminal import echo
    from denizen.engines.one_pass import library

    native = "with the native pass" if library() else "without the native pass: no C compiler when it was installed"
    echo(f"denizen, version {version('denizen')}, {native}")
    ctx.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_tell_version,
    help="Show the version, and whether batches are counted in native code.",
)
def cli() -> None:
    """Find product-qualified leads, and prove every point.

    \b
    denizen score model.yaml --leads leads.csv --events events.csv
    denizen explain model.yaml LEAD_ID --leads leads.csv --events events.csv

    \b
    Exit codes: 0 done; 1 the model, the data or the engine cannot be used, or what
    was to be shown does not hold (a case fails, check --strict finds a warning,
    calibrate proposes nothing); 2 the command itself is wrong, also the value of an
    option; 3 diff --exit-code finds a difference; 130 interrupted.
    """


def main() -> None:
    """Run the command line."""
    from denizen.cli.show import report_errors
    from denizen.cli.terminal import echo

    try:
        with interruptible():
            cli(standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except (click.Abort, KeyboardInterrupt):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        click.echo("interrupted", err=True)
        sys.exit(130)
    except click.ClickException as error:
        if "--json" in sys.argv:
            report_errors(fail("bad-argument", error.format_message()), as_json=True)
        else:
            usage = StringIO()
            error.show(usage)
            echo(usage.getvalue().rstrip("\n"), err=True)
        sys.exit(2)
    except DenizenError as error:
        report_errors(error, as_json="--json" in sys.argv)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


@contextmanager
def interruptible() -> Iterator[None]:
    """Let an interrupt end as one, whatever it leads to: DuckDB takes it for itself and raises an error of its own."""
    interrupted = False

    def interrupt(signum: int, frame: FrameType | None) -> None:
        nonlocal interrupted
        interrupted = True
        signal.default_int_handler(signum, frame)

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    except (Exception, KeyboardInterrupt) as error:
        if interrupted:
            raise click.Abort from error
        raise
    finally:
        signal.signal(signal.SIGINT, before)
