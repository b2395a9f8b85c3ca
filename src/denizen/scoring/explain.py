"""Why a lead has its score: every line, the events behind it, what is unknown, and which gate is missed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from denizen.clock import iso
from denizen.ingest.derive.lookup import DERIVED_FROM
from denizen.plan import nodes
from denizen.plan.describe import describe_conditions
from denizen.scoring.foresight.ahead import look_ahead
from denizen.scoring.foresight.path import find_path
from denizen.scoring.run import IN_MEMORY, score_run, silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from denizen.ingest.accounting import Accounting
    from denizen.ingest.prepare import Moments
    from denizen.ingest.project import Data
    from denizen.model.load import LoadedModel
    from denizen.scoring.foresight.path import Path
    from denizen.scoring.imagine import World
    from denizen.scoring.run import Progress, Run


@dataclass(frozen=True, slots=True)
class Evidence:
    """One event behind a line; `lead_id` says who did it, where a line looks at a whole account."""

    event: str
    event_id: str | None
    at: str
    lead_id: str | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """What a value was derived from: another attribute, or the same one as the data spells it."""

    attribute: str
    value: str


@dataclass(frozen=True, slots=True)
class ExplainedLine:
    """One line of the ledger with its events."""

    part: str
    line: str
    kind: str
    measure: str | None
    unknown: bool
    points: float
    events: tuple[Evidence, ...]
    attribute: str | None = None
    derived_from: Origin | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition of a PQL: what was reached, what is needed, and by how much it is missed (0 if it holds)."""

    gate: str
    value: float | str | None
    needed: float | str | None
    missed_by: float
    holds: bool
    derived_from: Origin | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """A score, proved, and when it moves if nothing more happens (null: never)."""

    lead_id: Any
    account_id: str | None
    as_of: str
    model: str
    model_hash: str
    fit: float
    behavior: float
    total: float
    pql: bool
    fit_tier: str | None
    behavior_tier: str | None
    disqualified: bool
    capped: bool
    gates: tuple[Gate, ...]
    lines: tuple[ExplainedLine, ...]
    unknown: tuple[str, ...]
    segment: str | None = None
    product: str | None = None
    next_change_at: str | None = None
    drops_out_at: str | None = None
    max_reachable: float = 0.0
    unknown_could_add: float = 0.0
    path: Path | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        return asdict(self)

    def __repr__(self) -> str:
        pql = "a PQL" if self.pql else "no PQL"
        return f"<denizen explanation: {self.lead_id} has {self.total:g} as of {self.as_of}, {pql}; {len(self.lines)} lines>"

    def _repr_html_(self) -> str:
        from denizen.scoring.html import explanation_html

        return explanation_html(self)


def explain_lead(
    model: LoadedModel,
    lead_id: str,
    data: Data,
    moments: Moments,
    *,
    engine: str = IN_MEMORY,
    progress: Progress = silent,
) -> tuple[Explanation, Accounting]:
    """Explain the score of one lead at one instant.

    Raises:
        DenizenError: there is no such lead, or data cannot be read.
    """
    with score_run(model, data, moments, engine=engine, detail=True, only=lead_id, progress=progress) as run:
        return _explanation(run), run.accounting


def _explanation(run: Run) -> Explanation:
    row = run.connection.execute(
        "SELECT lead_id, account_id, as_of_us, CAST(fit AS DOUBLE), CAST(behavior AS DOUBLE), CAST(total AS DOUBLE), pql,"
        " fit_tier, behavior_tier, disqualified, capped, segment, product, plan_no FROM final ORDER BY as_of_us LIMIT 1"
    ).fetchall()[0]
    (
        lead_id,
        account_id,
        as_of_us,
        fit,
        behavior,
        total,
        pql,
        fit_tier,
        behavior_tier,
        disqualified,
        capped,
        segment,
        product,
        plan_no,
    ) = row
    lines = _lines(run, run.plans[int(plan_no) - 1].plan)
    gates = _gates(run, int(plan_no), lead_id, (fit, behavior, total), capped=capped)
    unknown = tuple(dict.fromkeys(line.line for line in lines if line.unknown and line.kind == "criterion"))
    return Explanation(
        lead_id=lead_id,
        account_id=account_id,
        as_of=iso(int(as_of_us)),
        model=run.program.model,
        model_hash=run.program.model_hash,
        fit=fit,
        behavior=behavior,
        total=total,
        pql=pql,
        fit_tier=fit_tier,
        behavior_tier=behavior_tier,
        disqualified=disqualified,
        capped=capped,
        gates=gates,
        lines=lines,
        unknown=unknown,
        segment=segment,
        product=product,
        **_foreseen(run, int(plan_no), pql=pql, missing=Decimal(str(max(g.missed_by for g in gates)))),
    )


