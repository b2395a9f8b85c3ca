"""Denizen: find product-qualified leads, and prove every point."""

from denizen.api import ScoreResult, explain, load_model, score
from denizen.errors import DenizenError

__version__ = "0.1.0"
__all__ = ["DenizenError", "ScoreResult", "explain", "load_model", "score"]
