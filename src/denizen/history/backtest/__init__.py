"""Backtest: what a model's scores would have been worth, had they been acted on then."""

from denizen.history.backtest.result import Backtest
from denizen.history.backtest.run import run_backtest

__all__ = ["Backtest", "run_backtest"]
