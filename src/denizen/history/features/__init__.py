"""Training data: the labelled table of features as of then, with its data card."""

from denizen.history.features.run import Features, make_features

__all__ = ["Features", "make_features"]
