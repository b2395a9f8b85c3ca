"""Findings that the authors of a model have looked at and switched off."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from denizen.errors import did_you_mean, fail

if TYPE_CHECKING:
    from collections.abc import Iterable

    from denizen.errors import Finding

_COMMENT = re.compile(r"#.*?\bdenizen:\s*ignore\s+([a-z-]+(?:\s*,\s*[a-z-]+)*)")


def ignored_lines(text: str) -> dict[int, set[str]]:
    """Return which codes comments switch off, by line from 1.

    `# denizen: ignore CODE, CODE` speaks of its own line, and where it stands alone of the line below it.
    """
    found: dict[int, set[str]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        comment = _COMMENT.search(line)
        if comment is None:
            continue
        codes = {code.strip() for code in comment[1].split(",")}
        alone = not line[: comment.start()].strip()
        found.setdefault(number + alone, set()).update(codes)
    return found


def without_ignored(findings: Iterable[Finding], text: str, codes: Iterable[str]) -> tuple[list[Finding], int]:
    """Return the findings that are not switched off, and how many are."""
    everywhere, by_line = set(codes), ignored_lines(text)
    listed = list(findings)
    kept = [f for f in listed if f.code not in everywhere | by_line.get(f.line or 0, set())]
    return kept, len(listed) - len(kept)


def check_codes(codes: Iterable[str], known: Iterable[str]) -> None:
    """Refuse codes that no rule has.

    Raises:
        DenizenError: there is no such code.
    """
    listed = list(known)
    for code in codes:
        if code not in listed:
            hint = did_you_mean(code, listed) or "`denizen errors` lists all"
            raise fail("bad-argument", f"there is no lint rule `{code}`; {hint}")