def _foreseen(run: Run, plan_no: int, *, pql: bool, missing: Decimal) -> dict[str, Any]:
    world = look_ahead(run)
    row = run.connection.execute(
        "SELECT epoch_us(next_change_at), epoch_us(drops_out_at), max_reachable, unknown_could_add FROM foreseen"
        " ORDER BY as_of LIMIT 1"
    ).fetchall()[0]
    change, drop = (None if us is None else iso(int(us)) for us in row[:2])
    return {
        "next_change_at": change,
        "drops_out_at": drop,
        "max_reachable": row[2],
        "unknown_could_add": row[3],
        "path": None if pql else _path(run, plan_no, world, missing),
    }


def _path(run: Run, plan_no: int, world: World, missing: Decimal) -> Path:
    """Return the shortest path by any product of the lead's segment, or of one it could turn out to be of."""
    own = run.plans[plan_no - 1].plan
    reachable = _open_audiences(run)
    plans = {
        no: s.plan
        for no, s in enumerate(run.plans, 1)
        if s.plan.audience == own.audience or s.plan.audience in reachable
    }
    measures = {no: _measures(run, no) for no in plans}
    for no, plan in plans.items():
        like = next((n for n in plans if measures[n] and plans[n].product == plan.product), None)
        if not measures[no] and like is not None:
            same = {(c.name, c.measure) for c in plans[like].criteria}
            measures[no] = {
                c.name: measures[like][c.name]
                for c in plan.criteria
                if (c.name, c.measure) in same and c.name in measures[like]
            }
    return find_path(world, plan_no, plans, measures, missing)


def _open_audiences(run: Run) -> set[nodes.Audience | None]:
    """Return the segments that an unknown attribute could still put the lead in."""
    found: set[nodes.Audience | None] = set()
    attributes = run.tables.attributes
    for audience in {s.plan.audience for s in run.plans if s.plan.audience}:
        subjects = {p.subject for group in (audience.when, *audience.earlier) for p in group}
        known = "grid" if run.tables.dated else "leads"
        listed = " OR ".join(f"{attributes[s].column} IS NULL" for s in sorted(subjects))
        lead = "(SELECT lead_id FROM final ORDER BY as_of_us LIMIT 1)"
        if (
            listed
            and run.connection.execute(f"SELECT bool_or({listed}) FROM {known} WHERE lead_id = {lead}").fetchall()[0][0]
        ):
            found.add(audience)
    return found


def _measures(run: Run, plan_no: int) -> dict[str, Decimal]:
    """Return what the criteria of a plan measure, as far as these are numbers; nothing if the lead is not of its segment."""
    measured = [m for m in run.plans[plan_no - 1].scores.criteria if m.criterion.events is not None]
    if not measured:
        return {}
    columns = ", ".join(f"CAST({m.column} AS VARCHAR)" for m in measured)
    rows = run.connection.execute(f"SELECT {columns} FROM verdict_{plan_no} LIMIT 1").fetchall()
    numbers = [(m.criterion.name, _as_number(value)) for row in rows for m, value in zip(measured, row, strict=True)]
    return {name: value for name, value in numbers if value is not None}


