"""The subset of regular expressions means the same to Python, DuckDB and PostgreSQL."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from denizen.ingest.prepare import connect
from denizen.model.pattern import PatternError, parse_pattern
from denizen.model.values import normalize
from denizen.sql.dialect import DIALECTS
from denizen.sql.literals import text

literals = st.sampled_from([*list("abZ09_é☃ -@"), r"\.", r"\(", r"\\", r"\t", r"\n"])
classes = st.sampled_from(
    ["[a-c]", "[^a-c]", "[A-C_]", r"[\d.]", r"[^\w]", r"\d", r"\w", r"\s", ".", "[é☃]", "[-a]", "[a-]"]
)
anchors = st.sampled_from(["^", "$", r"\b"])
atoms = st.one_of(literals, classes)
quantified = st.builds(
    lambda a, q: a + q, atoms, st.sampled_from(["", "", "*", "+", "?", "{2}", "{1,}", "{0,2}", "*?"])
)
parts = st.one_of(quantified, quantified, anchors)
sequences = st.lists(parts, min_size=1, max_size=4).map("".join)
groups = st.builds(lambda a, b, q: f"({a}|{b}){q}", sequences, sequences, st.sampled_from(["", "?", "+"]))
patterns = st.lists(st.one_of(sequences, groups), min_size=1, max_size=3).map("".join)
subjects = st.text(alphabet="abcABZ09_é☃ -@.\n\t()\\", max_size=10)


def expected(pattern, subject):
    # Python's `$` also matches before a last newline
    python = re.sub(r"(?<!\\)\$", r"\\Z", pattern)
    return re.search(python, normalize_inside(subject), re.ASCII | re.IGNORECASE) is not None


def normalize_inside(subject):
    return normalize(f"|{subject}|")[1:-1]


@given(patterns, subjects)
@settings(max_examples=400)
def test_duckdb_finds_what_python_finds(pattern, subject):
    node = parse_pattern(pattern)
    expression = DIALECTS["duckdb"].found(text(normalize_inside(subject)), node)
    assert DATABASE.execute(f"SELECT {expression}").fetchall()[0][0] == expected(pattern, subject)


@pytest.mark.engine
def test_postgresql_finds_what_python_finds(postgres_url):
    import psycopg

    with psycopg.connect(postgres_url, autocommit=True) as connection:

        @given(patterns, subjects)
        @settings(max_examples=300)
        def agrees(pattern, subject):
            expression = DIALECTS["postgresql"].found(text(normalize_inside(subject)), parse_pattern(pattern))
            assert connection.execute(f"SELECT {expression}").fetchone()[0] == expected(pattern, subject)

        agrees()


REFUSED = {
    "(?i)vp": "only plain groups",
    "(?=a)": "only plain groups",
    r"\1": "not known",
    r"\p{L}": "not known",
    r"\D": "not known",
    "a**": "two quantifiers",
    "(a": "not closed",
    "a)": "unmatched",
    "[a": "not closed",
    "[]": "empty",
    "[z-a]": "backwards",
    "[é-z]": "ASCII",
    "[[:alpha:]]": "named classes",
    "*a": "nothing to repeat",
    "a{2": "must be",
    "a{999}": "at most",
    "a{3,1}": "below the first",
    "((a{200}){200})": "too often",
    "^*": "anchor",
    "": "empty",
    "x" * 2000: "longer",
    "a\\": "backslash",
    "a]": "write",
}


@pytest.mark.parametrize("pattern", REFUSED)
def test_what_is_outside_the_subset_is_refused(pattern):
    with pytest.raises(PatternError, match=REFUSED[pattern]):
        parse_pattern(pattern)


DATABASE = connect()


@pytest.mark.parametrize("pattern", ["manager", r"@(gmail|yahoo)\.com$", "^(vp|director)|^(ceo|cto)$", "^a|b$|^c$"])
def test_a_pattern_of_a_few_texts_needs_no_regular_expression_in_duckdb(pattern):
    assert "regexp" not in DIALECTS["duckdb"].found("x", parse_pattern(pattern))


@given(st.lists(st.sampled_from(["a", "b", "(ab|c)", "(^a|b)", "(a|b$)", "^", "$"]), min_size=1, max_size=4), subjects)
@settings(max_examples=300)
def test_texts_and_anchors_find_what_python_finds(parts, subject):
    test_duckdb_finds_what_python_finds.hypothesis.inner_test("".join(parts), subject)
