"""Advice about a model that loads: rules with codes, levels and reasons, and fixes where they are safe."""
