"""Find in the data the events that a template waits for: by spelling, by words, by known other words for the same."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

SYNONYMS: dict[str, tuple[str, ...]] = {
    "logged_in": ("login", "log in", "logged in", "signed in", "sign in", "session started", "app opened"),
    "report_built": (
        "report",
        "report created",
        "dashboard created",
        "chart created",
        "project created",
        "document created",
    ),
    "integration_connected": (
        "integration",
        "connected",
        "integrated",
        "data source",
        "crm connected",
        "slack connected",
    ),
    "teammate_invited": ("invite", "invited", "invitation", "teammate", "member added", "user added", "collaborator"),
    "pricing_viewed": ("pricing", "plans", "plans page", "pricing page", "billing page", "compare plans"),
    "checkout_started": ("checkout", "upgrade started", "upgrade clicked", "upgrade", "purchase started", "subscribe"),
    "premium_feature_used": ("premium", "paid feature", "pro feature", "enterprise feature"),
    "premium_attempted": ("paywall", "upsell", "locked feature", "premium blocked", "premium attempt"),
    "premium_downgraded": ("downgrade", "downgraded", "plan downgraded"),
    "data_exported": ("export", "exported", "download", "downloaded"),
    "report_generated": ("report generated", "report downloaded"),
    "dashboard_viewed": ("dashboard", "dashboard opened"),
    "alert_created": ("alert", "notification created"),
    "email_unsubscribed": ("unsubscribe", "unsubscribed", "opt out", "opted out"),
    "limit_reached": ("limit", "limit hit", "quota", "quota reached", "usage limit"),
    "invoice_downloaded": ("invoice",),
    "procurement_viewed": ("procurement", "vendor form", "purchase order"),
    "demo_requested": ("demo", "contact sales", "request demo"),
    "webinar_attended": ("webinar",),
    "admin_setting_changed": ("admin", "settings changed", "sso", "workspace settings"),
    "role_assigned": ("role", "permission", "permissions changed"),
    "rollout_started": ("rollout", "roll out", "seats added"),
    "security_docs_viewed": ("security", "security page", "trust center", "soc 2"),
    "comparison_viewed": ("comparison", "compare", "alternatives page"),
    "page_viewed": ("page view", "page", "screen viewed", "section viewed"),
    "signed_up": ("signup", "registered", "account created", "sign up"),
}
SAME, WORDS, SYNONYM, SIMILAR = 1.0, 0.95, 0.85, 0.6
SURE, APART = 0.85, 0.15
SHOWN = 4
_FILLER = {"the", "a", "an", "to", "of", "in", "on", "user", "users", "event", "click", "clicked", "successfully"}


@dataclass(frozen=True, slots=True)
class Match:
    """What an event of a template is called in the data: the best guess, whether it is sure, and what else it could be."""

    wanted: str
    found: str | None
    sure: bool
    others: tuple[str, ...] = ()


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
    return sorted(((s, n) for s, n in scored if s >= SIMILAR), key=lambda pair: (-pair[0], pair[1]))


def _likeness(wanted: str, name: str) -> float:
    """Return how much a name of the data looks like the wanted event, from 0 to 1."""
    if wanted == name:
        return SAME
    mine, theirs = words_of(wanted), words_of(name)
    if mine and mine == theirs:
        return WORDS
    best = 0.0
    for phrase in SYNONYMS.get(wanted, ()):
        known = words_of(phrase)
        if known == theirs:
            return SYNONYM + 0.05
        if known <= theirs and known:
            best = max(best, SYNONYM - 0.05 * min(len(theirs - known), 4))
    mine_sorted, theirs_sorted = " ".join(sorted(mine)), " ".join(sorted(theirs))
    return max(best, 0.9 * difflib.SequenceMatcher(None, mine_sorted, theirs_sorted).ratio() - 0.1)


def words_of(name: str) -> frozenset[str]:
    """Return the words of an event name, without endings: `Report Built`, `reportBuilt` and `built-reports` are the same."""
    parted = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name[:200])
    found = re.findall(r"[^\W_]+", parted.lower())
    return frozenset(_stem(w) for w in found if w not in _FILLER) or frozenset(found)


def _stem(word: str) -> str:
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) > 2:  # noqa: PLR2004  a stem has three letters
            return word[: -len(ending)].rstrip("e")
    return word.rstrip("e") if len(word) > 3 else word  # noqa: PLR2004  see above
