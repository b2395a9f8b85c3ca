"""`denizen test`."""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from denizen.cli.options import engine_option, json_option
from denizen.cli.show import points, print_json, progress
from denizen.cli.terminal import Text, console
from denizen.errors import DenizenError, fail
from denizen.testing import find_cases, load_cases, run_cases

if TYPE_CHECKING:
    from pathlib import Path

    from denizen.errors import Finding
    from denizen.testing import Case, Difference, Outcome


@click.command()
@click.argument("paths", nargs=-1, type=click.Path())
@click.option("-k", "wanted", metavar="TEXT", help="Run only cases whose name holds this text.")
@engine_option
@json_option
def test(paths: tuple[str, ...], wanted: str | None, engine: str, as_json: bool) -> None:  # noqa: FBT001
    """Run cases: files that say which score must come out.

    \b
    denizen test
    denizen test model.cases.yaml -k invites

    Without a path, every *.cases.yaml and cases/*.yaml here and below. Exits with 1 if a case fails.
    """
    cases = _load(find_cases(paths or (".",)))
    chosen = [c for c in cases if wanted is None or wanted.lower() in c.name.lower()]
    if not chosen:
        raise fail("no-cases", f"none of {len(cases)} cases has {wanted!r} in its name")
    with progress(quiet=as_json) as step:
        step("scoring")
        outcomes = run_cases(chosen, engine)
    failed = sum(not o.passed for o in outcomes)
    if as_json:
        passed = len(outcomes) - failed
        print_json({"passed": passed, "failed": failed, "cases": [_plain(o) for o in outcomes]})
    else:
        _print(outcomes, failed)
    if failed:
        sys.exit(1)


def _load(files: list[Path]) -> list[Case]:
    """Load every file, and tell the problems of all of them at once."""
    cases: list[Case] = []
    findings: list[Finding] = []
    for file in files:
        try:
            cases += load_cases(file)
        except DenizenError as error:
            findings += error.findings
    if findings:
        raise DenizenError(dict.fromkeys(findings))
    if not cases:
        raise fail("no-cases", f"{', '.join(str(f) for f in files)}: the list of cases is empty")
    return cases


def _plain(outcome: Outcome) -> dict[str, Any]:
    return {
        "case": outcome.case.name,
        "file": outcome.case.file,
        "line": outcome.case.line,
        "model": outcome.case.model.name,
        "model_hash": outcome.case.model.fingerprint,
        "passed": outcome.passed,
        "differences": [d.as_dict() for d in outcome.differences],
    }


def _print(outcomes: list[Outcome], failed: int) -> None:
    out = console()
    for outcome in outcomes:
        mark = Text("pass  ", style="green") if outcome.passed else Text("FAIL  ", style="bold red")
        line = mark.append(outcome.case.name, style="none").append(f"  {outcome.case.place}", style="dim")
        out.print(line, soft_wrap=True)
        for difference in outcome.differences:
            out.print(_difference(outcome.case, difference), soft_wrap=True)
    out.print(Text(f"{len(outcomes) - failed} passed, {failed} failed", style="bold red" if failed else "bold green"))


def _difference(case: Case, difference: Difference) -> Text:
    at = f" at {difference.as_of}" if len(case.moments) > 1 else ""
    told = f"      {difference.name}{at}: expected {_told(difference)}"
    return Text(told).append(f"  ({difference.line})" if difference.line else "", style="dim")


def _told(difference: Difference) -> str:
    """Say both values, in full where they would read alike."""
    expected, found = _value(difference.expected), _value(difference.found)
    if expected == found and difference.expected != difference.found:
        expected, found = (f"{Decimal(str(v)).normalize():f}" for v in (difference.expected, difference.found))
    return f"{expected}, found {found}"


def _value(value: Any) -> str:
    if value is None:
        return "no line"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return value if isinstance(value, str) else points(float(value))
