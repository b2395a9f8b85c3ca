"""Helpers for testing models: cases in YAML that run on any engine."""

from denizen.testing.cases import Case, load_cases
from denizen.testing.compare import Difference
from denizen.testing.discover import find_cases
from denizen.testing.freezing import freeze, freeze_account, freeze_lead
from denizen.testing.run import Outcome, run_case, run_cases

__all__ = [
    "Case",
    "Difference",
    "Outcome",
    "find_cases",
    "freeze",
    "freeze_account",
    "freeze_lead",
    "load_cases",
    "run_case",
    "run_cases",
]
