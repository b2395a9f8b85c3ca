"""Advice about a model that loads: rules with codes, levels and reasons, and fixes where they are safe."""

from __future__ import annotations

from denizen.model.lint.rules import RULES
from denizen.model.lint.run import Advice, Around, lint_model

__all__ = ["RULES", "Advice", "Around", "lint_model"]
