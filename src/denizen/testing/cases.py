"""Cases: a model, a lead, what it did, and the score that must come out.

```yaml
- case: two invites in a day
  model: trial.yaml            # a path beside the cases, or the model itself
  as_of: 2026-06-10
  lead: {employees: 120}
  events:
    - {event: teammate_invited, at: 2026-06-01T10:00:00Z}
    - {event: pricing_viewed, at: 2026-06-01T11:00:00Z, properties: {logged_in: true}}
  expect: {fit: 15, behavior: 25, pql: false, lines: {invites: 10, "recency invites": 2.5}}
```

`lines` names criteria by their name and other lines as `kind name`; only what is named is looked at.

A case may hold more people of the account, and say what must come out for them and for the account:

```yaml
  colleagues:
    bob: {lead: {title: CTO}, events: [{event: admin_added, at: 2026-06-02}]}
  account_events:
    - {event: funding_round, at: 2026-06-03}
  expect:
    pql: false
    colleagues: {bob: {behavior: 0}}
    account: {pqa: true, members: 2, lines: {champion: 5, member bob: 0}, people: {champion: [bob]}}
```
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from denizen.errors import DenizenError, did_you_mean
from denizen.model.load import LoadedModel, load_model, model_from, read_text, validate
from denizen.model.source import parse_yaml
from denizen.testing.rows import LEAD
from denizen.testing.spec import CaseFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from denizen.errors import Finding
    from denizen.model.source import Path as Place
    from denizen.model.source import Source
    from denizen.testing.spec import CaseEvent, CaseMoment, Colleague


@dataclass(frozen=True, slots=True)
class Case:
    """One case, and where it stands."""

    name: str
    model: LoadedModel
    lead: dict[str, Any]
    account: dict[str, Any] | None
    events: tuple[CaseEvent, ...]
    moments: tuple[CaseMoment, ...]
    known: bool
    file: str
    line: int
    colleagues: dict[str, Colleague] = field(default_factory=dict)
    account_events: tuple[CaseEvent, ...] = ()

    @property
    def expects_account(self) -> bool:
        """Whether anything is expected of the account."""
        return any(m.expect.account is not None for m in self.moments)

    @property
    def has_account(self) -> bool:
        """Whether its people belong to an account unless they say otherwise."""
        return self.account is not None or bool(self.colleagues or self.account_events) or self.expects_account

    @property
    def place(self) -> str:
        """`file:line`."""
        return f"{self.file}:{self.line}"


def load_cases(path: str | Path) -> list[Case]:
    """Return the cases of a file.

    Raises:
        DenizenError: the file or a model in it cannot be used; all findings, each with its place.
    """
    return cases_from(parse_yaml(read_text(path), str(path)))


def cases_from(source: Source) -> list[Case]:
    """Return the cases of YAML that has been read.

    Raises:
        DenizenError: a case or a model in it cannot be used; all findings, each with its place.
    """
    findings = list(source.findings)
    if not isinstance(source.data, list):
        raise DenizenError(
            [source.finding("wrong-value", (), "expected a list of cases, each starting `- case: NAME`")]
        )
    models: dict[Path, LoadedModel] = {}
    cases: list[Case] = []
    for i in range(len(source.data)):
        case, problems = _case(source.at((i,)), models)
        findings += problems
        cases += [case] if case is not None else []
    if findings:
        raise DenizenError(sorted(findings, key=lambda f: (f.line or 0, f.column or 0)))
    return cases


def _case(source: Source, models: dict[Path, LoadedModel]) -> tuple[Case | None, list[Finding]]:
    file, findings = validate(CaseFile, source)
    if file is None or findings:
        return None, findings
    try:
        model = _model(source, models)
    except DenizenError as error:
        return None, list(error.findings)
    case = Case(
        file.case,
        model,
        file.lead,
        file.account,
        tuple(file.events),
        tuple(file.moments()),
        file.known,
        source.file,
        source.values[()][0],
        file.colleagues,
        tuple(file.account_events),
    )
    strange = list(_strangers(case, source))
    return (None, strange) if strange else (case, [])


def _strangers(case: Case, source: Source) -> Iterator[Finding]:
    """Yield a finding for each person who is expected and not in the case, or has the name of its lead."""
    if LEAD in case.colleagues:
        yield source.finding(
            "wrong-value", ("colleagues", LEAD), f"`{LEAD}` is the lead of the case; name it otherwise"
        )
    for i, moment in enumerate(case.moments):
        place = ("at", i, "expect") if "at" in source.data else ("expect",)
        for name in moment.expect.colleagues:
            if name not in case.colleagues:
                yield _unknown(source, (*place, "colleagues", name), name, case.colleagues)
        account = moment.expect.account
        for line, people in account.people.items() if account else ():
            for j, name in enumerate(people):
                if name not in (LEAD, *case.colleagues):
                    yield _unknown(source, (*place, "account", "people", line, j), name, [LEAD, *case.colleagues])


def _unknown(source: Source, place: Place, name: str, known: Iterable[str]) -> Finding:
    told = did_you_mean(name, known) or f"people: {', '.join(known) or 'none'}"
    return source.finding("wrong-value", place, f"nobody in this case is called `{name}`; {told}")


def _model(source: Source, models: dict[Path, LoadedModel]) -> LoadedModel:
    given = source.data["model"]
    if isinstance(given, dict):
        return model_from(source.at(("model",)))
    if not isinstance(given, str) or "\n" in given:
        raise DenizenError([source.finding("wrong-value", ("model",), "expected a path or a model")])
    path = Path(source.file).parent / given
    if path not in models:
        models[path] = load_model(path)
    return models[path]
