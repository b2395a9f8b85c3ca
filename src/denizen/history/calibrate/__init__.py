"""Calibrate: other points within a model's own structure, fitted on earlier leads and judged on later ones."""

from denizen.history.calibrate.result import Calibration
from denizen.history.calibrate.run import run_calibrate

__all__ = ["Calibration", "run_calibrate"]
