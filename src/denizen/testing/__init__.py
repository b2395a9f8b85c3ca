"""Helpers for testing models: cases in YAML that run on any engine."""

from denizen.testing.cases import Case, load_cases, run_case

__all__ = ["Case", "load_cases", "run_case"]
