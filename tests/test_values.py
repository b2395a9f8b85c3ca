"""Values are read alike by the model (Python) and by ingest (SQL)."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from denizen.clock import from_us, iso, to_us
from denizen.ingest.prepare import connect
from denizen.model.durations import format_duration, parse_duration
from denizen.model.values import WHITESPACE, Literal, normalize, plain, read_number
from denizen.sql.literals import number, slug, text


@pytest.fixture(scope="module")
def database():
    connection = connect()
    yield connection
    connection.close()


def test_every_character_lower_cases_alike(database):
    chars = [chr(c) for c in range(1, 0x110000) if not 0xD800 <= c < 0xE000]
    assigned = [c for c in chars if unicodedata.category(c) != "Cn"]
    database.execute("CREATE OR REPLACE TEMP TABLE chars AS SELECT unnest($1) AS c", [assigned])
    rows = database.execute("SELECT c, normal(tidy('a' || c || 'a')) FROM chars").fetchall()
    differing = [c for c, lowered in rows if lowered != normalize(f"a{c}a")]
    assert differing == []


@given(st.text(alphabet=st.sampled_from([*WHITESPACE, "a", "É", "İ", " ", "7"]), max_size=8))
@settings(max_examples=200)
def test_text_is_trimmed_alike(database, value):
    found = database.execute("SELECT normal(tidy($1))", [value]).fetchall()[0][0]
    assert (found or "") == normalize(value)


NUMBERS = ["1", "1.", ".5", "+5", "-0", "1e3", "1E-3", "00012", "1e28", "-1e30", "0e999", "9.9999999995", "1.0000000005", "nan", "inf",
           "1_000", "1,5", "0x10", "", "e5", ".", "-", "1e", "1e1000", "1e999", "5e-10", "4.9e-10", "12345678901234567890123456789", "١٢"]  # fmt: skip


@pytest.mark.parametrize("value", NUMBERS)
def test_number_is_read_alike(database, value):
    found = database.execute("SELECT as_number(normal(tidy($1)))", [value]).fetchall()[0][0]
    assert found == read_number(normalize(value))


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**32), max_value=10**32))
@settings(max_examples=200)
def test_any_number_is_read_alike(database, value):
    found = database.execute("SELECT as_number(normal(tidy($1))), canonical(normal($1))", [str(value)]).fetchall()[0]
    assert found == (read_number(normalize(str(value))), Literal.of(str(value)).canonical)


def test_numbers_are_written_plainly():
    assert [plain(Decimal(d)) for d in ("1.500", "1E+3", "0.000001", "-2")] == [
        "1.5",
        "1000",
        "0.000001",
        "-2",
    ]
    assert number(Decimal("-2.5")) == "(-2.5)"


INSTANTS = {
    "2026-01-02T03:04:05Z": "2026-01-02T03:04:05Z",
    "2026-01-02 03:04:05": "2026-01-02T03:04:05Z",
    "2026-01-02": "2026-01-02T00:00:00Z",
    "2026/01/02 03:04": "2026-01-02T03:04:00Z",
    "2026-01-02T03:04:05.1234567Z": "2026-01-02T03:04:05.123456Z",
    "2026-01-02T03:04:05+02:00": "2026-01-02T01:04:05Z",
    "2026-01-02 03:04:05 -0530": "2026-01-02T08:34:05Z",
    "2026-01-02 03:04:05 UTC": "2026-01-02T03:04:05Z",
    "1767323045": "2026-01-02T03:04:05Z",
    "1767323045.5": "2026-01-02T03:04:05.500000Z",
    "1767323045000": "2026-01-02T03:04:05Z",
    "1767323045000001": "2026-01-02T03:04:05.000001Z",
    "1767323045000001999": "2026-01-02T03:04:05.000001Z",
    " 2026-01-02\t": "2026-01-02T00:00:00Z",
    "20260102": None,
    "01/02/2026": None,
    "2026-02-30": None,
    "yesterday": None,
    "infinity": None,
    "epoch": None,
    "10000-01-01": None,
    "2026-01-02T25:00:00": None,
    "999999999999999999999": None,
}


@pytest.mark.parametrize("given_text", INSTANTS)
def test_timestamp_is_read(database, given_text):
    found = database.execute("SELECT instant_of_text(tidy($1))", [given_text]).fetchall()[0][0]
    assert (found and iso(found)) == INSTANTS[given_text]


def test_instants_without_a_zone_are_utc():
    naive = datetime(2026, 1, 1, 12)
    assert to_us(naive) == to_us(naive.replace(tzinfo=UTC))
    assert from_us(-1) == datetime(1970, 1, 1, tzinfo=UTC) - timedelta(microseconds=1)


@pytest.mark.parametrize("written", ["90s", "15m", "48h", "14d", "2w"])
def test_a_duration_is_written_as_it_is_read(written):
    assert parse_duration(format_duration(parse_duration(written))) == parse_duration(written)


@pytest.mark.parametrize("wrong", ["14", 14, "0d", "1.5d", "-3d", "d", "99999999d", "3 d", None])
def test_what_is_no_duration_is_refused(wrong):
    with pytest.raises(ValueError, match=r"duration|century"):
        parse_duration(wrong)


@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])))
@settings(max_examples=200)
def test_any_text_survives_as_a_literal(database, value):
    assert database.execute(f"SELECT {text(value)}").fetchall()[0][0] == value


def test_a_text_literal_refuses_nul():
    with pytest.raises(ValueError, match="NUL"):
        text("a\x00b")


@given(st.text())
def test_an_identifier_is_always_plain(value):
    import re

    assert re.fullmatch(r"c7(_[a-z0-9_]{1,30})?", slug("c", 7, value))


@pytest.mark.engine
def test_any_text_survives_as_a_literal_on_postgresql(postgres_url):
    import psycopg

    with psycopg.connect(postgres_url) as connection:

        @given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])))
        @settings(max_examples=100)
        def survives(value):
            assert connection.execute(f"SELECT {text(value)}".replace("%", "%%"), None).fetchone()[0].replace(
                "%%", "%"
            ) == value.replace("%%", "%")

        survives()


@given(st.text(alphabet=' \t\u00a0\ufeff\x00[]"aA0é~!,', max_size=5))
def test_a_plain_text_is_tidy_and_no_list(database, value):
    literal = " || ".join(f"chr({ord(c)})" for c in value) or "''"
    is_plain, is_tidy, is_list = database.execute(
        f"SELECT plain(x), tidy(x) = x, is_list(tidy(x)) FROM (SELECT {literal} AS x)"
    ).fetchall()[0]
    assert not is_plain or value == "" or (is_tidy and not is_list)
