"""Run cases: all cases of one model in one run, each person at the instants of its case (a grid)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from denizen.clock import iso, parse_instant, to_us
from denizen.ingest.prepare import Moments
from denizen.ingest.project import Data
from denizen.scoring.accounts import account_gates
from denizen.scoring.explain import explain_lead
from denizen.scoring.explain_account import gates_of
from denizen.scoring.run import IN_MEMORY, score_run
from denizen.testing.compare import Difference, compare_account, compare_lead
from denizen.testing.found import Found
from denizen.testing.rows import ACCOUNT_ID, LEAD, Rows, names_accounts, person_id, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from denizen.scoring.explain import Gate
    from denizen.scoring.run import Run
    from denizen.testing.cases import Case
    from denizen.testing.spec import CaseMoment, ExpectLead

ANY_MODEL_MAY_HAVE = (
    *("velocity velocity", "decay decay", "decay after_trial", "ceiling ceiling", "limit limit"),
    "cross_product cross_product_bonus",
)
"""Lines besides criteria; a case may say that a model has none of them."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A case that was run."""

    case: Case
    differences: tuple[Difference, ...]

    @property
    def passed(self) -> bool:
        """Whether everything expected came out."""
        return not self.differences


@dataclass(frozen=True, slots=True)
class _Scored:
    """The scores of one run: of people by lead_id and instant, of accounts by account_id and instant.

    `names` are those that a line of this model can have.
    """

    people: dict[tuple[str, int], Found]
    accounts: dict[tuple[str, int], Found]
    names: frozenset[str]


def run_case(case: Case, engine: str = IN_MEMORY) -> dict[str, tuple[Any, Any]]:
    """Score a case and return what differs: expected and found, by name. Empty means it holds."""
    several = len(case.moments) > 1
    found = run_cases([case], engine)[0].differences
    return {f"{d.name} at {d.as_of}" if several else d.name: (d.expected, d.found) for d in found}


def run_cases(cases: Iterable[Case], engine: str = IN_MEMORY) -> list[Outcome]:
    """Score cases and return what differs in each, in their order; cases of one model are one run.

    Raises:
        DenizenError: the engine cannot be used.
    """
    listed = list(cases)
    outcomes: dict[int, Outcome] = {}
    for group in _groups(listed):
        scored = _score(group, engine)
        for i, case in group.items():
            differing = [d for moment in case.moments for d in _compare(case, i, moment, scored, engine)]
            outcomes[i] = Outcome(case, tuple(differing))
    return [outcomes[i] for i in range(len(listed))]


def _groups(cases: Sequence[Case]) -> Iterator[dict[int, Case]]:
    """Yield the cases that can be scored together: of one model, and strangers to each other."""
    together: dict[tuple[Any, ...], dict[int, Case]] = {}
    for i, case in enumerate(cases):
        alone = i if names_accounts(case) else -1
        alike = (case.model.fingerprint, case.known, case.account is None, case.expects_account, alone)
        together.setdefault(alike, {})[i] = case
    yield from together.values()


def _us(moment: CaseMoment) -> int:
    return parse_instant(moment.as_of)


def _data(rows: Rows, *, match: bool) -> Data:
    """Return rows as data; people of different cases never find each other by the domains of their addresses."""
    return Data(leads=rows.leads, accounts=rows.accounts or None, events=rows.events or None, match_accounts=match)


def _score(group: dict[int, Case], engine: str) -> _Scored:
    first = next(iter(group.values()))
    rows = rows_of(group)
    wanted = {(p, _us(m)) for p, (i, _) in rows.people.items() for m in group[i].moments}
    grid = [{"lead_id": person, "as_of": iso(us)} for person, us in sorted(wanted)]
    data = _data(rows, match=names_accounts(first))
    moments = Moments((), grid, first.known)
    accounts = first.expects_account
    with score_run(first.model, data, moments, engine=engine, detail=True, accounts=accounts) as run:
        return _Scored(_people(run), _accounts(run, rows) if accounts else {}, _line_names(run))


def _line_names(run: Run) -> frozenset[str]:
    """Return the names of all lines that some product of some segment has, and of those that any model may have."""
    criteria = {c.name for scored in run.plans for c in scored.plan.criteria}
    account = run.program.account
    criteria |= {c.name for c in account.facts.criteria} if account else set()
    products = {f"product {scored.plan.product.name}" for scored in run.plans if scored.plan.product}
    return frozenset({*criteria, *(f"recency {name}" for name in criteria), *products, *ANY_MODEL_MAY_HAVE})


def _people(run: Run) -> dict[tuple[str, int], Found]:
    found = {_key(row, "lead_id"): Found(row) for row in _read(run, "scores")}
    for row in _read(run, "ledger"):
        found[_key(row, "lead_id")].ledger.rows.append(row)
    return found


def _accounts(run: Run, rows: Rows) -> dict[tuple[str, int], Found]:
    """Return the scores of accounts; their people are called as the case calls them."""
    found = {_key(row, ACCOUNT_ID): Found(row) for row in _read(run, "accounts_out")}
    for row in _read(run, "accounts_ledger"):
        row["people"] = rows.called(row["leads"])
        if row["kind"] == "member":
            row["line"] = row["people"][0]
        found[_key(row, ACCOUNT_ID)].ledger.rows.append(row)
    for key, held in account_gates(run).items():
        found[key].gates = gates_of(run, held, found[key].scores)
    return found


def _read(run: Run, view: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = run.connection.sql(f"SELECT * FROM {view}").to_arrow_table().to_pylist()
    return rows


def _key(row: dict[str, Any], name: str) -> tuple[str, int]:
    return str(row[name]), to_us(row["as_of"])


def _compare(case: Case, i: int, moment: CaseMoment, scored: _Scored, engine: str) -> Iterator[Difference]:
    expect, us = moment.expect, _us(moment)
    people: list[tuple[str, ExpectLead]] = [(LEAD, expect), *expect.colleagues.items()]
    for name, wanted in people:
        found = scored.people[person_id(i, name), us]
        if wanted.gates or (wanted.pql and not found.scores["pql"]):
            found.gates = _gates(case, name, us, engine)
        yield from compare_lead(wanted, found, iso(us), scored.names, "" if name == LEAD else f"{name} ")
    if expect.account is not None:
        names = {*scored.names, *(f"member {name}" for name in (LEAD, *case.colleagues))}
        account_id = scored.people[person_id(i), us].scores[ACCOUNT_ID]
        yield from compare_account(expect.account, scored.accounts.get((str(account_id), us)), iso(us), names)


def _gates(case: Case, name: str, us: int, engine: str) -> tuple[Gate, ...]:
    data = _data(rows_of({0: case}), match=names_accounts(case))
    moments = Moments((us,), None, case.known)
    explained, _ = explain_lead(case.model, person_id(0, name), data, moments, engine=engine)
    return explained.gates
