"""Fingerprints of a model: what could change a score, and nothing else."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from denizen.model.values import plain

if TYPE_CHECKING:
    from denizen.model.spec import Model

_METADATA = {"title", "version"}


def fingerprint(model: Model) -> str:
    """Return twelve hex digits over everything but the title and version; comments and layout never count.

    Shorthands and defaults are filled in first, so `count: a` and `count: [a]` are the same.
    """
    data = model.model_dump(by_alias=True, exclude=_METADATA, exclude_none=True)
    return hashlib.sha256(json.dumps(data, sort_keys=True, default=plain).encode()).hexdigest()[:12]
