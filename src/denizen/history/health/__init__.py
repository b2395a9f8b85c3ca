"""Health: the card of the methodology's benchmarks, with what to do (section 3)."""

from denizen.history.health.card import Health, Item
from denizen.history.health.run import run_health
from denizen.history.health.settings import HealthOptions

__all__ = ["Health", "HealthOptions", "Item", "run_health"]
