"""One audit: a scoring run for what the model makes of the data, and an inventory for what there is besides."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb

from denizen.clock import iso
from denizen.errors import fail
from denizen.model.lint.reach import LINE_LIMIT
from denizen.model.lint.rule import Subject
from denizen.plan.build import build_program
from denizen.scoring.audit import reach
from denizen.scoring.audit.asked import Seen, account_criteria, asked_of, product_of, used_by_accounts, used_by_product
from denizen.scoring.audit.coverage import cover, criteria_by_event, fill_attributes, find_unfed_properties, finite
from denizen.scoring.audit.instrument import find_requests
from denizen.scoring.audit.inventory import take_inventory
from denizen.scoring.audit.maturity import judge
from denizen.scoring.audit.proxies import find_proxies
from denizen.scoring.audit.quality import Examined, find_faults
from denizen.scoring.audit.reading import stage_audited
from denizen.scoring.audit.report import Audit, ProductRows, Reach, SegmentGate
from denizen.scoring.ranking import summarize
from denizen.scoring.run import IN_MEMORY, score_run, silent

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from denizen.ingest.prepare import Moments
    from denizen.ingest.project import Data
    from denizen.model.load import LoadedModel
    from denizen.plan import nodes
    from denizen.scoring.audit.asked import Key
    from denizen.scoring.audit.report import AttributeFill, Covered
    from denizen.scoring.products import ProductEvents
    from denizen.scoring.run import Progress, Run


def audit_data(
    model: LoadedModel,
    data: Data,
    moments: Moments,
    now_us: int,
    *,
    engine: str = IN_MEMORY,
    progress: Progress = silent,
) -> Audit:
    """Audit data for a model (methodology, scoping factor 2 and edge case 5).

    Args:
        model: a checked model.
        data: where leads, accounts and events are; events must be there.
        moments: one instant.
        now_us: the present, after which an event is in the future.
        engine: URL of the engine that scores.
        progress: told what is being done.

    Raises:
        DenizenError: data or engine cannot be used.
    """
    if data.events is None:
        raise fail("bad-argument", "there are no events to audit; give --events, or a denizen.yaml beside the model")
    asks = account_criteria(build_program(model))
    with score_run(model, data, moments, engine=engine, detail=True, accounts=bool(asks), progress=progress) as run:
        progress("taking inventory")
        try:
            raw = stage_audited(run.connection, data, run.tables, moments.as_of_us[0])
            found = _audit(model, run, moments, now_us, leads_given=data.leads is not None)
        except duckdb.Error as error:
            raise fail("file-unreadable", str(error).split("\n", maxsplit=1)[0], file=str(data.events)) from error
        del raw  # holds temporary copies of files until here
        return found


def _audit(model: LoadedModel, run: Run, moments: Moments, now_us: int, *, leads_given: bool) -> Audit:
    by_event = criteria_by_event(asked_of(run, Seen()))
    inventory = take_inventory(run, by_event, frozenset(by_event), moments.as_of_us[0])
    owned, of_accounts = used_by_product(run, moments.as_of_us[0]), used_by_accounts(run, moments.as_of_us[0])
    seen = Seen(inventory.seen, owned, inventory.of_accounts, of_accounts)
    every = asked_of(run, seen)
    attributes = fill_attributes(run, every)
    unfed = find_unfed_properties(run, every)
    coverage = cover(run, every, attributes, unfed)
    requests = find_requests(every, coverage, inventory.seen, unfed)
    parts = _reach(model, run, coverage, seen)
    blocked = _blocked(parts, run, attributes)
    summary = summarize(run)
    faults = find_faults(
        Examined(run.connection, run.accounting, inventory, coverage, now_us, moments.as_of_us[0], leads_given, owned)
    )
    return Audit(
        model=run.program.model,
        model_hash=run.program.model_hash,
        as_of=iso(moments.as_of_us[0]),
        leads=summary.scores,
        pql=summary.pql,
        rows=run.accounting.as_dict(),
        maturity=judge(inventory.seen, coverage, lacking=bool(requests)),
        events=inventory.events,
        events_left_out=inventory.left_out,
        first_day=inventory.first_date,
        products=_products(owned),
        coverage=coverage,
        attributes=attributes,
        faults=faults,
        requests=requests,
        proxies=find_proxies(
            [a for a in every if not a.of_account], coverage, clock_times=all(f.code != "dates-only" for f in faults)
        ),
        reach=parts,
        can_qualify=not blocked,
        blocked_by=blocked,
        warnings=tuple(run.accounting.warnings),
    )


def _products(owned: ProductEvents) -> tuple[ProductRows, ...]:
    """Return how many events each product has: those of the model first, in its order."""
    known = [ProductRows(product, known=True, rows=owned.rows(product)) for product in owned.names]
    strange = [ProductRows(product or None, known=False, rows=rows) for product, rows in owned.strangers.items()]
    return (*known, *strange)


def _reach(model: LoadedModel, run: Run, coverage: Sequence[Covered], seen: Seen) -> tuple[Reach, ...]:
    """Return what can be reached of fit, behavior and total; of several products and segments the highest counts."""
    reachable = {
        (c.product, c.part, c.criterion): reach.INFINITE if c.reachable is None else Decimal(str(c.reachable))
        for c in coverage
    }
    fit_seen, behavior_seen, total_seen = run.connection.execute(
        "SELECT CAST(max(fit) AS DOUBLE), CAST(max(behavior) AS DOUBLE), CAST(max(total) AS DOUBLE) FROM final"
    ).fetchall()[0]
    fits, behaviors = Decimal(0), Decimal(0)
    for scored in run.plans:
        product = scored.plan.product
        own = seen.anyhow(product.name if product else None)
        fits = max(fits, _highest(scored.plan, "fit", reachable, own))
        behaviors = max(behaviors, _highest(scored.plan, "behavior", reachable, own))
    bonus = max((v.bonus.points for v in run.program.variants if v.bonus), default=Decimal(0))
    with_data = {"fit": fits, "behavior": behaviors + bonus, "total": fits + behaviors + bonus}
    design = _design(model)
    gates = min((scored.plan.gates for scored in run.plans), key=lambda g: (g.total, g.behavior, g.fit))
    return tuple(
        Reach(
            part,
            finite(design[part]),
            finite(min(with_data[part], design[part])),
            round(most or 0.0, 6),
            float(gate),
            _gates_of(run, part),
        )
        for part, most, gate in (
            ("fit", fit_seen, gates.fit),
            ("behavior", behavior_seen, gates.behavior),
            ("total", total_seen, gates.total),
        )
    )


def _gates_of(run: Run, part: str) -> tuple[SegmentGate, ...]:
    """Return the gate of each segment, that of all others last."""
    found: dict[str | None, float] = {}
    for scored in run.plans:
        audience = scored.plan.audience
        found.setdefault(audience.segment or None if audience else None, float(getattr(scored.plan.gates, part)))
    return tuple(SegmentGate(segment, gate) for segment, gate in found.items())


def _design(model: LoadedModel) -> dict[str, Decimal]:
    """Return the highest scores by design, as `denizen check` reckons them; infinite where a line has no limit."""
    subjects = [Subject(spec) for spec in (model.spec, *(segment.spec for segment in model.segments))]
    found = {
        "fit": max(s.fit.score.high for s in subjects),
        "behavior": max(s.behavior_score.high for s in subjects),
        "total": max(s.fit.score.high + s.behavior_score.high for s in subjects),
    }
    return {part: reach.INFINITE if high >= LINE_LIMIT else high for part, high in found.items()}


def _highest(plan: nodes.Plan, part: nodes.Part, reachable: Mapping[Key, Decimal], seen: Collection[str]) -> Decimal:
    """Return the highest score of one part with what the data has."""
    product = product_of(plan, part)
    with_data = sum((reachable[product, part, c.name] for c in plan.part(part)), Decimal(0))
    if part == "behavior":
        with_data += reach.velocity_best(plan, with_data, seen)
    limits = plan.fit_limits if part == "fit" else plan.behavior_limits
    return reach.clamp(with_data, limits)


def _blocked(parts: Sequence[Reach], run: Run, attributes: Sequence[AttributeFill]) -> tuple[str, ...]:
    """Return why no lead can be a PQL with what is in the data; empty if one can."""
    blocked = [
        f"{r.part}: at most {r.data:g} of the {r.gate:g} that the gate asks"
        for r in parts
        if not r.holds and r.data is not None
    ]
    known = {a.attribute for a in attributes if a.known}
    for predicate in run.plans[-1].plan.gates.require:
        wants_absence = any(c.operator == "exists" and c.operand is False for c in predicate.conditions)
        if predicate.subject not in known and not wants_absence:
            blocked.append(f"require {predicate.subject}: it is unknown for all")
    return tuple(blocked)
