"""Data in: dirty data never crashes, never shifts a score in silence, and every row is accounted for."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import denizen
from denizen.errors import DenizenError
from denizen.ingest.raw import READ_ONCE
from denizen.model.values import read_number

MODEL = """
model: m
fit:
  criteria:
    size: {attribute: employees, bands: [{at_least: 50, points: 15}]}
    tools: {attribute: tools, bands: [{contains_all: [Salesforce, Segment], points: 8}, {contains: Salesforce, points: 4}]}
behavior:
  criteria:
    did: {count: did, each: 1, points: 1}
    paid: {sum: {of: amount, event: paid}, each: 10, points: 1}
"""
NAMES_ONLY = "model: m\nbehavior: {criteria: {did: {count: did, each: 1, points: 1}}}\n"
AS_OF = "2026-06-01"


def score(tmp_path, name, content, model=MODEL, **options):
    path = tmp_path / name
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    result = denizen.score(model, events=path, as_of=AS_OF, **options)
    rows = result.accounting.events
    assert rows.read == rows.used + rows.duplicate + rows.after_as_of + rows.rejected + rows.of_unknown_leads
    assert rows.rejected == sum(r["source"] == "events" for r in result.rejects.to_pylist())
    return result


def behaviors(result):
    return {r["lead_id"]: r["behavior"] for r in result.scores.to_pylist()}


CSV = "lead_id,event,timestamp\na,did,2026-01-01\na,did,2026-01-02\nb,did,2026-01-03\n"


@pytest.mark.parametrize("name", ["e.csv", "e.csv.gz", "e [1].csv", "it's; --.csv", "e mit ü.csv"])
def test_csv_is_read_whatever_its_name(tmp_path, name):
    assert behaviors(score(tmp_path, name, CSV)) == {"a": 2, "b": 1}


@pytest.mark.parametrize(
    "change",
    [
        lambda t: "\ufeff" + t,
        lambda t: t.replace("\n", "\r\n"),
        lambda t: t.replace("2026-01-01\n", "2026-01-01\r\n"),
        lambda t: t.replace(",", ";"),
        lambda t: t.replace(",", "\t"),
        lambda t: t.replace("a,did", '"a"," did "'),
        lambda t: t.rstrip("\n"),
        lambda t: t.replace("lead_id", " Lead_ID ").replace("2026-01-01", "1767225600"),
    ],
)
def test_csv_comes_in_many_styles(tmp_path, change):
    assert behaviors(score(tmp_path, "e.csv", change(CSV))) == {"a": 2, "b": 1}


def test_every_broken_csv_row_is_kept_with_a_reason(tmp_path):
    text = (
        CSV + 'c,did\nd,did,2026-01-01,extra\n"e"x,did,2026-01-01\n,did,2026-01-01\nf,,2026-01-01\ng,did,\nh,did,soon\n'
    )
    result = score(tmp_path, "e.csv", text)
    assert behaviors(result) == {"a": 2, "b": 1}
    assert (result.accounting.events.read, result.accounting.events.rejected) == (10, 7)
    assert all(r["reason"] and r["record"] for r in result.rejects.to_pylist())


def test_json_lines_keep_what_is_no_object(tmp_path):
    lines = [
        '{"lead_id": "a", "event": "did", "timestamp": "2026-01-01"}',
        '{"lead_id": 7, "event": "paid", "timestamp": 1767225600000, "properties": {"amount": "12.50"}, "more": [1]}',
        '{"lead_id": 7, "event": "paid", "timestamp": "2026-01-01T00:00:00+02:00", "amount": 7.5}',
        '{"lead_id": 7, "event": "paid", "timestamp": "2026-01-01", "properties": "nonsense"}',
        "{broken", "[1, 2]", "null", '"text"', "7", "", '{"lead_id": null, "event": "did", "timestamp": "2026-01-01"}',
    ]  # fmt: skip
    result = score(tmp_path, "e.jsonl.gz", "\n".join(lines))
    assert behaviors(result) == {"a": 1, "7": 2}
    assert (result.accounting.events.read, result.accounting.events.rejected) == (10, 7)


def test_a_ten_megabyte_line_is_read_and_a_longer_one_rejected(tmp_path):
    long = json.dumps(
        {"lead_id": "a", "event": "did", "timestamp": "2026-01-01", "note": "é" * 5_000_000},
        ensure_ascii=False,
    )
    longer = json.dumps({"lead_id": "b", "event": "did", "timestamp": "2026-01-01", "note": "x" * 17_000_000})
    result = score(tmp_path, "e.jsonl", f"{long}\n{longer}\n")
    assert behaviors(result) == {"a": 1}
    assert result.accounting.events.rejected == 1


def test_an_event_id_counts_once_whatever_the_order(tmp_path):
    text = "lead_id,event,timestamp,event_id\na,did,2026-01-01,1\na,did,2026-01-01,1\nb,did,2026-01-01,1\na,did,2026-01-03,\na,did,2026-01-03,\n"
    result = score(tmp_path, "e.csv", text)
    assert behaviors(result) == {"a": 3, "b": 1}
    assert result.accounting.events.duplicate == 1


def test_rows_are_counted_by_what_became_of_them(tmp_path):
    text = "lead_id,event,timestamp\na,did,2026-01-01\na,did,2027-01-01\nz,did,2026-01-01\nz,did,2027-01-01\na,did,\n"
    rows = score(tmp_path, "e.csv", text, leads=[{"lead_id": "a"}]).accounting.events
    assert (rows.read, rows.used, rows.after_as_of, rows.of_unknown_leads, rows.rejected) == (5, 1, 1, 2, 1)


def with_strangers(table, count):
    """Return events with more of a lead 3: so many, that the table is no longer copied but read in place."""
    row = {"lead_id": 3, "event": "did", "timestamp": datetime(2026, 1, 1)}
    return pa.concat_tables([table, pa.Table.from_pylist([row] * count, schema=table.schema)])


@pytest.mark.parametrize("strangers", [0, 2 * READ_ONCE])
@pytest.mark.parametrize("properties", [False, True])
def test_parquet_in_place_gives_what_text_gives(tmp_path, properties, strangers):
    at = [datetime(2026, 1, d, tzinfo=UTC) for d in (1, 2, 3)]
    table = pa.table(
        {
            "lead_id": pa.array([1, 2, None], pa.int32()),
            "event": pa.array(["did", "did", "did"]).dictionary_encode(),
            "timestamp": pa.array(at, pa.timestamp("ns", "Europe/Berlin")),
            "properties": pa.array([{"amount": Decimal("7.5")}] * 3, pa.struct([("amount", pa.decimal128(9, 2))])),
        }
    )
    pq.write_table(with_strangers(table, strangers), tmp_path / "e.parquet")
    result = denizen.score(MODEL if properties else NAMES_ONLY, events=tmp_path / "e.parquet", as_of=AS_OF)
    assert {lead: points for lead, points in behaviors(result).items() if lead != 3} == {1: 1, 2: 1}
    assert (result.accounting.events.read, result.accounting.events.rejected) == (3 + strangers, 1)


@pytest.mark.parametrize("strangers", [0, 2 * READ_ONCE])
def test_names_to_trim_and_late_rows_are_seen_in_parquet_too(tmp_path, strangers):
    table = pa.table(
        {
            "lead_id": [1, 1, 1],
            "event": ["did", " did\t", ""],
            "timestamp": [datetime(2026, 1, 1), datetime(2026, 1, 2), datetime(2026, 1, 2)],
        }
    )
    pq.write_table(with_strangers(table, strangers), tmp_path / "e.parquet")
    result = denizen.score(NAMES_ONLY, events=tmp_path / "e.parquet", as_of="2026-01-01")
    rows = result.accounting.events
    assert behaviors(result)[1] == 1
    assert (rows.used - strangers, rows.after_as_of, rows.rejected) == (1, 1, 1)


DIRTY = ["", " ", "x", " X\t", "7", "7.0", "1e3", "true", "ß", "NaN", None]


@settings(max_examples=15)
@given(rows=st.lists(st.tuples(*[st.sampled_from(DIRTY)] * 2), min_size=1, max_size=8), integers=st.booleans())
def test_leads_read_in_place_score_as_copied_ones(rows, integers):
    """Columns, types and faults are those of the few rows; many more of others change how they are read, not what."""
    model = """model: m
