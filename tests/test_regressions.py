"""What reviewers broke once, by the smallest data that broke it."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import denizen
from denizen.errors import DenizenError

MODEL = "model: t\nbehavior: {criteria: {a: {count: x, each: 1, points: 1}}}\npql: {total: 1, fit: 0, behavior: 1}\n"
CSV = "lead_id,event,timestamp\nana,x,2026-01-01\nbob,x,2026-01-01\n"


def behaviors(**data):
    model = data.pop("model", MODEL)
    result = denizen.score(model, as_of=data.pop("as_of", "2026-06-10"), **data)
    return {r["lead_id"]: r["behavior"] for r in result.scores.to_pylist()}


def test_a_folder_called_like_a_column_changes_nothing(tmp_path):
    folder = tmp_path / "lead_id=zoe"
    folder.mkdir()
    (folder / "e.csv").write_text(CSV)
    assert behaviors(events=tmp_path) == {"ana": 1, "bob": 1}


def test_a_star_in_a_file_name_is_no_glob(tmp_path):
    (tmp_path / "a*.csv").write_text(CSV)
    (tmp_path / "ab.csv").write_text(CSV)
    assert behaviors(events=str(tmp_path / "a*.csv")) == {"ana": 1, "bob": 1}


def test_what_was_not_yet_received_does_not_leak_into_the_past():
    model = "model: t\nbehavior: {criteria: {a: {sum: {of: v, event: x}, each: 1, points: 1}}}\n"
    first = {
        "lead_id": "a",
        "event": "x",
        "event_id": "1",
        "timestamp": "2026-06-02",
        "received_at": "2026-06-02",
        "v": "1",
    }
    later = {**first, "timestamp": "2026-06-01", "received_at": "2026-06-20", "v": "9"}
    events = [first, later]
    assert behaviors(model=model, events=events, known=True) == {"a": 1}
    assert behaviors(model=model, events=events, known=True, as_of="2026-06-20") == {"a": 9}
    assert behaviors(model=model, events=events) == {"a": 9}


@pytest.mark.parametrize("value", ["x\ny", "x\u2028y", "\u2028x\r\ny\x85z"])
def test_a_line_break_in_a_text_survives_the_layout_of_sql(value):
    model = json.dumps(
        {"model": "m", "fit": {"criteria": {"a": {"attribute": "v", "bands": [{"is": value, "points": 7}]}}}}
    )
    result = denizen.score(model + "\n", leads=[{"lead_id": "a", "v": value}], as_of="2026-01-01")
    assert result.scores["fit"].to_pylist() == [7]


def test_giant_numbers_are_equal_only_if_their_digits_are():
    giant = "10000000000000000000000000000001"
    model = json.dumps(
        {
            "model": "m",
            "fit": {"criteria": {"a": {"attribute": "v", "bands": [{"is": giant, "points": 7}]}}},
            "behavior": {"criteria": {"b": {"distinct": {"of": "v"}, "each": 1, "points": 1}}},
        }
    )
    leads = [{"lead_id": "a", "v": giant}, {"lead_id": "b", "v": giant[:-1] + "2"}]
    events = [{"lead_id": "a", "event": "x", "timestamp": "2026-01-01", "v": r["v"]} for r in leads]
    result = denizen.score(model + "\n", leads=leads, events=events, as_of="2026-01-02")
    assert {r["lead_id"]: (r["fit"], r["behavior"]) for r in result.scores.to_pylist()} == {"a": (7, 2), "b": (0, 0)}


def test_values_a_sum_cannot_read_are_told():
    model = "model: t\nbehavior: {criteria: {a: {sum: {of: v}, each: 1, points: 1}}}\n"
    events = [{"lead_id": "a", "event": "x", "timestamp": "2026-01-01", "v": v} for v in ("3", "oops", "4.5")]
    result = denizen.score(model, events=events, as_of="2026-01-02")
    wanted = "criterion `a`: 1 value of `v` does not read as a number and adds nothing to the sum"
    assert wanted in result.accounting.warnings


def test_what_sums_of_several_segments_cannot_read_is_told_once():
    model = """model: t
