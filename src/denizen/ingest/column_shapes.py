"""What a column is by the words of its name, however they are spelled and joined: `E-Mail`, `workEmail`, `email_address`.

A name is cut into words that are known; one word more that is not, as in `email_domain`, and it is another column.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_TIMES = frozenset("at on date time timestamp datetime day utc".split())  # noqa: SIM905  words read easier than a list
_IDS = frozenset("id key uuid guid identifier".split())  # noqa: SIM905
_PEOPLE = frozenset("user lead contact customer person member".split())  # noqa: SIM905


@dataclass(frozen=True, slots=True)
class Shape:
    """Of every group of `needs` a word must be in the name, any of `allowed` may.

    Without one of `tells` the name may as well mean something else; empty, it is sure anyhow.
    """

    needs: tuple[frozenset[str], ...]
    allowed: frozenset[str] = frozenset()
    tells: frozenset[str] = frozenset()

    def fits(self, letters: str) -> tuple[bool, int] | None:
        """Return whether a name, reduced to letters and digits, is sure to mean this, and how many words it has."""
        vocabulary = self.allowed.union(*self.needs, self.tells)
        found = [words for words in _parted(letters, vocabulary) if all(set(words) & need for need in self.needs)]
        if not found:
            return None
        words = min(found, key=len)
        return not self.tells or bool(set(words) & self.tells), len(words)


def letters_of(name: str) -> str:
    """Return a name without case, spaces and punctuation."""
    return "".join(c for c in name.lower() if c.isalnum())


def _parted(letters: str, vocabulary: frozenset[str]) -> Iterator[tuple[str, ...]]:
    """Yield every way to cut letters into words, each used once."""
    if not letters:
        yield ()
    for word in sorted(vocabulary):
        if letters.startswith(word):
            for rest in _parted(letters[len(word) :], vocabulary - {word}):
                yield (word, *rest)


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_ACCOUNT_ID = Shape(
    (_words("account company group organization organisation org workspace team tenant"),),
    _PEOPLE | {"crm", "parent"},
    _IDS,
)
_INDUSTRY = Shape((_words("industry sector vertical"),), _words("company account name"))
_LEAD_ID = Shape((_PEOPLE | _words("visitor distinct anonymous profile prospect"),), frozenset(), _IDS)
SHAPES: dict[str, dict[str, Shape]] = {
    "leads": {
        "lead_id": _LEAD_ID,
        "account_id": _ACCOUNT_ID,
        "email": Shape(
            (_words("email mail"),),
            _PEOPLE | _words("address addr work business company corporate primary main login"),
        ),
        "signup_at": Shape(
            (_words("signup signedup created create creation registered registration register joined"),),
            _PEOPLE | {"account"},
            _TIMES,
        ),
        "trial_started_at": Shape(
            (_words("trial"), _words("start started starts begin began begins from since")), _TIMES | {"period"}
        ),
        "trial_ends_at": Shape(
            (_words("trial"), _words("end ends ending ended expires expire expired expiry expiration until till to")),
            _words("period"),
            _TIMES | _words("end ends expires expiry expiration until till to"),
        ),
        "industry": _INDUSTRY,
        "title": Shape((_words("title"),), _PEOPLE | _words("job position work")),
    },
    "accounts": {
        "account_id": _ACCOUNT_ID,
        "industry": _INDUSTRY,
        "employees": Shape(
            (_words("employee employees staff headcount"),), _words("count number num no of total company")
        ),
    },
    "events": {
        "lead_id": _LEAD_ID,
        "event_id": Shape((_words("delivery message insert id uuid guid"),), _words("event"), _words("insert")),
        "session_id": Shape((_words("session visit"),), _words("event"), _IDS),
        "properties": Shape(
            (_words("payload properties props attributes params parameters data details metadata"),),
            _words("event json"),
            _words("properties"),
        ),
    },
    "outcomes": {
        "lead_id": _LEAD_ID,
        "amount": Shape(
            (_words("value amount revenue acv arr mrr"),),
            _words("deal contract opportunity won total"),
            _words("amount"),
        ),
    },
}
"""By table and canonical column, how a column is named that is the same."""
