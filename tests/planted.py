"""Worlds with known milestones: what leads do, what it makes of them, and what only looks as if it did.

Everything is drawn from a seed. A lead has a liveliness, which gives sessions on its first days; all events happen in
sessions, so that the number of sessions is what discover counts. The log-odds of conversion are a sum: a base, the number of sessions, the planted effects,
and if wanted the time of signup. What else there is means nothing:

- `chatter`: events of every session, so that lively leads do more of them;
- `shadow`: follows a planted event nine times in ten, and else happens seldom;
- `twin`: of nearly the same leads as a planted event;
- `noise`: independent of everything;
- attributes and a property, independent of everything.

With `drift`, later leads convert more often, and some of chatter and noise becomes more frequent as well.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

DAY_US = 86_400_000_000
START_US = 1_767_225_600_000_000  # 2026-01-01
SPAN_US = 240 * DAY_US
AT_US = 7 * DAY_US
HOUR_US = DAY_US // 24
HOURS = 7 * 24


@dataclass(frozen=True)
class Plant:
    """A planted milestone: which share of lively leads does it, how often it takes, and the odds ratio of having done so."""

    odds: float
    share: float = 0.25
    at_least: int = 1


@dataclass(frozen=True)
class Recipe:
    """What a world is made of."""

    leads: int = 1500
    base: float = -3.2
    liveliness: float = 0.5
    plants: dict[str, Plant] = field(default_factory=dict)
    shadows: int = 0
    twins: int = 0
    chatter: int = 4
    noise: int = 6
    drift: float = 0.0


@dataclass
class _Log:
    lead: list[np.ndarray] = field(default_factory=list)
    event: list[tuple[str, int]] = field(default_factory=list)
    at: list[np.ndarray] = field(default_factory=list)

    def add(self, name: str, lead: np.ndarray, at: np.ndarray) -> None:
        self.lead.append(lead)
        self.event.append((name, len(lead)))
        self.at.append(at)


def world(seed: int, recipe: Recipe) -> dict[str, pa.Table]:
    """Return leads, events and outcomes."""
    rng = np.random.default_rng([2026, seed])
    n = recipe.leads
    signup = START_US + np.sort((rng.random(n) * SPAN_US).astype(np.int64))
    when = (signup - START_US) / SPAN_US
    sessions = rng.poisson(rng.lognormal(1.0, 0.8, n))
    slot = np.unique(np.repeat(np.arange(n), sessions) * HOURS + rng.integers(0, HOURS, sessions.sum()))
    whose, start = slot // HOURS, slot % HOURS * HOUR_US
    sessions = np.bincount(whose, minlength=n)
    first = np.cumsum(sessions) - sessions
    log = _Log()
    log.add("logged_in", whose, start)

    def in_sessions(name: str, often: np.ndarray) -> np.ndarray:
        rows = np.repeat(np.arange(len(whose)), rng.poisson(often))
        log.add(name, whose[rows], start[rows] + (rng.random(len(rows)) * HOUR_US / 3).astype(np.int64))
        return rows

    def once(name: str, does: np.ndarray) -> None:
        lead = np.flatnonzero(does & (sessions > 0))
        session = first[lead] + (rng.random(len(lead)) * sessions[lead]).astype(np.int64)
        log.add(name, lead, start[session] + (rng.random(len(lead)) * HOUR_US / 3).astype(np.int64))

    rises = 0.1 + 0.8 * when if recipe.drift else np.full(n, 0.5)
    for i in range(recipe.chatter):
        in_sessions(f"chatter_{i}", (0.3 if i % 2 else 0.6 * rises[whose]))
    for i in range(recipe.noise):
        once(f"noise_{i}", rng.random(n) < (0.05 + 0.1 * i if i % 2 else rises))
    log_odds = recipe.base + recipe.liveliness * np.log1p(sessions) + recipe.drift * when
    for name, plant in recipe.plants.items():
        often = rng.random(n) < plant.share
        rows = in_sessions(name, np.where(often[whose], 0.35 * plant.at_least, 0.02))
        done = np.bincount(whose[rows], minlength=n) >= plant.at_least
        log_odds += np.log(plant.odds) * done
        any_of_it = np.bincount(whose[rows], minlength=n) > 0
        for i in range(recipe.shadows):
            once(f"shadow_{i}_of_{name}", np.where(any_of_it, rng.random(n) < 0.9, rng.random(n) < 0.08))
        for i in range(recipe.twins):
            once(f"twin_{i}_of_{name}", np.where(done, rng.random(n) < 0.98, rng.random(n) < 0.01))
    won = np.flatnonzero(rng.random(n) < 1 / (1 + np.exp(-log_odds)))
    return _tables(rng, signup, log, won)


def _tables(rng: np.random.Generator, signup: np.ndarray, log: _Log, won: np.ndarray) -> dict[str, pa.Table]:
    n, stamp = len(signup), pa.timestamp("us")
    lead = np.concatenate(log.lead)
    names = np.repeat([name for name, _ in log.event], [count for _, count in log.event])
    at = signup[lead] + np.concatenate(log.at)
    late = signup[won] + AT_US + 1 + (rng.random(len(won)) * 59 * DAY_US).astype(np.int64)
    end = START_US + SPAN_US + 90 * DAY_US
    return {
        "leads": pa.table(
            {
                "lead_id": np.arange(n),
                "signup_at": pa.array(signup, stamp),
                "plan": rng.choice(["free", "team", "pro"], n),
                "employees": rng.integers(1, 500, n),
            }
        ),
        "events": pa.table(
            {
                "lead_id": lead,
                "event": names,
                "timestamp": pa.array(at, stamp),
                "device": rng.choice(["web", "phone"], len(lead)),
            }
        ),
        "outcomes": pa.table(
            {
                "lead_id": np.append(won, 0),
                "outcome": ["won"] * len(won) + ["lost"],
                "at": pa.array(np.append(late, end), stamp),
            }
        ),
    }
