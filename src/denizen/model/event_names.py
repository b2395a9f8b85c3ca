"""Find in the data the events that a template waits for: by spelling, by words, by known other words for the same.

A name says what was done to what. Two names are one event only if neither says that something else was done: `Plan
Created` is never a view of the plans, whatever words it shares. What is sure takes a whole phrase; a word that may mean
something else is a guess at best.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

SYNONYMS: dict[str, tuple[str, ...]] = {
    "logged_in": ("login", "session started", "app opened"),
    "report_built": ("report created", "report saved"),
    "integration_connected": ("integration", "integrated", "crm connected", "slack connected", "integration added"),
    "teammate_invited": ("invite", "invitation", "member added", "user added", "member joined", "user joined"),
    "pricing_viewed": ("pricing", "pricing page", "plans page", "compare plans"),
    "checkout_started": ("checkout", "upgrade started", "upgrade clicked", "purchase started", "upgrade"),
    "premium_feature_used": ("premium feature", "paid feature", "pro feature", "enterprise feature"),
    "premium_attempted": ("paywall", "upsell", "locked feature", "premium blocked", "premium attempt"),
    "premium_downgraded": ("downgrade", "plan downgraded"),
    "data_exported": ("export",),
    "report_generated": ("report generated", "report downloaded", "report exported"),
    "dashboard_viewed": ("dashboard", "dashboard opened"),
    "alert_created": ("alert", "notification created"),
    "email_unsubscribed": ("unsubscribe", "opt out"),
    "limit_reached": ("limit hit", "quota reached", "usage limit", "limit exceeded", "quota exceeded"),
    "invoice_downloaded": ("invoice", "invoice viewed"),
    "procurement_viewed": ("procurement", "vendor form"),
    "demo_requested": ("demo", "contact sales", "sales contacted", "demo booked"),
    "webinar_attended": ("webinar", "webinar joined"),
    "admin_setting_changed": ("admin setting", "settings changed", "sso enabled", "workspace settings updated"),
    "role_assigned": ("role changed", "permissions changed", "role updated"),
    "rollout_started": ("rollout", "seats added"),
    "security_docs_viewed": ("security page", "trust center", "soc 2"),
    "comparison_viewed": ("comparison", "alternatives page"),
    "page_viewed": ("page view", "screen viewed", "section viewed"),
    "signed_up": ("signup", "registered", "account created"),
}
"""Phrases that are the event, whatever action of its own kind stands beside them."""
HINTS: dict[str, tuple[str, ...]] = {
    "report_built": ("report", "dashboard created", "chart created", "project created", "document created"),
    "integration_connected": ("connected", "data source"),
    "teammate_invited": ("teammate", "collaborator"),
    "pricing_viewed": ("plans", "billing page"),
    "checkout_started": ("subscribe",),
    "premium_feature_used": ("premium",),
    "data_exported": ("download",),
    "limit_reached": ("limit", "quota"),
    "procurement_viewed": ("purchase order",),
    "admin_setting_changed": ("admin", "sso"),
    "role_assigned": ("role", "permission"),
    "security_docs_viewed": ("security",),
    "comparison_viewed": ("compare",),
    "page_viewed": ("page",),
}
"""Phrases that may mean the event and may mean another: never more than a guess."""

_ACTIONS = {
    "view": "view visit open see seen load show shown read",
    "make": "create build built make made generate save new publish",
    "start": "start begin began begun initiate enter",
    "end": "complete finish end expire done close",
    "connect": "connect integrate link install enable authorize sync",
    "disconnect": "disconnect unlink uninstall disable",
    "join": "invite invitation add join",
    "take away": "delete remove archive cancel refund revoke deny decline reject fail leave left",
    "answer": "accept approve apply confirm",
    "change": "change update edit rename assign set modify move",
    "take out": "export download",
    "log in": "login",
    "log out": "logout",
    "sign up": "signup register",
    "unsubscribe": "unsubscribe optout",
    "subscribe": "subscribe",
    "upgrade": "upgrade",
    "downgrade": "downgrade",
    "buy": "buy bought pay paid purchase order",
    "use": "use used run ran",
    "try": "attempt try tried block",
    "reach": "reach hit exceed",
    "ask": "request ask book schedule contact",
    "attend": "attend watch",
    "search": "search filter sort",
    "share": "share review comment",
    "resolve": "resolve solve reopen",
}
"""What can be done, by words for it. Those that say nothing of the kind of action (`clicked`, `sent`) are fillers."""
_COMPOUNDS = (
    (r"\b(?:log|logged|logs|sign|signed|signs) ?in\b", "login"),
    (r"\b(?:log|logged|logs|sign|signed|signs) ?(?:out|off)\b", "logout"),
    (r"\b(?:sign|signed|signs) ?up\b", "signup"),
    (r"\bopt(?:ed)? ?out\b", "optout"),
    (r"\b(set|roll|check)(?:ed)? (up|out)\b", r"\1\2"),
    (r"\bpage ?views?\b", "page view"),
)
_ARTICLES = {"the", "a", "an", "to", "of", "in", "on", "with", "for", "by"}
_FILLER = {
    "user",
    "users",
    "event",
    "click",
    "clicked",
    "button",
    "link",
    "successfully",
    "success",
    "sent",
    "page",
    "screen",
}
SAME, WORDS, SYNONYM, PART, HINT, TYPO = 1.0, 0.95, 0.9, 0.75, 0.7, 0.65
SURE, APART, SPELLED_ALIKE = 0.85, 0.15, 0.85
SHOWN = 4


@dataclass(frozen=True, slots=True)
class Match:
    """What an event of a template is called in the data: the best guess, whether it is sure, and what else it could be.

    `product` is the product whose event it is, where there are several. Where nothing is found among its events, `bare` is the
    name under which the event occurs without a product, so that it counts for none.
    """

    wanted: str
    found: str | None
    sure: bool
    others: tuple[str, ...] = ()
    product: str | None = None
    bare: str | None = None


def match_events(wanted: Iterable[str], seen: Iterable[str]) -> dict[str, Match]:
    """Return the match of each wanted name; a name of the data that is surely one event is no other's guess."""
    names = sorted(set(seen))
    scored = {w: _candidates(w, names) for w in dict.fromkeys(wanted)}
    taken = {ranked[0][1]: w for w, ranked in scored.items() if ranked and ranked[0][0] >= WORDS}
    return {w: _decide(w, [(s, n) for s, n in ranked if taken.get(n, w) == w]) for w, ranked in scored.items()}


