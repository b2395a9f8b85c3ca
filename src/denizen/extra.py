"""What the optional extra `learn` brings, and what to say where it is missing."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from denizen.errors import fail


def needed(module: str, purpose: str) -> Any:
    """Return a module of the extra.

    Raises:
        DenizenError: it is not installed; the message says how to get it.
    """
    try:
        return import_module(module)
    except ImportError:
        package = module.split(".", maxsplit=1)[0]
        message = f"{purpose} needs {package}; install it with: pip install 'denizen[learn]'"
        raise fail("extra-missing", message) from None


def is_there(module: str) -> bool:
    """Return whether a module of the extra is installed."""
    return find_spec(module) is not None