fit: {criteria: {size: {attribute: size, bands: [{at_least: 7, points: 3}, {exists: true, points: 2}]},
                 plan: {attribute: plan, bands: [{in: [x, "7", "true"], points: 10}, {exists: false, points: 5}]}}}
behavior: {criteria: {b: {count: did, points: 1}}}
"""

    def scored(strangers):
        ids = [*range(len(rows)), *range(100, 100 + strangers)]
        size, plan = ([*[r[i] for r in rows], *["x"] * strangers] for i in (0, 1))
        leads = pa.table({"lead_id": ids if integers else [str(i) for i in ids], "size": size, "plan": plan})
        found = denizen.score(model, leads=leads, as_of=AS_OF).scores.to_pylist()
        return sorted((str(r["lead_id"]), r["fit"], r["total"]) for r in found if int(r["lead_id"]) < 100)

    assert scored(0) == scored(READ_ONCE)


def test_any_dataframe_gives_the_same_scores():
    rows = {
        "lead_id": [1, 1, 2],
        "event": ["did"] * 3,
        "timestamp": pd.to_datetime(["2026-01-01", "2026-01-02", "2026-01-03"], utc=True),
    }
    frame = pd.DataFrame(rows)
    frames = [frame, pa.Table.from_pandas(frame), pl.from_pandas(frame), frame.to_dict("records")]
    assert [behaviors(denizen.score(NAMES_ONLY, events=f, as_of=AS_OF)) for f in frames] == [{1: 2, 2: 1}] * 4
    assert pl.DataFrame(denizen.score(NAMES_ONLY, events=frame, as_of=AS_OF)).height == 2


def test_ids_agree_across_tables_of_different_types():
    leads = pd.DataFrame({"lead_id": [1.0, 2.0, None], "employees": [60, float("nan"), 70]})
    events = [{"lead_id": "1", "event": "did", "timestamp": "2026-01-01"}]
    result = denizen.score(MODEL, leads=leads, events=events, as_of=AS_OF, ledger=True)
    assert {r["lead_id"]: (r["fit"], r["behavior"]) for r in result.scores.to_pylist()} == {
        "1": (15, 1),
        "2": (0, 0),
    }
    assert [r["unknown"] for r in result.ledger.to_pylist() if (r["lead_id"], r["line"]) == ("2", "size")] == [True]
    assert result.accounting.leads.rejected == 1


def test_lists_come_as_columns_json_and_text():
    values = [
        ["Salesforce", "segment "],
        '["Salesforce", "Segment"]',
        "Segment, salesforce",
        "Salesforces",
        ["Salesforce"],
        [],
        None,
    ]
    leads = [
        {"lead_id": str(i), "tools": v if isinstance(v, str) or v is None else json.dumps(v)}
        for i, v in enumerate(values)
    ]
    result = denizen.score(MODEL, leads=leads, as_of=AS_OF)
    assert [r["fit"] for r in sorted(result.scores.to_pylist(), key=lambda r: r["lead_id"])] == [
        8,
        8,
        8,
        0,
        4,
        0,
        0,
    ]
    as_lists = pa.table({"lead_id": ["0", "1"], "tools": [["Salesforce", "Segment"], ["x"]]})
    assert [r["fit"] for r in denizen.score(MODEL, leads=as_lists, as_of=AS_OF).scores.to_pylist()] == [8, 0]


def test_an_account_lends_its_attributes_and_the_lead_wins():
    leads = [
        {"lead_id": "a", "account_id": "x", "employees": None},
        {"lead_id": "b", "account_id": "x", "employees": 3},
        {"lead_id": "c", "account_id": None, "employees": None},
    ]
    accounts = [
        {"account_id": "x", "employees": 500},
        {"account_id": "x", "employees": 1},
        {"account_id": "", "employees": 9},
    ]
    result = denizen.score(MODEL, leads=leads, accounts=accounts, as_of=AS_OF)
    assert {r["lead_id"]: r["fit"] for r in result.scores.to_pylist()} == {"a": 15, "b": 0, "c": 0}
    assert (result.accounting.accounts.used, result.accounting.accounts.rejected) == (1, 2)


def test_a_repeated_lead_is_rejected():
    leads = [{"lead_id": "a", "employees": 60}, {"lead_id": "a", "employees": 1}]
    result = denizen.score(MODEL, leads=leads, as_of=AS_OF)
    assert [(r["lead_id"], r["fit"]) for r in result.scores.to_pylist()] == [("a", 15)]
    assert "earlier row" in result.rejects.to_pylist()[0]["reason"]


@pytest.mark.parametrize("kind", ["frame", "csv", "jsonl", "parquet"])
@pytest.mark.parametrize("count", [3, 20_000])
def test_a_rejected_row_of_leads_or_accounts_is_told_as_it_came(tmp_path, kind, count):
    given = [{"lead_id": f"l{i % (count - 2)}", "employees": f" {i} ", "Note": f"row {i}"} for i in range(count)]
    given.append({"lead_id": "", "employees": "5", "Note": "nobody"})
    leads = as_source(given, kind, tmp_path / "leads")
    accounts = [{"account_id": "x", "employees": 1, "Site": s} for s in ("one.example", "two.example")]
    result = denizen.score(MODEL, leads=leads, accounts=accounts, as_of=AS_OF)
    told = {(r["source"], *sorted(json.loads(r["record"]).items())) for r in result.rejects.to_pylist()}
    expected = [
        ("leads", row | ({"lead_id": None} if kind == "csv" and not row["lead_id"] else {})) for row in given[-3:]
    ]
    expected += [("accounts", accounts[1])]
    assert told == {(table, *sorted(row.items())) for table, row in expected}
    assert result.accounting.leads.rejected == 3


def test_a_broken_line_counts_once_beside_a_repeated_lead(tmp_path):
    (tmp_path / "leads.csv").write_text("lead_id,employees\na,60\nb,1,2,3\na,1\n")
    result = denizen.score(MODEL, leads=tmp_path / "leads.csv", as_of=AS_OF)
    assert (result.accounting.leads.read, result.accounting.leads.rejected, result.rejects.num_rows) == (3, 2, 2)


def test_a_lead_with_an_unreadable_signup_is_rejected_not_guessed():
    result = denizen.score(
        MODEL,
        leads=[{"lead_id": "a", "signup_at": "last week"}, {"lead_id": "b", "signup_at": ""}],
        as_of=AS_OF,
    )
    assert [r["lead_id"] for r in result.scores.to_pylist()] == ["b"]
    assert "signup_at cannot be read" in result.rejects.to_pylist()[0]["reason"]


def test_folder_and_glob_read_every_file(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "1.csv").write_text(CSV)
    (tmp_path / "in" / "2.csv").write_text("event;lead_id;timestamp\ndid;a;2026-01-05\n")
    (tmp_path / "in" / "notes.txt").write_text("x")
    for path in (tmp_path / "in", tmp_path / "in" / "*.csv"):
        assert behaviors(denizen.score(NAMES_ONLY, events=str(path), as_of=AS_OF)) == {"a": 3, "b": 1}


UNREADABLE = {
    "gone.csv": (None, "no such file"),
    "empty.csv": ("", "the file is empty"),
    "twice.csv": ("lead_id,event,EVENT,timestamp\n", "same name"),
    "columns.csv": ("user,event,timestamp\na,b,c\n", "no column `lead_id`.*--map events.lead_id=user"),
    "x.parquet": ("not parquet", "file-unreadable"),
    "x.xlsx": ("x", "not of a known kind"),
    "x.csv.gz": ("not gzip", "cannot read"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_one_clear_error(tmp_path, name):
    content, message = UNREADABLE[name]
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(DenizenError, match=message):
        denizen.score(MODEL, events=tmp_path / name, as_of=AS_OF)


def test_a_header_without_rows_is_no_error(tmp_path):
    assert score(tmp_path, "e.csv", "lead_id,event,timestamp\n").scores.num_rows == 0


EVIL = [
    "'; DROP TABLE leads; --",
    '"',
    "\\",
    "%s %%",
    "$1",
    "{x}",
    "`",
    "a\nb",
    "é☃\U0001f600",
    "'||chr(39)",
    "*/",
    "--",
    "a.b",
    "~1/",
]


@pytest.mark.parametrize("evil", EVIL)
def test_no_name_or_value_is_ever_run(evil):
    model = json.dumps(
        {
            "model": "m",
            "fit": {"criteria": {"c": {"attribute": evil, "bands": [{"is": evil, "points": 5}]}}},
            "behavior": {"criteria": {"d": {"count": evil, "where": {evil: evil}, "points": 7}}},
        },
        indent=1,
    )
    leads = [{"lead_id": evil, evil: evil}]
    events = [{"lead_id": evil, "event": evil, "timestamp": "2026-01-01", "properties": json.dumps({evil: evil})}]
    row = denizen.score(model, leads=leads, events=events, as_of=AS_OF).scores.to_pylist()[0]
    assert (row["lead_id"], row["fit"], row["behavior"]) == (evil, 5, 7)
    assert denizen.explain(model, evil, leads=leads, events=events, as_of=AS_OF).lines[-2].events[0].event == evil


junk = st.one_of(
    st.none(),
    st.text(max_size=8),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.lists(st.integers(), max_size=2),
    st.just({"a": 1}),
)


@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "lead_id": junk,
                "event": junk,
                "timestamp": junk,
                "properties": junk,
                "amount": junk,
                "event_id": junk,
            },
        ),
        max_size=6,
    )
)
@settings(max_examples=60)
def test_no_json_lines_crash_or_lose_a_row(tmp_path_factory, rows):
    lines = [json.dumps(r) for r in rows] + ['{"lead_id": "a", "event": "did", "timestamp": "2026-01-01"}']
    result = score(tmp_path_factory.mktemp("junk"), "e.jsonl", "\n".join(lines))
    assert result.accounting.events.read == len(lines)
    assert behaviors(result)["a"] >= 1


def test_a_local_zone_is_turned_into_utc():
    zone = timezone(timedelta(hours=-5))
    events = pd.DataFrame({"lead_id": ["a"], "event": ["did"], "timestamp": [datetime(2026, 5, 31, 20, tzinfo=zone)]})
    assert behaviors(denizen.score(NAMES_ONLY, events=events, as_of="2026-06-01T00:59:59Z")) == {"a": 0}
    assert behaviors(denizen.score(NAMES_ONLY, events=events, as_of="2026-06-01T01:00:00Z")) == {"a": 1}


def test_a_key_that_the_first_row_lacks_is_read_from_the_others():
    model = "model: m\nbehavior: {criteria: {did: {count: did, where: {plan: pro}, points: 5}}}\n"
    events = [
        {"lead_id": "a", "event": "did", "timestamp": "2026-01-01"},
        {"lead_id": "a", "event": "did", "timestamp": "2026-01-01", "plan": "pro"},
    ]
    assert denizen.score(model, events=events, as_of="2026-02-01").scores["behavior"].to_pylist() == [5.0]


SIZES = ["12", " 1.5 ", "1,234", "184 employees", "51-200", "n/a", "unknown", "", "-3"]
BY_SIZE = """model: m
fit:
  criteria:
    size: {attribute: headcount, bands: [{at_least: 50, points: 15}, {is: Unknown, points: 1}]}
    name: {attribute: note, bands: [{is: 7, points: 1}]}
