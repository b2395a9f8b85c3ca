"""Why an account has its score: every line with the people behind it, and which gate is missed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from denizen.clock import iso
from denizen.errors import fail
from denizen.scoring.accounts import account_gates
from denizen.scoring.run import IN_MEMORY, score_run, silent
from denizen.sql.literals import text

if TYPE_CHECKING:
    from denizen.ingest.accounting import Accounting
    from denizen.ingest.prepare import Moments
    from denizen.ingest.project import Data
    from denizen.model.load import LoadedModel
    from denizen.scoring.run import Progress, Run


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One line of an account's ledger with the people behind it; of kind `member`, what one person adds."""

    part: str
    line: str
    kind: str
    measure: str | None
    points: float
    leads: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccountGate:
    """One condition of a PQA: what is needed, by how much it is missed (null where no number says), and whether it holds."""

    gate: str
    needed: float | None
    missed_by: float | None
    holds: bool


@dataclass(frozen=True, slots=True)
class AccountExplanation:
    """The score of an account, proved."""

    account_id: str
    as_of: str
    model: str
    model_hash: str
    fit: float
    behavior: float
    total: float
    pqa: bool
    fit_tier: str | None
    behavior_tier: str | None
    disqualified: bool
    members: int
    pql_members: int
    gates: tuple[AccountGate, ...]
    lines: tuple[AccountLine, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        return asdict(self)


_COLUMNS = (
    "model", "model_hash", "fit", "behavior", "total", "pqa", "fit_tier", "behavior_tier", "disqualified", "members",
    "pql_members",
)  # fmt: skip


def explain_account(
    model: LoadedModel,
    account_id: str,
    data: Data,
    moments: Moments,
    *,
    engine: str = IN_MEMORY,
    progress: Progress = silent,
) -> tuple[AccountExplanation, Accounting]:
    """Explain the score of one account at one instant (semantics, section 5).

    Raises:
        DenizenError: no lead has this account, or data cannot be read.
    """
    with score_run(model, data, moments, engine=engine, detail=True, accounts=True, progress=progress) as run:
        return _explanation(run, account_id), run.accounting


def _explanation(run: Run, account_id: str) -> AccountExplanation:
    named = f"CAST(account_id AS VARCHAR) = {text(account_id)}"
    found = run.connection.execute(
        f"SELECT epoch_us(as_of), {', '.join(_COLUMNS)} FROM accounts_out WHERE {named} ORDER BY as_of LIMIT 1"
    ).fetchall()
    if not found:
        raise fail("unknown-account", f"no lead has the account {account_id!r}")
    as_of_us, *values = found[0]
    lines = run.connection.execute(
        f"SELECT part, line, kind, measure, points, leads FROM accounts_ledger WHERE {named}"
    ).fetchall()
    reached = dict(zip(("fit", "behavior", "total"), values[2:5], strict=True))
    return AccountExplanation(
        account_id=account_id,
        as_of=iso(int(as_of_us)),
        **dict(zip(_COLUMNS, values, strict=True)),
        gates=gates_of(run, account_gates(run)[account_id, int(as_of_us)], reached),
        lines=tuple(
            AccountLine(part, line, kind, measure, points, tuple(map(str, leads)))
            for part, line, kind, measure, points, leads in lines
        ),
    )


def gates_of(run: Run, held: dict[str, bool], reached: dict[str, Any]) -> tuple[AccountGate, ...]:
    """Return the gates of an account, from which of them hold and the scores that it reached."""
    asked = run.program.account.facts.gates
    found = []
    for gate, holds in held.items():
        needed = float(getattr(asked, gate)) if gate in ("total", "fit", "behavior") else None
        missed = None if needed is None else round(max(0.0, needed - reached[gate]), 6)
        found.append(AccountGate(gate, needed, missed, holds))
    return tuple(found)
