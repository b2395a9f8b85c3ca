"""How a rubric in words names events and attributes: as they are written, or made of the words."""

from __future__ import annotations

import re

from denizen.model.importers.reading import shown
from denizen.model.importers.report import NotCarriedError
from denizen.model.writing import name_of

VERBS = {
    "accepted", "activated", "added", "attended", "booked", "clicked", "completed", "connected", "converted",
    "created", "deleted", "downgraded", "downloaded", "enabled", "exported", "finished", "generated", "hit",
    "imported", "installed", "integrated", "invited", "joined", "launched", "opened", "published", "purchased",
    "reached", "requested", "scheduled", "sent", "shared", "started", "submitted", "unsubscribed", "updated",
    "upgraded", "uploaded", "used", "viewed", "visited", "watched",
}  # fmt: skip
_LITTLE = {"a", "an", "the", "any", "our", "their", "from", "to", "with", "on", "of", "at", "in", "for"}
_VAGUE = {"use", "time", "event", "action", "occurrence", "it"}
_SENTENCE = {"has", "have", "had", "did", "does", "not", "never", "was", "were"}
"""Words that make a sentence of what would else be the name of an attribute."""
NOUNS = {"employee": "employees", "headcount": "employees"}
LONGEST_ATTRIBUTE = 4
LONGEST_EVENT = 6
_TIMES = {"minute", "hour", "day", "week", "month", "quarter", "year", "last", "past", "session"}


def event_names(what: str, criterion: str) -> tuple[str | list[str], list[str]]:
    """Return the event names that a noun phrase means, and what was assumed.

    Raises:
        NotCarriedError: it names none, or holds counts of its own.
    """
    cleaned = what.strip()
    if singular(cleaned.lower()) in _VAGUE:
        name = name_of(criterion, fallback="event")
        return name, [f"the event is named {name} after the criterion"]
    counted = next(
        (
            one
            for one in re.split(r" or |, | / ", cleaned, flags=re.IGNORECASE)
            if re.match(r"\d+ ?(?:\+|x |times )", one)
        ),
        None,
    )
    if counted is not None:
        raise NotCarriedError(f"{shown(counted)} is a count of its own; write a row for each count")
    pairs = [event_name(one) for one in re.split(r" or |, | / ", cleaned, flags=re.IGNORECASE) if one.strip()]
    names = [name for name, _ in pairs]
    assumed = [f"the event is named {name} after the words" for name, made in pairs if made]
    return (names[0] if len(names) == 1 else names), assumed


def event_name(words: str) -> tuple[str, bool]:
    """Return an event name and whether it was made from words: object first, then what was done."""
    cleaned = words.strip().strip("`'\"")
    if cleaned and is_written(words):
        return cleaned, False
    listed = [w for w in re.findall(r"[^\W_]+", cleaned.lower()) if w not in _LITTLE]
    if [w for w in listed if w in ("logged", "in")] == listed and listed:
        return "logged_in", True
    verb = next((w for w in listed if w in VERBS), "")
    things = [singular(w) if i == len(listed) - 1 else w for i, w in enumerate(listed) if w != verb]
    if len(listed) > LONGEST_EVENT or any(singular(w) in _TIMES for w in listed):
        raise NotCarriedError(f"{shown(words)} is no name of an event; a time frame is written `in first 14 days`")
    if not things and not verb:
        raise NotCarriedError(f"{shown(words)} names no event")
    return name_of(" ".join([*things, verb]), fallback="event"), True


def is_written(words: str) -> bool:
    """Return whether words are the name of an event as it stands: quoted, with `_` or inner capitals, or In Title Case."""
    stripped = words.strip()
    if len(stripped) > 2 and stripped[0] == stripped[-1] and stripped[0] in "`'\"":  # noqa: PLR2004  two quotes
        return True
    if re.fullmatch(r"[A-Za-z]\w*(?:[_.:-]\w+)+|[a-z]+\w*[A-Z]\w*|[A-Z]\w*[a-z]\w*[A-Z]\w*", stripped):
        return True
    listed = stripped.split()
    return len(listed) > 1 and listed[0][0].isupper() and all(w[0].isupper() or w in _LITTLE for w in listed)


def singular(word: str) -> str:
    """Return a noun in the singular, by the plain rules."""
    if word.endswith("ies") and len(word) > 4:  # noqa: PLR2004  dies, ties
        return f"{word[:-3]}y"
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us")) else word


def attribute_name(words: str) -> str:
    """Return the name of an attribute that words mean.

    Raises:
        NotCarriedError: they are too many for one, or make a sentence.
    """
    cleaned = words.strip().strip("`'\"")
    if len(cleaned.split()) > LONGEST_ATTRIBUTE or _SENTENCE & {*cleaned.lower().split()[1:]}:
        raise NotCarriedError(f"{shown(words)} is no name of an attribute")
    if re.fullmatch(r"[A-Za-z_][\w.]*", cleaned):
        return NOUNS.get(cleaned.lower(), cleaned if "_" in cleaned or "." in cleaned else cleaned.lower())
    return name_of(cleaned, fallback="attribute")
