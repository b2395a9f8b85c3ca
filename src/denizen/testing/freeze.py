"""Freeze a real lead into an anonymous case: the same score, and nothing by which anyone could be known."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from denizen.clock import iso
from denizen.errors import fail
from denizen.ingest.prepare import Moments
from denizen.model.durations import DAY_US
from denizen.model.source import parse_yaml
from denizen.plan.build import build_program
from denizen.plan.needs import asked_of, needs_of
from denizen.scoring.run import IN_MEMORY, score_run
from denizen.sql.conditions import SEPARATOR
from denizen.testing.cases import cases_from
from denizen.testing.neutral import Neutral
from denizen.testing.run import run_cases

if TYPE_CHECKING:
    from denizen.ingest.project import Data
    from denizen.model.load import LoadedModel
    from denizen.plan.needs import Asked, Needs
    from denizen.scoring.run import Run

_EPOCHS = (11_323 * DAY_US, 11_688 * DAY_US)
"""2001-01-01 and 2002-01-01: where the day of the as-of instant is moved to; never where it is already."""

_SCORES = "fit behavior total pql fit_tier behavior_tier disqualified capped".split()  # noqa: SIM905
_SIGNUP = ("signup_at", "trial_started_at", "trial_ends_at")
_PLAIN_NUMBER = re.compile(r"^-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,9})?$")


@dataclass(frozen=True, slots=True)
class _Lead:
    """What the model reads of one lead, as it was given."""

    moments: dict[str, int]
    attributes: dict[str, str]
    events: list[dict[str, Any]]
    expected: dict[str, Any]
    lines: dict[str, float]


def freeze_lead(
    model: LoadedModel,
    lead_id: str,
    data: Data,
    as_of_us: int,
    *,
    known: bool = False,
    engine: str = IN_MEMORY,
    model_path: str | None = None,
    file: str = "frozen.yaml",
) -> str:
    """Return a case (YAML) with the score of a lead and without its ids, texts and dates; it has been run and holds.

    Args:
        model: a checked model.
        lead_id: which lead.
        data: where it is found.
        as_of_us: the instant of the score.
        known: an event counts only once it had been received.
        engine: URL of the engine.
        model_path: how the case names its model; default the file the model came from.
        file: where the case will stand, so that the path to the model is found.

    Raises:
        DenizenError: there is no such lead, data cannot be read, or no anonymous case gives the same score.
    """
    plans = build_program(model).plans
    needs, asked = needs_of(*plans), asked_of(*plans)
    if needs.accounts:
        raise fail("bad-argument", "the model counts events of a whole account; only a lead's own events can be frozen")
    with score_run(model, data, Moments((as_of_us,), None, known), engine=engine, detail=True, only=lead_id) as run:
        lead = _read(run, needs, as_of_us)
    for keep in [frozenset[str](), *[frozenset({s}) for s in _subjects(asked)], frozenset(_subjects(asked))]:
        text = _case(lead, asked, needs, as_of_us, keep, model_path or model.file)
        cases = cases_from(parse_yaml(text, file))
        if run_cases(cases, engine)[0].passed:
            return text
    raise fail("freeze-failed", f"no case without the data of {lead_id!r} itself gives its score")


def _subjects(asked: Asked) -> list[str]:
    return [*asked.attributes, *asked.properties]


def _read(run: Run, needs: Needs, as_of_us: int) -> _Lead:
    connection, tables = run.connection, run.tables
    shown = [v.shown for v in tables.attributes.values()]
    columns = ", ".join(["signup_us", "trial_started_us", "trial_ends_us", *shown])
    row = connection.execute(f"SELECT {columns} FROM leads").fetchall()[0]
    values = {name: v for name, v in zip(tables.attributes, row[3:], strict=True) if v is not None and str(v).strip()}
    events = _events(run, as_of_us)
    moments = {name: int(us) for name, us in zip(_SIGNUP, row[:3], strict=True) if us is not None}
    if events:
        moments.setdefault("signup_at", min(e["at"] for e in events))
    if not needs.every_event:
        events = [e for e in events if e["event"] in needs.names]
    score = connection.execute(f"SELECT {', '.join(_SCORES)} FROM scores").fetchall()[0]
    lines = connection.execute(
        "SELECT CASE kind WHEN 'criterion' THEN line ELSE kind || ' ' || line END, part, CAST(points AS DOUBLE)"
        " FROM lines WHERE kind <> 'limit' ORDER BY line_no"
    ).fetchall()
    return _Lead(
        moments,
        {n: str(v) for n, v in values.items()},
        events,
        dict(zip(_SCORES, score, strict=True)),
        {str(name): float(points) for name, _, points in lines},
    )


def _events(run: Run, as_of_us: int) -> list[dict[str, Any]]:
    """Return the events of the lead that the score saw, oldest first."""
    tables = run.tables
    session = "session_id" if tables.sessions else "NULL"
    columns = ["event", "at_us", "event_id", session]
    for value in tables.properties.values():
        columns += [value.text, value.words if value.forms.words else "NULL"]
    seen = f"at_us <= {as_of_us} AND (received_us IS NULL OR received_us <= {as_of_us})"
    seen += f" AND (replaced_us IS NULL OR replaced_us > {as_of_us})"
    rows = run.connection.execute(
        f"SELECT {', '.join(columns)} FROM events WHERE lead_id IN (SELECT lead_id FROM leads) AND {seen}"
        " ORDER BY at_us, event, event_id"
    ).fetchall()
    return [
        {
            "event": row[0],
            "at": int(row[1]),
            "id": row[2],
            "session": row[3],
            "properties": {
                name: text if words is None else json.dumps(words.strip(SEPARATOR).split(SEPARATOR))
                for name, text, words in zip(tables.properties, row[4::2], row[5::2], strict=True)
                if text is not None
            },
        }
        for row in rows
    ]


def _case(lead: _Lead, asked: Asked, needs: Needs, as_of_us: int, keep: frozenset[str], model_path: str) -> str:
    day = as_of_us // DAY_US * DAY_US
    shift = day - next(e for e in _EPOCHS if e != day)
    attributes = {n: Neutral(n, c, n in asked.counted, needs.attributes[n]) for n, c in asked.attributes.items()}
    properties = {n: Neutral(n, c, n in asked.counted) for n, c in asked.properties.items()}

    def neutral(found: dict[str, Neutral], name: str, value: str) -> str:
        return value if name in keep else found[name].of(value)

    known = {name: iso(us - shift) for name, us in lead.moments.items()}
    known |= {n: neutral(attributes, n, v) for n, v in lead.attributes.items() if n not in _SIGNUP}
    names = _aliases([e["event"] for e in lead.events], "other event ", set(needs.names))
    ids = _aliases(sorted({e["id"] for e in lead.events if e["id"] is not None}), "e", set())
    sessions = _aliases([e["session"] for e in lead.events if e["session"] is not None], "s", set())
    events = []
    for e in lead.events:
        row = [f"event: {_text(names[e['event']])}", f"at: {iso(e['at'] - shift)}"]
        row += [f"id: {ids[e['id']]}"] if needs.order and e["id"] is not None else []
        row += [f"session: {_text(sessions[e['session']])}"] if e["session"] is not None else []
        told = {n: neutral(properties, n, str(v)) for n, v in e["properties"].items()}
        row += [f"properties: {_mapping(told)}"] if told else []
        events.append(f"    - {{{', '.join(row)}}}\n")
    notes = [
        f"  # kept of {n.name}, since conditions look at it: {json.dumps(v)}\n"
        for n in (*attributes.values(), *properties.values())
        for v in n.kept
    ]
    notes += [f"  # kept as it is, since nothing else gives this score: {json.dumps(n)}\n" for n in sorted(keep)]
    expect = {k: v for k, v in lead.expected.items() if v is not None}
    verdict = "a PQL" if expect["pql"] else "no PQL"
    return "".join(
        [
            f"- case: a real lead with a total of {_number(expect['total'])}, {verdict}\n",
            *notes,
            f"  model: {_text(model_path)}\n",
            f"  as_of: {iso(as_of_us - shift)}\n",
            f"  lead: {_mapping(known)}\n",
            *(["  events:\n", *events] if events else []),
            "  expect:\n",
            *[f"    {k}: {_expected(v)}\n" for k, v in expect.items()],
            *(["    lines:\n"] if lead.lines else []),
            *[f"      {_text(k)}: {_number(v)}\n" for k, v in lead.lines.items()],
        ]
    )


def _aliases(values: list[str], word: str, kept: set[str]) -> dict[str, str]:
    """Return another name for each value that is not to be kept; names sort as the values were listed."""
    width = len(str(len(values)))
    strange = [v for v in dict.fromkeys(values) if v not in kept]
    return {**{v: v for v in values}, **{v: f"{word}{i:0{width}}" for i, v in enumerate(strange, 1)}}


def _mapping(values: dict[str, str]) -> str:
    return f"{{{', '.join(f'{_text(n)}: {_scalar(v)}' for n, v in values.items())}}}"


def _scalar(value: str) -> str:
    """Return a value in YAML that reads as the same text; a list stays one."""
    if value.startswith("["):
        try:
            return json.dumps(json.loads(value), ensure_ascii=False)
        except ValueError:
            return _text(value)
    return value if _PLAIN_NUMBER.match(value) else _text(value)


def _text(value: str) -> str:
    """Return a text in YAML: as it is if that is safe, else quoted."""
    return value if re.fullmatch(r"[A-Za-z][A-Za-z0-9_./-]*", value) and not _word(value) else json.dumps(value)


def _word(value: str) -> bool:
    return value.lower() in {"true", "false", "null", "yes", "no", "on", "off"}


def _expected(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return _text(value) if isinstance(value, str) else _number(value)


def _number(value: float) -> str:
    return (
        f"{value:.6f}".rstrip("0").rstrip(".").replace("-0", "0")
        if value == 0
        else f"{value:.6f}".rstrip("0").rstrip(".")
    )


def frozen_model_path(model: str, out: str | None) -> str:
    """Return how a case at `out` names the model: relative to it."""
    if out is None:
        return model
    return Path(os.path.relpath(Path(model).resolve(), Path(out).resolve().parent)).as_posix()
