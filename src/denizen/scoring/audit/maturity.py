"""How much of the product is tracked, and what that means for the model (methodology, scoping factor 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.scoring.audit.report import Maturity
from denizen.scoring.audit.spelling import same, words

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from denizen.scoring.audit.report import Covered, Verdict

FULL_NAMES = 50
GRANULAR_NAMES = 30
_ENTRY = frozenset(
    """
    login loggedin log logged in out logout sign signup signin signed signout up register registered session
    started start ended end identify user account created new home nextpage
    """.split()  # noqa: SIM905  words are read more easily than a list of quotes
)
_PAGES = frozenset({"page", "pageview", "view", "viewed", "screen", "visited", "loaded"})
_ASK = "ask engineering for the missing events below and plan a second version of the model for 60 days after"
_ADVICE: dict[Verdict, tuple[str, ...]] = {
    "full": ("score single features, sessions and sequences; weigh by what `denizen discover` finds, not by volume",),
    "partial": (
        "score the 5 to 8 most predictive actions and nothing that cannot be measured reliably",
        _ASK,
    ),
    "minimal": (
        "start with 70 % fit and 30 % behavior, the latter on login frequency alone",
        "instrument the product before building behavioral scoring",
    ),
}


def is_entry(name: str) -> bool:
    """Return whether an event only says that someone came or went."""
    named = set(words(name))
    return bool(named) and named <= _ENTRY


def judge(names: Collection[str], coverage: Sequence[Covered], *, lacking: bool = True) -> Maturity:
    """Return the verdict over the names that leads did; `lacking` says that something is to be asked for."""
    distinct = {same(n) or n: n for n in sorted(names)}
    actions = [n for n in distinct.values() if not is_entry(n) and not set(words(n)) <= _PAGES]
    share = _fed_share(coverage)
    if not actions:
        verdict: Verdict = "minimal"
        why = (
            f"{_names(len(distinct))}, and none says more than that someone came"
            if distinct
            else "no lead has any event"
        )
    elif len(distinct) >= FULL_NAMES:
        verdict, why = "full", f"{_names(len(distinct))}; {FULL_NAMES} and more are full tracking"
    else:
        verdict = "partial"
        why = (
            f"{_names(len(distinct))}, {len(actions)} of them product actions; full tracking has {FULL_NAMES} and more"
        )
    advice = [a for a in _ADVICE[verdict] if lacking or a != _ASK]
    if lacking and verdict == "partial" and len(distinct) < GRANULAR_NAMES and share < 1:
        advice.append("until the missing events are there, weigh fit and behavior 50/50 instead of 30/70")
    return Maturity(verdict, len(distinct), len(actions), share, why, tuple(advice))


def _names(count: int) -> str:
    return f"{count} event name{'s' if count != 1 else ''}"


def _fed_share(coverage: Sequence[Covered]) -> float:
    """Return the share of the points of behavior that the data feeds; unlimited criteria are left out."""
    behavior = [c for c in coverage if c.part == "behavior" and c.worth is not None and c.worth > 0]
    total = sum(c.worth or 0.0 for c in behavior)
    return round(sum(c.worth or 0.0 for c in behavior if c.state != "unfed") / total, 6) if total else 1.0
