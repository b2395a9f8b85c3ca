"""Apply the fixes that lint offers, one after the other, and keep only what loads and says what was meant."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from denizen.errors import DenizenError
from denizen.model.lint.edit import edited, expected
from denizen.model.load import model_from
from denizen.model.source import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from denizen.model.lint.rule import Fix

MOST_FIXES = 500


def fixed_text(text: str, file: str, fixes_of: Callable[[str], Iterable[Fix]]) -> tuple[str, int]:
    """Return the text of a model with every fix that can be made, and how many were.

    Args:
        text: a model file that loads; its comments and layout are kept.
        file: its name.
        fixes_of: what lint offers for a text.
    """
    count, refused = 0, set[str]()
    while count < MOST_FIXES:
        fix = next((f for f in fixes_of(text) if repr(f) not in refused), None)
        if fix is None:
            break
        changed = _with(text, file, fix)
        if changed is None:
            refused.add(repr(fix))
            continue
        text, count, refused = changed, count + 1, set()
    return text, count


def _with(text: str, file: str, fix: Fix) -> str | None:
    """Return the text with one fix, None where the result does not load or holds anything but what was meant."""
    source = parse_yaml(text, file)
    changed = edited(text, source, fix)
    if changed is None:
        return None
    try:
        result = parse_yaml(changed, file)
        model_from(result)
    except DenizenError:
        return None
    return changed if result.data == expected(source, fix) else None


def diff_of(before: str, after: str, file: str) -> str:
    """Return what changed as a unified diff."""
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), file, f"{file} (fixed)", n=2
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)
