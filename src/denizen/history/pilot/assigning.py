"""Assign the leads of a file to arms, and check the balance."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from denizen.clock import iso
from denizen.errors import fail
from denizen.history.cohort import tables_of
from denizen.history.pilot.arms import assign, imbalance
from denizen.ingest.prepare import Moments, connect, prepare
from denizen.report.parts import Report, Section, Table, Words
from denizen.scoring.output import write_rows
from denizen.scoring.run import IN_MEMORY, score_run, silent

if TYPE_CHECKING:
    from denizen.history.pilot.arms import Arms
    from denizen.ingest.accounting import Accounting
    from denizen.ingest.project import Data
    from denizen.model.load import LoadedModel
    from denizen.scoring.run import Progress

UNITS = ("lead", "account", "rep")
TIERS = ("fit_tier", "behavior_tier")
UNLIKELY = 0.001


@dataclass(frozen=True, slots=True)
class Assigned:
    """Who is in which arm: `rows` hold lead_id, arm, unit, stratum, assigned_at, one a lead, in the order of lead_id."""

    rows: tuple[dict[str, Any], ...]
    arms: Arms
    by: str
    salt: str
    stratify: str | None
    alone: int
    accounting: Accounting

    def counts(self, stratum: str | None = None, *, leads: bool = False) -> dict[str, int]:
        """Return how many units (or leads) each arm has, of a stratum if given."""
        chosen = [r for r in self.rows if stratum is None or (r["stratum"] or "") == stratum]
        found = Counter(arm for _, arm in ([(r["lead_id"], r["arm"]) for r in chosen] if leads else {(r["unit"], r["arm"]) for r in chosen}))  # fmt: skip
        return {name: found.get(name, 0) for name, _ in self.arms.shares}

    @property
    def strata(self) -> list[str]:
        """The strata, in order; a unit without a value is in the stratum of no name."""
        return sorted({r["stratum"] or "" for r in self.rows})

    @property
    def p(self) -> float | None:
        """The probability of shares at least so far off by chance; None where they are exact by design."""
        return None if self.stratify else imbalance(self.counts(), self.arms)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        leads = self.counts(leads=True)
        return {
            "arms": [
                {"arm": a, "share": float(s), "units": self.counts()[a], "leads": leads[a]} for a, s in self.arms.shares
            ],
            "by": self.by,
            "salt": self.salt,
            "stratify": self.stratify,
            "strata": [{"stratum": s, **self.counts(s)} for s in self.strata] if self.stratify else [],
            "balanced": self.p is None or self.p >= UNLIKELY,
            "p": self.p,
            "alone": self.alone,
            "rows": self.accounting.as_dict(),
        }

    def write(self, path: str) -> None:
        """Write the rows to a file, by its ending."""
        connection = connect()
        try:
            names = ("lead_id", "arm", "unit", "stratum", "assigned_at")
            table = pa.table({n: pa.array([r[n] for r in self.rows], pa.string()) for n in names})
            connection.register("assigned", table)
            write_rows(connection, "SELECT * FROM assigned", path)
        finally:
            connection.close()

    def report(self) -> Report:
        """Return it as a report."""
        units, leads, total = self.counts(), self.counts(leads=True), max(1, sum(self.counts().values()))
        counted = [units] if self.by == "lead" else [units, leads]
        rows = [[a, float(s), units[a] / total, *[n[a] for n in counted]] for a, s in self.arms.shares]
        names = ("arm", "share asked", "share", *[f"{self.by}s", "leads"][: len(counted)])
        sections = [Section("Arms", [Table(names, rows)])]
        if self.stratify:
            arms = [a for a, _ in self.arms.shares]
            split = [[s or "(none)", *[self.counts(s)[n] for n in arms]] for s in self.strata]
            sections.append(Section(f"By {self.stratify}", [Table((self.stratify, *arms), split)]))
        balanced = self.p is None or self.p >= UNLIKELY
        small = [f"{self.alone:,} leads without {self.by} are a unit of their own"] if self.alone else []
        tone = "good" if balanced else "warning"
        words = "as asked for" if balanced else f"further from what was asked than chance makes likely (p {self.p:.2g})"
        return Report(
            title=f"Assigned by {self.by}, salt {self.salt}",
            verdict=Words(f"{len(self.rows):,} leads assigned; the shares are {words}.", tone),
            sections=tuple(sections),
            small_print=small,
        )


def assign_leads(
    data: Data,
    arms: Arms,
    *,
    as_of_us: int,
    by: str = "lead",
    stratify: str | None = None,
    salt: str = "pilot",
    model: LoadedModel | None = None,
    engine: str = IN_MEMORY,
    progress: Progress = silent,
) -> Assigned:
    """Assign every lead: by itself, with its account, or with its rep (attribute `rep` of leads).

    Args:
        data: where the leads are.
        arms: names and shares.
        as_of_us: when they are assigned; tiers are those of then.
        by: the unit that is assigned as one.
        stratify: a tier of the model or an attribute; shares are exact to one unit in each of its values.
        salt: the name of the draw; another salt is another draw.
        model: a checked model, needed for tiers.
        engine: URL of the engine that scores for tiers.
        progress: told what is being done.

    Raises:
        DenizenError: an argument cannot be meant, or data cannot be read.
    """
    if by not in UNITS:
        raise fail("bad-argument", f"--by {by}: allowed: {', '.join(UNITS)}")
    if stratify in TIERS and model is None:
        raise fail("bad-argument", f"--stratify {stratify} needs a model; name it first: pilot assign MODEL …")
    asked = [*(["rep"] if by == "rep" else []), *([stratify] if stratify and stratify not in TIERS else [])]
    people, accounting = _people(data, by, stratify, asked, as_of_us, progress)
    if not people:
        raise fail("data-lacking", "there are no leads to assign")
    if by != "lead" and not any(unit for _, unit, _ in people):
        raise fail("data-lacking", f"--by {by}: no lead has {'an account_id' if by == 'account' else 'a `rep`'}")
    if stratify in TIERS and model is not None:
        tiers = _tiers(model, data, stratify, as_of_us, engine, progress)
        people = [(lead, unit, tiers.get(lead)) for lead, unit, _ in people]
    if stratify and not any(s for *_, s in people):
        raise fail("data-lacking", f"--stratify {stratify}: no lead has a value of it")
    units: dict[str, Counter[str]] = {}
    for lead, unit, stratum in people:
        units.setdefault(_unit(lead, unit, by), Counter())[stratum or ""] += 1
    strata = {u: min(c, key=lambda s: (-c[s], s)) or None for u, c in units.items()}
    found = assign(strata, arms, salt, stratified=stratify is not None)
    rows = [
        {"lead_id": lead, "arm": found[u], "unit": u, "stratum": strata[u], "assigned_at": iso(as_of_us)}
        for lead, unit, _ in people
        for u in [_unit(lead, unit, by)]
    ]
    alone = 0 if by == "lead" else sum(not unit for _, unit, _ in people)
    return Assigned(tuple(rows), arms, by, salt, stratify, alone, accounting)


def _unit(lead: str, unit: str | None, by: str) -> str:
    return lead if by == "lead" else f"{by}:{unit}" if unit else f"lead:{lead}"


def _people(
    data: Data, by: str, stratify: str | None, asked: list[str], as_of_us: int, progress: Progress
) -> tuple[list[tuple[str, str | None, str | None]], Accounting]:
    tables = tables_of(dict.fromkeys(asked))
    connection = connect()
    try:
        progress("reading leads")
        accounting = prepare(connection, data, tables, Moments((as_of_us,)), grid=False)

        def column(name: str | None) -> str:
            return "NULL" if name is None or name in TIERS else tables.attributes[name].text

        unit = {"lead": "NULL", "account": "account_id"}.get(by) or column("rep")
        rows = connection.execute(
            f"SELECT CAST(lead_id AS VARCHAR) AS lead, CAST({unit} AS VARCHAR), CAST({column(stratify)} AS VARCHAR)"
            " FROM leads ORDER BY lead"
        ).fetchall()
    finally:
        connection.close()
    return rows, accounting


def _tiers(
    model: LoadedModel, data: Data, tier: str, as_of_us: int, engine: str, progress: Progress
) -> dict[str, str | None]:
    with score_run(model, data, Moments((as_of_us,)), engine=engine, progress=progress) as run:
        rows = run.connection.execute(
            f"SELECT CAST(lead_id AS VARCHAR), CAST({tier} AS VARCHAR) FROM final ORDER BY 1, 2"
        ).fetchall()
    return dict(rows)
