"""`denizen check`."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from denizen.api.arguments import project_lint
from denizen.cli.options import data_options, given_data, json_option, model_argument
from denizen.cli.show import print_diff, print_findings, print_json
from denizen.cli.terminal import Text, console
from denizen.model.approaches import APPROACHES
from denizen.model.lint.settings import days
from denizen.model.load import load_model
from denizen.model.size import size_of
from denizen.scoring.check import Checked, check_model, write_fixed

if TYPE_CHECKING:
    from denizen.errors import Finding


def _sales_cycle(context: click.Context, option: click.Parameter, value: str | None) -> int | None:
    del context, option
    try:
        return None if value is None else days(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command()
@model_argument
@data_options
@click.option("--approach", type=click.Choice(list(APPROACHES)), help="Judge weights and size by this approach.")
@click.option(
    "--sales-cycle", metavar="DAYS", callback=_sales_cycle, help="Judge decay by it: 45 or 45d, first contact to deal."
)
@click.option("--ignore", multiple=True, metavar="CODE", help="Switch a rule off; repeat it for several.")
@click.option("--strict", is_flag=True, help="Exit with 1 if there is any warning.")
@click.option("--fix", is_flag=True, help="Mend what is safe to mend, and print what changed.")
@click.option("--diff", "--dry-run", is_flag=True, help="Print what --fix would change, and write nothing.")
@json_option
def check(
    model: str,
    leads: str | None,
    events: str | None,
    accounts: str | None,
    maps: tuple[str, ...],
    approach: str | None,
    sales_cycle: int | None,
    ignore: tuple[str, ...],
    strict: bool,  # noqa: FBT001
    fix: bool,  # noqa: FBT001
    diff: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> None:
    """Check a model file: what is wrong, what could be better, and with data what never occurs there.

    \b
    denizen check model.yaml
    denizen check model.yaml --events events.csv --leads leads.csv
    denizen check model.yaml --approach behavioral-heavy --sales-cycle 45 --strict
    denizen check model.yaml --diff

    A comment `# denizen: ignore CODE` switches a rule off on its line, or on the line below it.
    """
    settings = project_lint(model, approach=approach, sales_cycle=sales_cycle, ignore=ignore)
    checked = check_model(model, given_data(model, leads, events, accounts, maps), settings)
    written = fix and not diff and bool(checked.diff)
    if written:
        write_fixed(checked)
        checked = replace(checked, model=load_model(model))
    findings = checked.remaining if written else checked.findings
    if as_json:
        print_json(_plain(checked, findings, written=written))
    else:
        _print(checked, findings, show_diff=fix or diff, written=written)
    if strict and any(f.level == "warning" for f in findings):
        sys.exit(1)


def _plain(checked: Checked, findings: tuple[Finding, ...], *, written: bool) -> dict[str, object]:
    return {
        "model": checked.model.name,
        "model_hash": checked.model.fingerprint,
        "metadata_hash": checked.model.metadata_fingerprint,
        "criteria": size_of(checked.model.spec).as_dict(),
        "event_names_seen": checked.event_names,
        "findings": [f.as_dict() for f in findings],
        "ignored": checked.ignored,
        "fixes": checked.fixes,
        "diff": checked.diff,
        "written": written,
    }


def _print(checked: Checked, findings: tuple[Finding, ...], *, show_diff: bool, written: bool) -> None:
    print_findings(findings)
    names = "" if checked.event_names is None else f"; {checked.event_names:,} event names seen in the data"
    sizes = size_of(checked.model.spec)
    told = f" {checked.model.name} ({checked.model.fingerprint}): {sizes}{names}"
    console().print(Text.assemble(("valid", "bold green"), told), soft_wrap=True)
    if show_diff:
        print_diff(checked.diff)
        done = "made" if written else "to make"
        console().print(f"{_counted(checked.fixes, 'fix', 'fixes')} {done}" if checked.fixes else "nothing to fix")
    elif checked.fixes:
        them = "it" if checked.fixes == 1 else "them"
        console().print(f"{checked.fixes} can be fixed; see {them} with --diff, make {them} with --fix", soft_wrap=True)
    if checked.ignored:
        console().print(f"{_counted(checked.ignored, 'finding is', 'findings are')} switched off", soft_wrap=True)


def _counted(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"
