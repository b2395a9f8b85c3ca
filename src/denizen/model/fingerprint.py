"""Fingerprints of a model: one of what could change a result, one of the words around it."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from denizen.model.normal import labels, normal, normal_form
from denizen.model.values import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from denizen.model.spec import Condition, Model

    Segments = Mapping[str, tuple[Mapping[str, Condition], Model]]

DIGITS = 12


def fingerprint(model: Model, segments: Segments) -> str:
    """Return the data hash: twelve hex digits over everything that could change a result.

    Shorthands and defaults are filled in first, so `count: a` and `count: [a]` are the same. Comments, layout and the
    order of keys never count; names of criteria and tiers and of the model do, because results carry them.
    """
    data = normal_form(model)
    if segments:
        data["segments"] = [
            {"name": name, "when": normal(dict(when)), **normal_form(whole)} for name, (when, whole) in segments.items()
        ]
    return _hash(data)


def metadata_fingerprint(model: Model) -> str:
    """Return the metadata hash: twelve hex digits over title, version and the order of the criteria."""
    return _hash(labels(model))


def _hash(data: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True, default=plain).encode()).hexdigest()[:DIGITS]
