"""Model files: every problem at once, each with its place; the syntax and its JSON Schema are one."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import worlds
from denizen.errors import CODES, DenizenError
from denizen.model.load import load_model, parse_model
from denizen.model.schema import json_schema
from denizen.model.source import parse_yaml
from denizen.plan.build import build_program

HERE = Path(__file__).parent
TRIAL = HERE / "cases" / "trial.yaml"


def problems(text):
    with pytest.raises(DenizenError) as caught:
        parse_model(text, "m.yaml")
    return caught.value.findings


def test_the_normative_example_loads_as_it_stands():
    model = load_model(TRIAL)
    assert (len(model.spec.fit.criteria), len(model.spec.behavior.criteria)) == (7, 13)
    assert repr(model).startswith("<denizen model trial")
    assert load_model(model) is model


def test_the_shared_example_is_the_one_tested(shared):
    assert (shared / "design" / "trial.yaml").read_text() == TRIAL.read_text()


def test_three_mistakes_are_three_errors_with_places():
    found = problems(
        "model: m\nbehavior:\n  criteria:\n    a: {cuont: x, points: 3}\n    b: {count: y, within: {first: 14}, points: 1}\n"
        "    c: {count: z, points: many}\n"
    )
    assert [(f.code, f.line, f.column) for f in found] == [
        ("unknown-key", 4, 9),
        ("wrong-value", 5, 35),
        ("wrong-value", 6, 27),
    ]
    assert "did you mean `count`?" in found[0].message
    assert str(found[0]).startswith("m.yaml:4:9: error[unknown-key]: behavior.criteria.a.cuont: ")


WRONG = {
    "": "wrong-value",
    "- a": "wrong-value",
    "model: [": "yaml-syntax",
    "model: m\nmodel: n": "duplicate-key",
    "title: x": "missing-key",
    "model: 3": "wrong-value",
    "model: m\nfit: {criteria: {a: {count: x, points: 1}}}": "fit-measure",
    "model: m\nfit: {criteria: {a: {attribute: x, points: 1}}}": "no-points",
    "model: m\nfit: {criteria: {a: {attribute: x}}}": "no-points",
    "model: m\nfit: {criteria: {a: {attribute: x, bands: []}}}": "wrong-value",
    "model: m\nfit: {criteria: {a: {attribute: x, bands: [{points: 1}]}}}": "wrong-value",
    "model: m\nfit: {criteria: {a: {attribute: x, bands: [{is: null, points: 1}]}}}": "wrong-value",
    "model: m\nfit: {criteria: {a: {attribute: x, bands: [{is: '', points: 1}]}}}": "wrong-value",
    "model: m\nfit: {criteria: {a: {attribute: x, bands: [{at_least: many, points: 1}]}}}": "wrong-value",
    "model: m\nfit: {criteria: {a: {attribute: x, bands: [{between: [3, 1], points: 1}]}}}": "wrong-value",
    "model: m\nfit: {criteria: {a: {attribute: x, bands: [{matches: '(?i)x', points: 1}]}}}": "bad-pattern",
    "model: m\nfit: {criteria: {a: {attribute: x, within: {first: 1d}, bands: [{exists: true, points: 1}]}}}": "misplaced-key",
    "model: m\nfit: {criteria: {'a b': {attribute: x, bands: [{exists: true, points: 1}]}}}": "wrong-value",
    "model: m\nfit: {min: 3, max: 1}": "wrong-value",
    "model: m\nbehavior: {criteria: {a: {points: 1}}}": "one-measure",
    "model: m\nbehavior: {criteria: {a: {count: x, sum: {of: y}, points: 1}}}": "one-measure",
    "model: m\nbehavior: {criteria: {a: {count: x, points: 1, bands: [{at_least: 1, points: 1}]}}}": "misplaced-key",
    "model: m\nbehavior: {criteria: {a: {count: x, points: 1, max_points: 3}}}": "misplaced-key",
    "model: m\nbehavior: {criteria: {a: {count: x, each: 1}}}": "no-points",
    "model: m\nbehavior: {criteria: {a: {count: x, each: 1, points: 1, disqualifies: true}}}": "misplaced-key",
    "model: m\nbehavior: {criteria: {a: {count: x, inside: 3d, points: 1}}}": "misplaced-key",
    "model: m\nbehavior: {criteria: {a: {count: x, bands: [{contains: y, points: 1}]}}}": "wrong-value",
    "model: m\nbehavior: {criteria: {a: {count: [any, x], points: 1}}}": "wrong-value",
    "model: m\nbehavior: {criteria: {a: {sequence: [any, x], points: 1}}}": "wrong-value",
    "model: m\nbehavior: {criteria: {a: {days_since: x, points: 1}}}": "no-points",
    "model: m\nbehavior: {criteria: {a: {attribute: x, key: true, bands: [{exists: true, points: 1}]}}}": "misplaced-key",
    "model: m\nbehavior: {criteria: {a: {count: x, points: 1.1234567}}}": "wrong-value",
    "model: m\nbehavior: {criteria: {a: {count: x, points: .inf}}}": "wrong-value",
    "model: m\nbehavior: {criteria: {a: {count: x, points: 1e9}}}": "wrong-value",
    "model: m\nbehavior: {criteria: {a: {count: x, within: {first: 1d, last: 1d}, points: 1}}}": "wrong-value",
    "model: m\nbehavior: {criteria: {a: {count: x, where: {p: [a]}, points: 1}}}": "wrong-value",
    'model: m\nbehavior: {criteria: {a: {count: "x\\0", points: 1}}}': "wrong-value",
    "model: m\nbehavior: {velocity: {at_least: 5, within: 2d, points: 1}}": "no-key-action",
    "model: m\nbehavior: {velocity: {at_least: 5, within: 2d, of: x}}": "no-points",
    "model: m\nbehavior: {velocity: {at_least: 5, within: 2d, of: x, points: 1, max_awards: 2}}": "misplaced-key",
    "model: m\nbehavior: {decay: {points: 1}}": "missing-key",
    "model: m\nbehavior: {decay: {floor: 1}}": "no-points",
    "model: m\nbehavior: {decay: {half_life: 1d, every: 2d}}": "misplaced-key",
    "model: m\nbehavior: {decay: {half_life: 1d, after: 2d}}": "misplaced-key",
    "model: m\nbehavior: {decay: {after: 2d, after_trial: {points: 1, every: 1d}}}": "misplaced-key",
    "model: m\ntiers: {fit: {a: 1, b: 1}}": "wrong-value",
    "model: m\npql: 3": "wrong-value",
}  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
def test_mistake_is_told_with_its_code_and_place(text):
    found = problems(text)
    assert found[0].code == WRONG[text], found
    assert all(f.code in CODES and f.line and f.message for f in found)


TOLD_ONCE = {
    "behavior: {criteria: {a: {sequence: [a], points: 1}}}": "expected at least 2 steps, found 1",
    "behavior: {criteria: {a: {sequence: [], points: 1}}}": "expected at least 2 steps, found 0",
    "behavior: {criteria: {a: {session_depth: [], points: 1}}}": "the list is empty",
    "account: {rollup: avg}": "expected `max`, `sum`, `mean` or shares such as `{top: [1, 0.5]}`, found 'avg'",
    "account: {rollup: [1]}": "expected `max`, `sum`, `mean` or shares such as `{top: [1, 0.5]}`, found a list",
    "account: {rollup: {top: [a]}}": "'a' is not a number",
}


@pytest.mark.parametrize("text", TOLD_ONCE)
def test_a_mistake_is_told_once_and_in_words_of_its_own(text):
    assert [f.message for f in problems(f"model: m\n{text}\n")] == [TOLD_ONCE[text]]


def test_mistakes_in_segments_are_told_with_all_others_and_by_their_own_place():
    found = problems(
        "model: m\nfit: {cirteria: {}}\nsegments:\n- {name: s, when: {a: b}}\n- name: t\n  when: {a: b}\n  pql: {totl: 3}\n"
        "  behavior: {decay: {points: 3}}\n"
    )
    assert [(f.line, f.path) for f in found] == [
        (2, "fit.cirteria"),
        (7, "segments[1].pql.totl"),
        (8, "segments[1].behavior.decay"),
    ]


NO_YAML = {
    "model: m\n  fit: 3": (2, 6, "indented deeper than the one above"),
    "model: m\nfit:\n  a: b: c": (3, 7, "`: ` stands twice on one line; put a text that holds it in quotes"),
    "model: m\nfit:\n\ta: 1": (3, 1, "a tab; indent with spaces"),
    "model: m\nfit:\n   a: 1\n  b: 2": (4, 3, "indent keys of one level alike"),
    "model: m\nfit: {a: 1\n": (3, 1, "`}` is still missing; add it where the list ends (it is opened at line 2)"),
    "model: m\nfit: {a: 1\npql: {}": (3, 4, "expected `,` or `}`, found `:`"),
    "model: m\nfit: {a: 1}}": (2, 12, "`}` where nothing is open"),
    "model: 'm\ntitle: x": (1, 8, "a quote is opened and never closed"),
    'model: "m\\q"': (1, 11, "`\\q` means nothing in double quotes"),
    "model: @m": (1, 8, "a text cannot start with '@'; put it in quotes"),
    "model: *m": (1, 8, "a text that starts with `*` in quotes"),
    "model: m\n- a": (2, 1, "a list item where a key is expected"),
    "- a\nmodel: m": (2, 1, "a key where a list item is expected"),
    "model: m\nfit\n": (2, 1, "a key without `:`"),
    "model: - a": (1, 8, "a list item behind a key"),
    'model: "a" b': (1, 12, "text behind a value that is complete"),
    "model: ]": (1, 8, "expected a value, found `]`"),
    "model: > x": (1, 10, "write it on the next lines"),
    "model: m\n---\nmodel: n": (2, 1, "a file holds one"),
    "model: m\ntitle: a\x07": (2, 9, "U+0007"),
}


@pytest.mark.parametrize("text", NO_YAML)
def test_what_is_no_yaml_is_told_in_words_at_its_place(text):
    line, column, words = NO_YAML[text]
    (found,) = problems(text)
    assert (found.code, found.line, found.column) == ("yaml-syntax", line, column)
    assert words in found.message


def test_yaml_reads_norway_as_a_text():
    assert parse_yaml("in: [NO, no, off, 2026-01-01, 0x1F, 1_000, null, ~, 1.50]", "x").data["in"] == [
        "NO", "no", "off", "2026-01-01", "0x1F", "1_000", None, None, pytest.approx(1.5)
    ]  # fmt: skip


@given(st.text(max_size=60))
@settings(max_examples=200)
def test_no_text_breaks_the_loader(text):
    try:
        parse_model(text, "m.yaml")
    except DenizenError as error:
        assert error.findings


@given(worlds.models(), st.data())
@settings(max_examples=150)
def test_no_mutilated_model_breaks_the_loader(model, data):
    node = model
    for _ in range(data.draw(st.integers(0, 4))):
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        key = data.draw(st.sampled_from(keys)) if keys else None
        if key is None or not isinstance(node[key], dict | list):
            break
        node = node[key]
    junk = data.draw(
        st.sampled_from([None, [], {}, "x", 3, -1, True, {"x": 1}, [[]], "\x00", {"count": {}}, 1e400, "é" * 50])
    )
    if isinstance(node, dict):
        node[data.draw(st.sampled_from([*node, "new", "bands", "count"]))] = junk
    try:
        build_program(parse_model(json.dumps(model).replace("Infinity", ".inf"), "m.yaml"))
    except DenizenError as error:
        assert all(f.code in CODES for f in error.findings)


@given(worlds.models())
@settings(max_examples=100)
def test_a_model_that_loads_passes_the_json_schema(model):
    parse_model(json.dumps(model), "m.yaml")
    jsonschema.Draft202012Validator(json_schema()).validate(model)


@pytest.mark.parametrize(
    "text", [t for t, code in WRONG.items() if code in ("unknown-key", "missing-key") and "model: m" not in t]
)
def test_the_json_schema_refuses_what_the_loader_refuses(text):
    assert list(jsonschema.Draft202012Validator(json_schema()).iter_errors(parse_yaml(text, "m").data))


def test_a_fingerprint_changes_with_scores_and_with_nothing_else():
    base = "model: m\nbehavior: {criteria: {a: {count: x, points: 3}}}\n"
    same = '# words\nversion: 7\ntitle: T\nmodel: m\nbehavior:\n  criteria:\n    a:\n      count: ["x"]\n      points: 3.0\n'
    other = base.replace("points: 3", "points: 4")
    prints = [parse_model(t, "m").fingerprint for t in (base, same, other)]
    assert prints[0] == prints[1] != prints[2]


def test_a_missing_file_is_one_clear_error():
    with pytest.raises(DenizenError, match="no.yaml: error\\[file-unreadable\\]: cannot read"):
        load_model("no.yaml")


def test_an_alias_bomb_is_refused():
    bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    for here, before in zip("bcdefg", "abcdef", strict=True):
        bomb += f"{here}: &{here} [{', '.join([f'*{before}'] * 10)}]\n"
    assert problems(bomb)[0].code == "yaml-syntax"


@pytest.mark.parametrize(
    "named", ["../other.yaml", "/etc/passwd", "sub/../../other.yaml", "link.yaml", "sub/other.yaml", ".", "\0"]
)
def test_the_model_of_a_segment_lies_in_the_folder_of_the_model(named, tmp_path):
    other = "model: o\nbehavior: {criteria: {c: {count: done, points: 5}}}\n"
    here = tmp_path / "here"
    (here / "sub").mkdir(parents=True)
    for file in (tmp_path / "other.yaml", here / "own.yaml", here / "sub" / "own.yaml"):
        file.write_text(other)
    (here / "link.yaml").symlink_to(tmp_path / "other.yaml")
    (here / "sub" / "other.yaml").symlink_to("../../other.yaml")
    text = "model: m\nsegments: [{name: s, when: {a: x}, model: %s}]\n"
    for fine in ("own.yaml", "sub/own.yaml", "sub/../own.yaml"):
        (here / "m.yaml").write_text(text % fine + other.partition("\n")[2])
        assert load_model(here / "m.yaml").segments
    (here / "m.yaml").write_text(text % json.dumps(named) + other.partition("\n")[2])
    with pytest.raises(DenizenError) as refused:
        load_model(here / "m.yaml")
    assert "root:" not in str(refused.value)


def test_a_file_that_is_no_model_is_not_quoted(tmp_path):
    (tmp_path / "m.yaml").write_text("root:x:0:0:root:/root:/bin/bash\nsecret\n")
    with pytest.raises(DenizenError, match="expected keys and values, found a text") as refused:
        load_model(tmp_path / "m.yaml")
    assert "secret" not in str(refused.value)
    assert "root:" not in str(refused.value)


@pytest.mark.parametrize(
    "bound", ["1e19", "1e28", "100000000000000000000000", "0.1000000000", "-9999999999999999999999999999"]
)
def test_a_bound_may_have_as_many_digits_as_a_value(bound):
    model = parse_model(
        f"model: m\nfit: {{criteria: {{s: {{attribute: v, bands: [{{at_least: {bound}, points: 5}}]}}}}}}\n",
        "m.yaml",
    )
    assert (model.spec.fit.criteria["s"].bands or [])[0].at_least == Decimal(bound)


@pytest.mark.parametrize(
    ("bound", "message"),
    [
        ("12345678901234567890123456789.1", "outside"),
        ("1e29", "outside"),
        ("12345678901234567890123.12345678901", "more than 9 decimals"),
        ("1e-10", "more than 9 decimals"),
    ],
)
def test_a_bound_beyond_what_a_value_can_be_is_refused(bound, message):
    with pytest.raises(DenizenError) as raised:
        parse_model(
            f"model: m\nfit: {{criteria: {{s: {{attribute: v, bands: [{{at_least: {bound}, points: 5}}]}}}}}}\n",
            "m.yaml",
        )
    assert message in raised.value.findings[0].message