behavior: {criteria: {a: {sum: {of: v}, each: 1, points: 1}}}
segments: [{name: large, when: {size: {at_least: 10}}}]
"""
    leads = [{"lead_id": "a", "size": 20}, {"lead_id": "b", "size": 5}]
    events = [
        {"lead_id": lead, "event": "x", "timestamp": f"2026-01-0{day}", "v": "oops"}
        for lead, day in (("a", 1), ("b", 1), ("b", 2))
    ]
    told = denizen.score(model, leads=leads, events=events, as_of="2026-01-05").accounting.warnings
    assert [w for w in told if "read as" in w] == [
        "criterion `a`: 3 values of `v` do not read as numbers and add nothing to the sum"
    ]


def test_parquet_files_without_a_column_are_rejected_row_by_row(tmp_path):
    pq.write_table(
        pa.table({"lead_id": [1], "event": ["x"], "timestamp": pa.array([1], pa.timestamp("us"))}),
        tmp_path / "1.parquet",
    )
    pq.write_table(pa.table({"lead_id": [1], "event": ["x"]}), tmp_path / "2.parquet")
    rows = denizen.score(MODEL, events=tmp_path, as_of="2026-01-01").accounting.events
    assert (rows.read, rows.used, rows.rejected) == (2, 1, 1)


def test_broken_lines_of_several_files_are_all_counted(tmp_path):
    for name in ("1.jsonl", "2.jsonl"):
        (tmp_path / name).write_bytes(b'{"lead_id": "a", "event": "x", "timestamp": "2026-01-01"}\n\xff\xfe\n')
    rows = denizen.score(MODEL, events=tmp_path, as_of="2026-01-02").accounting.events
    assert (rows.read, rows.used, rows.rejected) == (4, 2, 2)


def test_a_missed_requirement_is_missed_whatever_else_is():
    model = MODEL.replace("behavior: 1}", "behavior: 1, require: {plan: pro}}").replace("total: 1", "total: 80")
    explanation = denizen.explain(model, "a", leads=[{"lead_id": "a", "plan": "free"}], as_of="2026-01-01")
    gates = {g.gate: (g.value, g.needed, g.holds) for g in explanation.gates}
    assert gates["require plan"] == ("free", "is pro", False)


WRONG_FRAMES = [([1, 2], "dictionaries"), (42, "Arrow, pandas or Polars")]


@pytest.mark.parametrize(("frame", "message"), WRONG_FRAMES)
def test_what_is_no_table_is_refused(frame, message):
    with pytest.raises(DenizenError, match=message):
        denizen.score(MODEL, leads=frame, as_of="2026-01-01")


def test_columns_of_mixed_types_are_read_as_text():
    events = [{"lead_id": v, "event": "x", "timestamp": "2026-01-01"} for v in (1, "a", 2.5)]
    assert behaviors(events=events) == {"1": 1, "a": 1, "2.5": 1}


BAD_YAML = [
    "a: " + "[" * 3000,
    "? [a]\n: b\n\x00",
    "model: m\nfit: {criteria: {a: {attribute: x, bands: [{matches: '"
    + "(" * 600
    + "a"
    + ")" * 600
    + "', points: 1}]}}}\n",
]


@pytest.mark.parametrize("text", BAD_YAML)
def test_deep_nesting_is_one_clear_error(text):
    with pytest.raises(DenizenError):
        denizen.load_model(text + "\n")


def test_a_mapped_column_that_is_not_there_is_refused():
    events = [{"lead_id": "a", "event": "x", "timestamp": "2026-01-01"}]
    with pytest.raises(DenizenError, match="no column `message_id` for events.event_id"):
        denizen.score(MODEL, events=events, as_of="2026-01-02", columns={"events": {"event_id": "message_id"}})
    with pytest.raises(DenizenError, match="did you mean `event_id`"):
        denizen.score(MODEL, events=events, as_of="2026-01-02", columns={"events": {"eventid": "event"}})


def test_strangers_and_old_data_are_noticed():
    events = [
        {"lead_id": "a@x", "event": "y", "timestamp": "2020-01-01"},
        {"lead_id": "u1", "event": "y", "timestamp": "2020-01-01"},
    ]
    result = denizen.score(MODEL, leads=[{"lead_id": "u1"}], events=[*events, {**events[0], "lead_id": "b@x"}])
    told = " | ".join(result.accounting.warnings)
    assert "2 of 3 events are of leads that are not in leads" in told
    assert "give an instant with --as-of" in told
    assert "1 event name of the model never occurs: `x`" in told


def test_a_pattern_in_double_quotes_is_refused():
    model = 'model: m\nfit: {criteria: {a: {attribute: t, bands: [{matches: "\\bvp\\b", points: 1}]}}}\n'
    with pytest.raises(DenizenError, match="single quotes"):
        denizen.load_model(model)


def test_an_event_whose_value_a_sum_ignores_is_no_recent_one():
    model = """model: t
behavior: {criteria: {spent: {sum: {of: amount, event: paid}, bands: [{at_least: 5, points: 10}],
                              recency: {within: 72h, multiplier: 2}}}}
"""
    events = [
        {"lead_id": "ana", "event": "paid", "timestamp": "2026-01-01", "properties": {"amount": "7"}},
        {"lead_id": "ana", "event": "paid", "timestamp": "2026-06-09", "properties": {"amount": "a lot"}},
    ]
    assert behaviors(model=model, events=events) == {"ana": 10}
