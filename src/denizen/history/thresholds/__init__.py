"""Thresholds: what each choice of gates costs and brings, chosen on earlier leads and judged on later ones."""

from denizen.history.thresholds.choice import Target, target_of
from denizen.history.thresholds.result import Thresholds
from denizen.history.thresholds.run import run_thresholds

__all__ = ["Target", "Thresholds", "run_thresholds", "target_of"]
