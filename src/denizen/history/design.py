"""The design of a study: at which instants leads are judged, and what counts as success after that.

Everything here is in microseconds; `design_of` reads what a user writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from denizen.errors import DenizenError, Finding
from denizen.model.durations import DAY_US, parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFAULT_AT = "7d"
DEFAULT_HORIZON = "60d"
WON = "won"


@dataclass(frozen=True, slots=True)
class Design:
    """When leads are judged and what is waited for.

    Either a **landmark** (`at_us` after signup: every lead is judged once, at the same age) or **snapshots** (every
    `every_us`, counted back from the last instant whose horizon has passed: every lead is judged on the same dates,
    and more than once). A lead converts if `won` happens in `(as_of, as_of + horizon_us]`.

    `signup_from_us <= signup < signup_to_us` limits who is looked at. Nothing after `as_of_us` is known, if given.
    """

    at_us: int | None = 7 * DAY_US
    every_us: int | None = None
    horizon_us: int = 60 * DAY_US
    won: str = WON
    signup_from_us: int | None = None
    signup_to_us: int | None = None
    as_of_us: int | None = None

    @property
    def snapshots(self) -> bool:
        """Whether leads are judged on calendar dates, and so perhaps more than once."""
        return self.every_us is not None

    def words(self) -> str:
        """Return the design in words, for the head of a report."""
        when = f"every {span(self.every_us)}" if self.every_us is not None else f"{span(self.at_us or 0)} after signup"
        return f"judged {when}, {self.won} within {span(self.horizon_us)} after that"


def design_of(
    *,
    at: str | None = None,
    every: str | None = None,
    horizon: str = DEFAULT_HORIZON,
    won: str = WON,
    signup_from_us: int | None = None,
    signup_to_us: int | None = None,
    as_of_us: int | None = None,
) -> Design:
    """Return the design that a user wrote: durations as `7d`, instants in microseconds.

    Raises:
        DenizenError: with a finding for each thing that cannot be meant.
    """
    findings = list(_problems(at, every, horizon, won, signup_from_us, signup_to_us))
    if findings:
        raise DenizenError(findings)
    return Design(
        at_us=None if every is not None else parse_duration(at or DEFAULT_AT),
        every_us=None if every is None else parse_duration(every),
        horizon_us=parse_duration(horizon),
        won=won.strip().lower(),
        signup_from_us=signup_from_us,
        signup_to_us=signup_to_us,
        as_of_us=as_of_us,
    )


def _problems(
    at: str | None, every: str | None, horizon: str, won: str, signup_from_us: int | None, signup_to_us: int | None
) -> Iterator[Finding]:
    if at is not None and every is not None:
        yield Finding("bad-argument", "give --at (an age) or --every (calendar dates), not both")
    for name, value in (("at", at), ("every", every), ("horizon", horizon)):
        if value is not None:
            yield from _duration_problem(name, value)
    if not won.strip():
        yield Finding("bad-argument", "--won is empty; write the outcome that counts as conversion")
    if signup_from_us is not None and signup_to_us is not None and signup_from_us >= signup_to_us:
        yield Finding("bad-argument", "--signup-from is not before --signup-to")


def _duration_problem(name: str, value: str) -> Iterator[Finding]:
    try:
        parse_duration(value)
    except ValueError as error:
        yield Finding("bad-argument", f"--{name}: {error}")


def span(us: int) -> str:
    """Return a duration in words: `7 days`, `36 hours`."""
    for size, unit in ((DAY_US, "day"), (DAY_US // 24, "hour"), (DAY_US // 1440, "minute"), (1_000_000, "second")):
        if us % size == 0 and us >= size:
            count = us // size
            return f"{count:,} {unit}{'' if count == 1 else 's'}"
    return f"{us / DAY_US:g} days"
