"""Denizen: find product-qualified leads, and prove every point."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from denizen.api import (
        ScoreResult,
        assign_arms,
        audit,
        backtest,
        calibrate,
        check,
        diff,
        discover,
        explain,
        explain_account,
        export_features,
        health,
        import_model,
        load_model,
        metrics,
        nurture,
        pilot_report,
        score,
        thresholds,
        trust,
    )
    from denizen.errors import DenizenError
    from denizen.testing import load_cases, run_cases
    from denizen.testing.freezing import freeze

__version__ = "0.1.0"

_HOMES = {
    "export_features": "denizen.api",
    "assign_arms": "denizen.api",
    "pilot_report": "denizen.api",
    "metrics": "denizen.api",
    "thresholds": "denizen.api",
    "trust": "denizen.api",
    "health": "denizen.api",
    "audit": "denizen.api",
    "DenizenError": "denizen.errors",
    "ScoreResult": "denizen.api",
    "backtest": "denizen.api",
    "calibrate": "denizen.api",
    "check": "denizen.api",
    "diff": "denizen.api",
    "discover": "denizen.api",
    "explain": "denizen.api",
    "explain_account": "denizen.api",
    "freeze": "denizen.testing",
    "load_cases": "denizen.testing",
    "run_cases": "denizen.testing",
    "import_model": "denizen.api",
    "load_model": "denizen.api",
    "nurture": "denizen.api",
    "score": "denizen.api",
}
__all__ = [
    "DenizenError",
    "ScoreResult",
    "assign_arms",
    "audit",
    "backtest",
    "calibrate",
    "check",
    "diff",
    "discover",
    "explain",
    "explain_account",
    "export_features",
    "freeze",
    "health",
    "import_model",
    "load_cases",
    "load_model",
    "metrics",
    "nurture",
    "pilot_report",
    "run_cases",
    "score",
    "thresholds",
    "trust",
]


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for, so that a command starts with what it needs alone."""
    if name not in _HOMES:
        raise AttributeError(f"module 'denizen' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
