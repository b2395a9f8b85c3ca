"""Trust: when sales stops following up, whether that is a problem of adoption or of the model (edge case 4)."""

from denizen.history.trust.breakdown import Trust
from denizen.history.trust.run import run_trust

__all__ = ["Trust", "run_trust"]