"""


@given(st.lists(st.sampled_from(SIZES), max_size=12), st.booleans())
@settings(max_examples=30)
def test_texts_where_a_number_is_asked_for_are_counted_and_told(sizes, of_accounts):
    none = [s for s in sizes if s.strip() and read_number(s.strip()) is None and s != "unknown"]
    key, leads = ("account_id", [{"lead_id": "a"}]) if of_accounts else ("lead_id", None)
    rows = [{key: f"i{n}", "headcount": size, "note": "no number"} for n, size in enumerate(sizes)]
    rows += rows[:1]  # stands twice, counts once
    tables = {"leads": leads, "accounts": rows or None} if of_accounts else {"leads": rows or [{"lead_id": "a"}]}
    told = [w for w in denizen.score(BY_SIZE, **tables, as_of=AS_OF).accounting.warnings if "as a number" in w]
    if not none:
        assert told == []
        return
    start = f"{'accounts' if of_accounts else 'leads'}: `headcount` is compared as a number, and {len(none)} value"
    assert len(told) == 1
    assert told[0].startswith(start)
    assert f"such as {min(none)!r}" in told[0]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_text_that_the_project_file_gives_a_number_is_none_that_is_told(tmp_path, kind):
    rows = [{"lead_id": f"l{i}", "headcount": "184 employees" if i % 2 else "60"} for i in range(2 * READ_ONCE)]
    leads = as_source(rows, kind, tmp_path / "leads")
    told = denizen.score(BY_SIZE, leads=leads, as_of=AS_OF).accounting.warnings
    assert any("1,000 values do not read as one, such as '184 employees'" in w for w in told)
    meant = {"headcount": {"values": {"184 Employees": "184"}}}
    result = denizen.score(BY_SIZE, leads=leads, as_of=AS_OF, attributes=meant)
    assert {r["fit"] for r in result.scores.to_pylist()} == {15}
    assert not any("as a number" in w for w in result.accounting.warnings)


def as_source(rows, kind, path):
    """Rows as a list, or as a file of that kind."""
    if kind == "frame":
        return rows
    path = path.with_suffix(f".{kind}")
    table = pa.Table.from_pylist(rows)
    if kind == "csv":
        pa.csv.write_csv(table, path)
    elif kind == "parquet":
        pq.write_table(table, path)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path
