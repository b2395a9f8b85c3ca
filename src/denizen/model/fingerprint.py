"""Fingerprints of a model: what could change a score, and nothing else."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from denizen.model.values import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from denizen.model.spec import Condition, Model

    Segments = Mapping[str, tuple[Mapping[str, Condition], Model]]

_METADATA = {"title", "version"}


def fingerprint(model: Model, segments: Segments) -> str:
    """Return twelve hex digits over everything but the title and version; comments and layout never count.

    Shorthands and defaults are filled in first, so `count: a` and `count: [a]` are the same.
    """
    data = _data(model)
    if segments:
        data["segments"] = [
            {"name": name, "when": {k: c.operators() for k, c in when.items()}, **_data(whole)}
            for name, (when, whole) in segments.items()
        ]
    return hashlib.sha256(json.dumps(data, sort_keys=True, default=plain).encode()).hexdigest()[:12]


def _data(model: Model) -> dict[str, Any]:
    return model.model_dump(by_alias=True, exclude=_METADATA | {"segments"}, exclude_none=True)
