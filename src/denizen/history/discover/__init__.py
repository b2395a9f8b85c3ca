"""Discover: which actions predict conversion, and which only look as if they did."""

from denizen.history.discover.result import Discovery
from denizen.history.discover.run import run_discover

__all__ = ["Discovery", "run_discover"]
