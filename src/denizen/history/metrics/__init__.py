"""Seed metrics: before and after the launch of a model (advisory document, section 7)."""

from denizen.history.metrics.result import Metrics
from denizen.history.metrics.run import Period, run_metrics

__all__ = ["Metrics", "Period", "run_metrics"]
