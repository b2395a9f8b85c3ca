"""What a pilot comes to: each arm compared with the pilot, look by look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from denizen.clock import iso
from denizen.report.charts import lines
from denizen.report.parts import Chart, Report, Section, Table, Words

if TYPE_CHECKING:
    from denizen.history.stats import Estimate

UNDECIDED = "not decided yet"


@dataclass(frozen=True, slots=True)
class Look:
    """What was known at one instant: leads whose horizon was over, and how many of them had converted."""

    at_us: int
    n: int
    won: int
    n_other: int
    won_other: int
    difference: Estimate
    ratio: Estimate | None

    @property
    def direction(self) -> int:
        """1 if the interval lies above 0, -1 if below, else 0."""
        return int(self.difference.low > 0) - int(self.difference.high < 0)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        return {
            "at": iso(self.at_us),
            "n": self.n,
            "won": self.won,
            "n_other": self.n_other,
            "won_other": self.won_other,
            "difference": self.difference.as_dict(),
            "ratio": self.ratio.as_dict() if self.ratio else None,
        }


@dataclass(frozen=True, slots=True)
class Compared:
    """The pilot against another arm: the latest look is the last of `looks`."""

    other: str
    looks: tuple[Look, ...]

    @property
    def decided(self) -> Look | None:
        """The first look whose interval leaves out 0; it stays decided, for all intervals hold at once."""
        return next((look for look in self.looks if look.direction), None)

    @property
    def verdict(self) -> str:
        """`not decided yet`, or which arm converts more."""
        if self.decided is None:
            return UNDECIDED
        return "pilot converts more" if self.decided.direction > 0 else f"{self.other} converts more"

    def words(self) -> str:
        """Return the verdict with its numbers."""
        d = self.looks[-1].difference
        since = f" (since {iso(self.decided.at_us)[:10]})" if self.decided else ""
        value = "no difference known" if d.value is None else f"{100 * d.value:+.1f} points"
        return f"against {self.other}: {self.verdict}{since}, {value} ({100 * d.low:+.1f} to {100 * d.high:+.1f})"

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        decided = iso(self.decided.at_us) if self.decided else None
        return {
            "other": self.other,
            "verdict": self.verdict,
            "decided_at": decided,
            **{k: v for k, v in self.looks[-1].as_dict().items() if k != "at"},
            "looks": [look.as_dict() for look in self.looks],
        }


@dataclass(frozen=True, slots=True)
class Pilot:
    """The pilot against each other arm. `left_out` counts leads of the file by reason; `clustered` by unit."""

    comparisons: tuple[Compared, ...]
    left_out: dict[str, int]
    clustered: bool
    units: dict[str, int]
    design: str
    observed_until_us: int
    notes: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """All verdicts in one sentence."""
        return f"Pilot {'; '.join(c.words() for c in self.comparisons)}."

    def __repr__(self) -> str:
        return f"<denizen pilot: {self.verdict}>"

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        return {
            "verdict": self.verdict,
            "comparisons": [c.as_dict() for c in self.comparisons],
            "units": self.units,
            "clustered": self.clustered,
            "left_out": self.left_out,
            "design": self.design,
            "observed_until": iso(self.observed_until_us),
            "notes": list(self.notes),
        }

    def report(self) -> Report:
        """Return it as a report."""
        tones = {look.direction for c in self.comparisons if (look := c.decided)}
        tone = "good" if tones == {1} else "bad" if -1 in tones else "plain"
        return Report(
            title=f"Pilot: {self.design}",
            verdict=Words(self.verdict, tone),
            facts=tuple((f"{arm}", f"{n:,} units") for arm, n in self.units.items()),
            sections=tuple(_section(c) for c in self.comparisons),
            small_print=(*[f"{n:,} leads left out: {why}" for why, n in self.left_out.items() if n], *self.notes),
        )


def _section(compared: Compared) -> Section:
    rows = [
        [
            iso(k.at_us)[:10],
            f"{k.won:,} / {k.n:,}",
            f"{k.won_other:,} / {k.n_other:,}",
            "–" if k.difference.value is None else f"{100 * k.difference.value:+.1f}",
            f"{100 * k.difference.low:+.1f} to {100 * k.difference.high:+.1f}",
            "–" if k.ratio is None or k.ratio.value is None else f"{k.ratio.value:.2f}",
        ]
        for k in compared.looks
    ]
    names = ("look", "pilot won", f"{compared.other} won", "difference, points", "always-valid 95 %", "ratio")
    drawn = [
        {
            "look": iso(k.at_us)[:10],
            "difference": k.difference.value,
            "low": k.difference.low,
            "high": k.difference.high,
        }
        for k in compared.looks
        if k.difference.value is not None
    ]
    parts: list[Words | Table | Chart] = [Words(f"{compared.words().capitalize()}."), Table(names, rows)]
    if drawn:
        chart = lines(drawn, x="look", y="difference", title="pilot less the other", percent=True)
        parts.append(Chart(chart, "Difference of conversion with its always-valid interval at each look."))
    return Section(f"Against {compared.other}", parts)
