"""What of the data an audit may show. An audit is pasted into tickets and mails; a score is not.

A text is shown only when several leads share it, no value beside it looks like a name, an address, an id or a number of
a person, and the name of its property says nothing of the kind. This cannot know a name that reads like any other word
(`anna` under `stage`), so nothing promises more than these rules.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from denizen.scoring.audit.spelling import words

if TYPE_CHECKING:
    from collections.abc import Iterable

LEADS_THAT_SHARE_A_VALUE = 5
MOST_VALUES = 50
LONGEST_VALUE = 40
MASK = "‹hidden›"
PERSONAL = "the name says it may be personal"

_PERSONAL = frozenset(
    """
    email mail name firstname lastname fullname username nickname user userid uid uuid guid id ids phone mobile
    fax address street zip postcode postal ip ssn iban card token secret password cookie birthday dob gender
    latitude longitude lat lon lng location url uri link href path referrer referer query search comment message
    note text body subject
    """.split()  # noqa: SIM905  words are read more easily than a list of quotes
)
_OF_PEOPLE = frozenset(
    """
    owner rep representative assignee assigned author creator created manager contact person people member members
    employee colleague customer client agent sender recipient inviter invitee invited by who whom host guest attendee
    champion sponsor lead account company organization organisation org employer team
    """.split()  # noqa: SIM905  as above
)
"""What a text under such a name may be; a number under it counts them."""
_LOOKS_PERSONAL = re.compile(
    r"@|://|www\.|\d{6,}|[0-9a-f]{8}-[0-9a-f]{4}|\b\d{1,3}(\.\d{1,3}){3}\b|^\+?[\d ()/-]{7,}$|[0-9a-f]{16,}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Seen:
    """A value and how many leads have it."""

    value: str
    leads: int


def name_is_personal(name: str) -> bool:
    """Return whether a property of this name holds, by its name, something about a person."""
    return any(w in _PERSONAL for w in words(name))


def shown_values(name: str, distinct: int, top: Iterable[Seen]) -> tuple[tuple[str, ...], str | None]:
    """Return the values that may be shown, or none and the reason."""
    if name_is_personal(name) or any(w in _OF_PEOPLE for w in words(name)):
        return (), PERSONAL
    top = list(top)
    if any(_LOOKS_PERSONAL.search(t.value) for t in top):
        return (), "values look like addresses or ids"
    if any(_is_like_a_name(t.value) for t in top):
        return (), "values look like names"
    if distinct > MOST_VALUES:
        return (), f"more than {MOST_VALUES} values"
    common = tuple(t.value for t in top if t.leads >= LEADS_THAT_SHARE_A_VALUE and len(t.value) <= LONGEST_VALUE)
    return (common, None) if common else ((), f"no value is shared by {LEADS_THAT_SHARE_A_VALUE} leads")


def _is_like_a_name(value: str) -> bool:
    """Return whether a text could be the name of somebody: several capitalized words, or letters that have no case."""
    letters = [c for c in value if c.isalpha()]
    if any(c.lower() == c.upper() for c in letters):
        return True
    return len([part for part in re.split(r"[^\w'’-]+", value) if part[:1].isupper()]) > 1


def masked(name: str) -> str:
    """Return an event name with what looks personal in it hidden, for names made from addresses or ids."""
    return _LOOKS_PERSONAL.sub(MASK, name) if "@" not in name else re.sub(r"\S*@\S*", MASK, name)


def shape(value: str) -> str:
    """Return a value with its digits as 9 and its letters as a: how it is written, not what it says."""
    return re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "9", value))[:LONGEST_VALUE]
