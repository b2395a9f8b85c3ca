"""Plain data as block YAML, so that comments and layout can be tried on it."""

from __future__ import annotations

import json


def text(value, depth=0):
    pad = "  " * depth
    if isinstance(value, dict) and value:
        return "".join(f"{pad}{json.dumps(k)}:{part(v, depth)}" for k, v in value.items())
    return f"{pad}{json.dumps(value)}\n"


def part(value, depth):
    return f"\n{text(value, depth + 1)}" if isinstance(value, dict) and value else f" {json.dumps(value)}\n"
