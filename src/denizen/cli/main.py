"""The command group, and how every mistake becomes one clear message."""

from __future__ import annotations

import sys

import click

from denizen.cli.check import check
from denizen.cli.errors import errors
from denizen.cli.explain import explain
from denizen.cli.schema import schema
from denizen.cli.score import score
from denizen.cli.show import report_errors
from denizen.cli.sql import sql
from denizen.errors import DenizenError, fail


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="denizen")
def cli() -> None:
    r"""Find product-qualified leads, and prove every point.

    \b
    denizen score model.yaml --leads leads.csv --events events.csv
    denizen explain model.yaml LEAD_ID --leads leads.csv --events events.csv

    \b
    Exit codes: 0 done; 1 the model, the data or the engine cannot be used;
    2 the command itself is wrong; 130 interrupted.
    """


for command in (score, explain, check, sql, schema, errors):
    cli.add_command(command)


def main() -> None:
    """Run the command line."""
    try:
        cli(standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.Abort:
        click.echo("interrupted", err=True)
        sys.exit(130)
    except click.ClickException as error:
        if "--json" in sys.argv:
            report_errors(fail("bad-argument", error.format_message()), as_json=True)
        else:
            error.show()
        sys.exit(2)
    except DenizenError as error:
        report_errors(error, as_json="--json" in sys.argv)
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
