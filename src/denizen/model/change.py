"""One difference between two models, in words and as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["added", "removed", "changed", "renamed", "moved"]
Effect = Literal["scores", "names", "hash", "words"]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference.

    `effect` says what it can touch: `scores` (a number or a verdict), `names` (results carry another name and the same
    numbers), `hash` (the data hash alone: every lead is proved to get the same points) or `words` (nothing that results
    hold). All but words are data, words are metadata.
    """

    section: str
    path: str
    kind: Kind
    sentence: str
    effect: Effect
    before: Any = None
    after: Any = None

    @property
    def seen(self) -> bool:
        """Whether a result can look different: a number, a verdict or a name."""
        return self.effect in ("scores", "names")

    @property
    def data(self) -> bool:
        """Whether it changes the data hash."""
        return self.effect != "words"

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        return {
            "section": self.section,
            "path": self.path,
            "kind": self.kind,
            "sentence": self.sentence,
            "effect": self.effect,
            "data": self.data,
            "before": self.before,
            "after": self.after,
        }
