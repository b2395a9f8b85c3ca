"""The cases in YAML, on every engine."""

from functools import cache
from pathlib import Path

import pytest

from denizen.errors import DenizenError
from denizen.testing import load_cases, run_case, run_cases

CASES = [
    c
    for path in sorted((Path(__file__).parent / "cases").glob("*.yaml"))
    if path.stem != "trial"
    for c in load_cases(path)
]


@cache
def outcomes(engine):
    """All at once, as `denizen test` runs them: the cases of one model are one run."""
    return dict(zip(map(id, CASES), run_cases(CASES, engine), strict=True))


@pytest.mark.engine
@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_case(case, engine):
    assert outcomes(engine)[id(case)].differences == ()


def test_no_two_cases_have_one_name():
    assert len({c.name for c in CASES}) == len(CASES)


def test_a_case_that_does_not_hold_tells_what_differs(tmp_path):
    path = tmp_path / "cases.yaml"
    path.write_text(
        "- case: wrong\n  model: {model: m, behavior: {criteria: {c: {count: x, points: 2}}}}\n"
        "  as_of: 2026-01-01\n  events: [{event: x, at: 2025-12-31}]\n  expect: {behavior: 3, pql: false, lines: {c: 1}}\n"
    )
    assert run_case(load_cases(path)[0]) == {"behavior": (3, 2.0), "c": (1, 2.0)}


def test_a_file_that_holds_no_cases_is_refused(tmp_path):
    path = tmp_path / "cases.yaml"
    path.write_text("model: m\n")
    with pytest.raises(DenizenError, match="expected a list of cases"):
        load_cases(path)
