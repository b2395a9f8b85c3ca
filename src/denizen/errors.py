"""What can go wrong because of what a user gave us, and where it did.

Every kind of error has a stable code; `CODES` is the one list of them, and the reference page is made from it. What lint advises has codes of its own
(`denizen.model.lint`).
"""

from __future__ import annotations

import difflib
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Level = Literal["error", "warning", "info"]

WRONG_COMMAND = "bad-argument"
"""The code of a wrong command line; the exit code is 2 where there is nothing else wrong, and 1 for all others."""
CODES: dict[str, str] = {
    "file-unreadable": "A file is missing, unreadable or not of a kind Denizen reads.",
    "yaml-syntax": "The file is not YAML.",
    "unknown-key": "A key that the syntax does not have, most often a misspelling.",
    "missing-key": "A key that must be there is not.",
    "duplicate-key": "The same key stands twice in one place; YAML would silently drop the first.",
    "wrong-value": "A value of the wrong type or outside the allowed range.",
    "one-measure": "A criterion measures exactly one thing.",
    "no-points": "A criterion needs bands, or points, or points with each.",
    "misplaced-key": "A key that has no meaning beside the others it stands with.",
    "fit-measure": "Fit looks at attributes only, never at events.",
    "bad-pattern": "A regular expression outside the subset that every engine runs alike.",
    "no-key-action": "Velocity has no key actions to count.",
    "accounts-apart": "Accounts are given, and no lead belongs to any of them.",
    "rows-rejected": "Some rows of the data cannot be used.",
    "bad-argument": "A command-line argument or function argument cannot be used.",
    "data-lacking": "The data do not hold what was asked for.",
    "import-shape": "A scoring definition of another tool is not of the shape its source documents.",
    "missing-column": "A column that must be there is not in the data.",
    "freeze-failed": "No anonymous case gives the score of the real lead or account.",
    "no-cases": "There is no case to run.",
    "unknown-lead": "The lead asked for is not in the data.",
    "unknown-account": "Nobody in the data belongs to the account asked for.",
    "unknown-outcome": "The outcomes hold a word that is no outcome, so that nobody knows what it would count as.",
    "no-cohort": "No lead is left to learn from, with the reason each was left out.",
    "extra-missing": "What was asked for needs packages that are not installed.",
    "engine-unavailable": "The engine cannot be reached or its driver is not installed.",
    "engine-failed": "The engine refused or broke off a statement.",
}


def nearest(name: str, known: Iterable[str], limit: int = 1) -> list[str]:
    """Return the known names closest to a name, best first, compared without regard to case.

    A name is close if a letter or two differ, or if it shares a whole word and most letters: `country` is not `Headcount`.
    """
    by_lower = {k.lower(): k for k in known}
    found = difflib.get_close_matches(name.lower(), by_lower, n=limit + _FARTHER, cutoff=_SHARED_WORD)
    words = _words(name)
    close = [
        f for f in found if len(name) <= _SHORT or words & _words(by_lower[f]) or _ratio(name.lower(), f) >= _ALIKE
    ]
    return [by_lower[f] for f in close[:limit]]


_SHARED_WORD, _ALIKE, _FARTHER = 0.6, 0.75, 5
_SHORT = 4
"""One letter of so few is a large part of the name."""


def _words(name: str) -> set[str]:
    parted = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name[:200])
    return {w for w in re.findall(r"[^\W_]+", parted.lower()) if len(w) > 2}  # noqa: PLR2004  not `of`, `at`


def _ratio(name: str, other: str) -> float:
    return difflib.SequenceMatcher(None, other, name).ratio()


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``did you mean `x`?`` or nothing."""
    found = nearest(name, known)
    return f"did you mean `{found[0]}`?" if found else ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem: what it is, where it is, and how to mend it."""

    code: str
    message: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    path: str = ""
    level: Level = "error"

    @property
    def place(self) -> str:
        """`file:line:column`, as far as known."""
        return ":".join(str(p) for p in (self.file, self.line, self.column) if p is not None)

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        subject = f"{self.path}: " if self.path else ""
        return f"{where}{self.level}[{self.code}]: {subject}{self.message}"

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as plain data for `--json`."""
        return asdict(self)


class DenizenError(Exception):
    """A mistake in what was given, told in full; never a defect of Denizen itself.

    `findings` holds at least one entry; the text of the exception is all of them, one a line.
    """

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(str(f) for f in self.findings))

    @property
    def exit_code(self) -> int:
        """What a command ends with: 2 if the command itself is wrong, else 1."""
        return 2 if all(f.code == WRONG_COMMAND for f in self.findings) else 1


def fail(code: str, message: str, *, file: str | None = None) -> DenizenError:
    """Return the error for a single problem that has no line of its own."""
    return DenizenError([Finding(code, message, file=file)])