def _decide(wanted: str, ranked: list[tuple[float, str]]) -> Match:
    if not ranked:
        return Match(wanted, None, sure=True)
    (best, name), rest = ranked[0], ranked[1:]
    sure = best >= WORDS or (best >= SURE and (not rest or rest[0][0] <= best - APART))
    return Match(wanted, name, sure, tuple(n for _, n in rest[:SHOWN]))


def _candidates(wanted: str, names: list[str]) -> list[tuple[float, str]]:
    scored = [(_likeness(wanted, name), name) for name in names]
    return sorted(((s, n) for s, n in scored if s > 0), key=lambda pair: (-pair[0], pair[1]))


def _likeness(wanted: str, name: str) -> float:
    """Return how surely a name of the data is the wanted event, from 0 (not at all) to 1."""
    if wanted == name:
        return SAME
    mine, theirs = words_of(wanted), words_of(name)
    if not theirs:
        return 0.0
    if mine == theirs or (mine - _FILLER_STEMS and mine - _FILLER_STEMS == theirs - _FILLER_STEMS):
        return WORDS
    found = [_by_phrase(mine, words_of(phrase), theirs, sure=True) for phrase in SYNONYMS.get(wanted, ())]
    found += [_by_phrase(mine, words_of(phrase), theirs, sure=False) for phrase in HINTS.get(wanted, ())]
    return max([*found, _by_spelling(mine, theirs)])


def _by_phrase(mine: frozenset[str], phrase: frozenset[str], theirs: frozenset[str], *, sure: bool) -> float:
    """Return how much a name that holds a phrase is the event: less with every other thing that it names."""
    rest = theirs - phrase
    if not phrase <= theirs or not _actions(rest) <= _actions(mine) | _actions(phrase):
        return 0.0
    others = [w for w in rest if w not in _FILLER_STEMS and w not in _BY_WORD]
    best = SYNONYM if sure and not others else PART if sure else HINT
    return best - 0.02 * min(len(others), SHOWN)


def _by_spelling(mine: frozenset[str], theirs: frozenset[str]) -> float:
    """Return how much a name looks misspelled: nearly the same letters, and no other action."""
    if not _actions(theirs) <= _actions(mine):
        return 0.0
    ratio = difflib.SequenceMatcher(None, " ".join(sorted(mine)), " ".join(sorted(theirs))).ratio()
    return TYPO if ratio >= SPELLED_ALIKE else 0.0


def _actions(words: Iterable[str]) -> set[str]:
    return {_BY_WORD[w] for w in words if w in _BY_WORD}


@lru_cache(maxsize=4096)
def words_of(name: str) -> frozenset[str]:
    """Return the words of an event name, without endings: `Report Built`, `reportBuilt` and `built-reports` are the same."""
    parted = re.sub(r"([a-z0-9])([A-Z])|([A-Z])(?=[A-Z][a-z])", r"\1\3 \2", name[:200])
    text = " ".join(re.findall(r"[^\W_]+", parted.lower()))
    for pattern, compound in _COMPOUNDS:
        text = re.sub(pattern, compound, text)
    found = text.split()
    return frozenset(_stem(w) for w in found if w not in _ARTICLES) or frozenset(found)


def _stem(word: str) -> str:
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) > 2:  # noqa: PLR2004  a stem has three letters
            return _single(word[: -len(ending)].rstrip("e"))
    return _single(word.rstrip("e")) if len(word) > 3 else word  # noqa: PLR2004  see above


def _single(stem: str) -> str:
    """Return a stem without its last letter doubled: `cancelled` is `cancel`."""
    return stem[:-1] if len(stem) > 3 and stem[-1] == stem[-2] else stem  # noqa: PLR2004  see above


_FILLER_STEMS = frozenset(_stem(w) for w in _FILLER)
_BY_WORD = {_stem(word): action for action, listed in _ACTIONS.items() for word in listed.split()}
