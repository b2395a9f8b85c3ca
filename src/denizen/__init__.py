"""Denizen: find product-qualified leads, and prove every point."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from denizen.api.learning import backtest, calibrate, discover, export_features, thresholds
    from denizen.api.models import audit, check, diff, import_model
    from denizen.api.operating import assign_arms, health, metrics, pilot_report, trust
    from denizen.api.scoring import ScoreResult, explain, explain_account, nurture, score
    from denizen.errors import DenizenError
    from denizen.model.load import load_model
    from denizen.testing import load_cases, run_cases
    from denizen.testing.freezing import freeze

__version__ = "0.1.0"

_HOMES = {
    "export_features": "denizen.api.learning",
    "assign_arms": "denizen.api.operating",
    "pilot_report": "denizen.api.operating",
    "metrics": "denizen.api.operating",
    "thresholds": "denizen.api.learning",
    "trust": "denizen.api.operating",
    "health": "denizen.api.operating",
    "audit": "denizen.api.models",
    "DenizenError": "denizen.errors",
    "ScoreResult": "denizen.api.scoring",
    "backtest": "denizen.api.learning",
    "calibrate": "denizen.api.learning",
    "check": "denizen.api.models",
    "diff": "denizen.api.models",
    "discover": "denizen.api.learning",
    "explain": "denizen.api.scoring",
    "explain_account": "denizen.api.scoring",
    "freeze": "denizen.testing",
    "load_cases": "denizen.testing",
    "run_cases": "denizen.testing",
    "import_model": "denizen.api.models",
    "load_model": "denizen.model.load",
    "nurture": "denizen.api.scoring",
    "score": "denizen.api.scoring",
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