def _as_number(measure: str | None) -> Decimal | None:
    try:
        number = Decimal(measure or "")
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _lines(run: Run, plan: nodes.Plan) -> tuple[ExplainedLine, ...]:
    evidence: dict[tuple[str, str], list[Evidence]] = {}
    found = run.connection.execute(
        "SELECT kind, line, event, event_id, at_us, lead_id FROM evidence ORDER BY at_us, event_id, event, lead_id"
    ).fetchall()
    for kind, line, event, event_id, at_us, lead_id in found:
        evidence.setdefault((kind, line), []).append(Evidence(event, event_id, iso(int(at_us)), lead_id))
    rows = run.connection.execute(
        "SELECT part, line, kind, measure, unknown, CAST(points AS DOUBLE) FROM lines ORDER BY line_no"
    ).fetchall()
    origins = _origins(run)
    attributes = {(c.part, c.name): c.measure.name for c in plan.criteria if isinstance(c.measure, nodes.Attribute)}
    explained = []
    for part, line, kind, measure, unknown, points in rows:
        attribute = attributes.get((part, line)) if kind == "criterion" else None
        # Only behavior counts events; a criterion of fit may have the same name.
        counted = ("criterion" if kind == "recency" else kind, line) if part == "behavior" else None
        proof = tuple(evidence.get(counted, ())) if counted else ()
        origin = origins.get(attribute or "")
        explained.append(ExplainedLine(part, line, kind, measure, unknown, points, proof, attribute, origin))
    return tuple(explained)


def _origins(run: Run) -> dict[str, Origin]:
    """Return what derived attributes were derived from."""
    lead = "(SELECT CAST(lead_id AS VARCHAR) FROM final ORDER BY as_of_us LIMIT 1)"
    rows = run.connection.execute(
        f"SELECT attribute, source, said FROM {DERIVED_FROM} WHERE lead_id = {lead}"
    ).fetchall()
    return {str(attribute): Origin(str(source), str(said)) for attribute, source, said in rows}


def _gates(
    run: Run, plan_no: int, lead_id: Any, scores: tuple[float, float, float], *, capped: bool
) -> tuple[Gate, ...]:
    def at_least(name: str, value: float, needed: float) -> Gate:
        return Gate(name, value, needed, round(max(0.0, needed - value), 6), value >= needed)

    plan = run.plans[plan_no - 1].plan
    fit, behavior, total = scores
    needed = plan.gates
    gates = [
        at_least("total", total, float(needed.total)),
        at_least("fit", fit, float(needed.fit)),
        at_least("behavior", behavior, float(needed.behavior)),
    ]
    attributes = run.plans[plan_no - 1].scores.tables.attributes
    origins = _origins(run)
    for i, predicate in enumerate(needed.require, 1):
        value = _attribute(run, lead_id, attributes[predicate.subject].shown)
        holds = _verdict(run, plan_no, f"required_{i}")
        words = describe_conditions(predicate.conditions)
        said, origin = "unknown" if value is None else value, origins.get(predicate.subject)
        gates.append(Gate(f"require {predicate.subject}", said, words, 0.0, holds, origin))
    for name, number, column in _disqualifying(run, plan_no):
        held = _verdict(run, number, column)
        gates.append(Gate(f"{name} does not disqualify", None, None, 0.0, not held))
    if plan.ceiling:
        gates.append(Gate("the ceiling does not apply", None, None, 0.0, not capped))
    return tuple(gates)


def _disqualifying(run: Run, plan_no: int) -> Iterator[tuple[str, int, str]]:
    """Yield the criteria that rule a lead out, of every product of its segment: name, plan, and where the verdict is."""
    own = run.plans[plan_no - 1].plan
    seen: set[tuple[str, str]] = set()
    for number, each in enumerate(run.plans, 1):
        if each.plan.audience != own.audience:
            continue
        for measured in each.scores.criteria:
            criterion = measured.criterion
            if criterion.disqualifies and (
                criterion.part == "behavior" or (criterion.part, criterion.name) not in seen
            ):
                seen.add((criterion.part, criterion.name))
                yield criterion.name, number, measured.held


def _attribute(run: Run, lead_id: Any, column: str) -> str | None:
    """Return an attribute's value as it is in the data."""
    known = "grid" if run.tables.dated else "leads"
    query = f"SELECT CAST({column} AS VARCHAR) FROM {known} WHERE lead_id = ?"
    found = run.connection.execute(query, [lead_id]).fetchall()[0][0]
    return None if found is None else str(found)


def _verdict(run: Run, plan_no: int, flag: str) -> bool:
    """Return whether a flag of the verdict is set."""
    return bool(run.connection.execute(f"SELECT {flag} FROM verdict_{plan_no}").fetchall()[0][0])
