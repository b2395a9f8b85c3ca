"""Definitions of other tools become models: nothing is lost in silence, nothing inside them escapes."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import denizen as package
from denizen.errors import DenizenError
from denizen.model.importers import KINDS, import_text
from denizen.model.importers.report import FATES, NotCarriedError
from denizen.model.importers.rubric_words import number, read_condition
from denizen.model.load import parse_model
from denizen.model.writing import comment, dump, name_of
from test_cli import denizen

HERE = Path(__file__).parent / "imports"


def imported(kind, name):
    return import_text(kind, (HERE / name).read_text(), name)


def rubric(*rows, header="criterion,condition,points"):
    out = io.StringIO()
    csv.writer(out).writerows([header.split(","), *rows])
    return import_text("rubric", out.getvalue(), "r.csv")


def one(condition, points=10, criterion="thing"):
    """The only criterion of a rubric of one row, as plain data."""
    model = rubric((criterion, condition, points)).model.spec
    (found,) = [*model.fit.criteria.values(), *model.behavior.criteria.values()]
    return found.model_dump(by_alias=True, exclude_none=True, exclude_defaults=True)


def accounted(result):
    """Every criterion of the file is named by the report, and the other way round."""
    spec = parse_model(result.text, "again").spec
    named = {line.became for line in result.report.lines if ".criteria." in line.became}
    assert named == {f"fit.criteria.{n}" for n in spec.fit.criteria} | {
        f"behavior.criteria.{n}" for n in spec.behavior.criteria
    }
    told = result.report.as_dict()
    assert told["read"] == sum(len(told[fate]) for fate in FATES)
    assert all(line.reason for line in result.report.lines if line.fate != "carried")
    assert all(line.place for line in result.report.lines)


# --- the methodology's rubric


def test_the_methodologys_rubric_gives_the_worked_example_150_points():
    result = imported("rubric", "methodology.csv")
    accounted(result)
    lead = {
        "lead_id": "vp", "signup_at": "2026-03-01", "employees": 120, "industry": "SaaS", "title": "VP Marketing",
        "technologies": '["Salesforce", "Segment"]', "country": "US", "onboarding_percent": 100,
    }  # fmt: skip
    done = ["used_core_feature_3_times"] * 5 + ["integration_connected", "invite", "invite", "pricing_page_visited"]
    events = [
        {"lead_id": "vp", "event": e, "timestamp": f"2026-03-02T{i + 8:02}:00:00Z", "properties": '{"logged_in": true}'}
        for i, e in enumerate(done)
    ]
    row = package.score(result.model, leads=[lead], events=events, as_of="2026-03-08").scores.to_pylist()[0]
    assert (row["fit"], row["behavior"], row["total"], row["pql"]) == (50, 100, 150, True)


def test_what_the_rubric_leaves_out_stands_in_the_file_with_its_reason():
    result = imported("rubric", "methodology.csv")
    (dropped,) = result.report.of("dropped")
    assert dropped.place == "line 30"
    assert (
        "# left out, line 30: Session depth: 3+ features per session = 5: the depth of a session needs" in result.text
    )


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("employees 50-500", {"attribute": "employees", "bands": [{"between": (50, 500)}]}),
        ("Employees: 50 – 500", {"attribute": "employees", "bands": [{"between": (50, 500)}]}),
        ("50-500 employees", {"attribute": "employees", "bands": [{"between": (50, 500)}]}),
        ("employees >= 50", {"attribute": "employees", "bands": [{"at_least": 50}]}),
        ("employees ≥50", {"attribute": "employees", "bands": [{"at_least": 50}]}),
        ("employees 1000+", {"attribute": "employees", "bands": [{"at_least": 1000}]}),
        ("employees under 25", {"attribute": "employees", "bands": [{"less_than": 25}]}),
        ("title contains VP", {"attribute": "title", "bands": [{"contains": "VP"}]}),
        ("INDUSTRY IN SaaS, Fintech", {"attribute": "industry", "bands": [{"in": ["SaaS", "Fintech"]}]}),
        ('industry in "Food, Drink" or SaaS', {"attribute": "industry", "bands": [{"in": ["Food, Drink", "SaaS"]}]}),
        ("industry is not in Gambling", {"attribute": "industry", "bands": [{"not_in": ["Gambling"]}]}),
        ("industry is one of SaaS / Fintech", {"attribute": "industry", "bands": [{"in": ["SaaS", "Fintech"]}]}),
        ("2+ exports in last 48hrs", {"count": ["export"], "within": {"last": 172_800_000_000}, "bands": [{"at_least": 2}]}),
        ("no login for 2w", {"days_since": ["login"], "bands": [{"at_least": 14}]}),
        ("country is missing", {"attribute": "country", "bands": [{"exists": False}]}),
        ("installed is true", {"attribute": "installed", "bands": [{"is": True}]}),
        ("Onboarding > 50 %", {"attribute": "onboarding_percent", "bands": [{"more_than": 50}]}),
        ("3+ uses in first 14 days", {"count": ["thing"], "within": {"first": 1_209_600_000_000}, "bands": [{"at_least": 3}]}),
        (">= 5 logins in 7 days", {"count": ["login"], "within": {"last": 604_800_000_000}, "bands": [{"at_least": 5}]}),
        ("more than 2 `report_built` in the last week", {"count": ["report_built"], "within": {"last": 604_800_000_000}, "bands": [{"more_than": 2}]}),
        ("3 times report_built", {"count": ["report_built"], "bands": [{"at_least": 3}]}),
        ("exactly 2 exports", {"count": ["export"], "bands": [{"is": 2}]}),
        ("visited pricing page", {"count": ["pricing_page_visited"], "points": 10}),
        ("pricing page visited during trial", {"count": ["pricing_page_visited"], "within": {"trial": True}, "points": 10}),
        ("2+ exports in the last 3 days of the trial", {"count": ["export"], "within": {"trial_last": 259_200_000_000}, "bands": [{"at_least": 2}]}),
        ("5+ active days in the last 30 days", {"distinct": {"of": "days"}, "within": {"last": 2_592_000_000_000}, "bands": [{"at_least": 5}]}),
        ("no login for 14 days", {"days_since": ["login"], "bands": [{"at_least": 14}]}),
        ("no login for 2 weeks", {"days_since": ["login"], "bands": [{"at_least": 14}]}),
        ("every 14 days without login", {"days_since": ["login"], "each": 14, "points": 10}),
        ("3+ of report_built, data_exported, alert_created per session", {"session_depth": ["report_built", "data_exported", "alert_created"], "bands": [{"at_least": 3}]}),
    ],
)  # fmt: skip
def test_the_grammar_of_conditions(condition, expected):
    found = one(condition)
    for band in found.get("bands", []):
        assert band.pop("points") == 10
    assert found == {**expected, **({"points": Decimal(10)} if "points" in expected else {})}


@pytest.mark.parametrize(
    ("condition", "event", "band"),
    [
        ("invited 2+ teammates", "teammate_invited", {"at_least": 2}),
        ("invited at least 2 teammates", "teammate_invited", {"at_least": 2}),
        ("created 2-5 reports", "report_created", {"between": (2, 5)}),
        ("viewed pricing page 3+ times", "pricing_page_viewed", {"at_least": 3}),
        ("viewed pricing page 10x", "pricing_page_viewed", {"at_least": 10}),
    ],
)
def test_a_number_within_the_words_counts_events_and_names_none(condition, event, band):
    found = one(condition)
    assert found["count"] == [event]
    assert [{k: v for k, v in b.items() if k != "points"} for b in found["bands"]] == [band]


def test_a_number_that_is_part_of_a_name_stays_in_it():
    assert one("completed step 2")["count"] == ["step_2_completed"]


@pytest.mark.parametrize("text", ["1,5", "1.000", "1.000.000", "1,000", "1.5.2", "5."])
def test_a_number_with_a_comma_or_doubtful_points_is_refused(text):
    with pytest.raises(NotCarriedError, match="no plain number"):
        number(text)


@pytest.mark.parametrize(
    "condition",
    ["", "hot", "has a good feeling", "employees 500-50", "3+ exports last month", "no login for 3 hours", "x" * 600],
)
def test_a_condition_outside_the_grammar_is_refused_with_a_reason(condition):
    with pytest.raises(NotCarriedError):
        read_condition(condition, "thing")


@pytest.mark.parametrize("points", ["1,5", "ten", "", "NaN", "1e9", "1.2345678"])
def test_points_that_are_no_plain_number_are_dropped(points):
    result = rubric(("a", "visited pricing page", points), ("b", "signed_up.event", 5))
    assert [line.place for line in result.report.of("dropped")] == ["line 2"]


@pytest.mark.parametrize(("written", "meant"), [("+15", 15), ("−10", -10), ("–10", -10), (" 2.5 ", Decimal("2.5"))])
def test_signs_of_points_are_read_as_spreadsheets_write_them(written, meant):
    assert one("visited pricing page", written)["points"] == meant


def test_rows_of_a_criterion_are_tried_from_the_most_demanding():
    found = one_of(rubric(("invites", "1+ invites", 10), ("invites", "2+ invites", 15)))
    assert [(b.at_least, b.points) for b in found.bands] == [(2, 15), (1, 10)]


def one_of(result):
    (found,) = [*result.model.spec.fit.criteria.values(), *result.model.spec.behavior.criteria.values()]
    return found


def test_the_same_condition_twice_is_dropped_not_shadowed():
    result = rubric(("a", "2+ invites", 10), ("a", "2+ invites", 15))
    assert "stands above" in result.report.of("dropped")[0].reason


def test_a_semicolon_parts_cells_as_well():
    result = import_text("rubric", "Criterion;Condition;Points\nIndustry;industry in SaaS, Fintech;10\n", "r.csv")
    assert one_of(result).bands[0].in_ == ["SaaS", "Fintech"]


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ("2+ users invited or 1+ integration connected", "a row for each count"),
        ("title contains VP and Sales or Chief", "two ways"),
        ("the plan was changed is true", "no name of an attribute"),
    ],
)
def test_what_can_be_read_in_two_ways_is_left_out(condition, reason):
    found = rubric(("good", "invited 2+ teammates", 5), ("bad", condition, 5)).report.of("dropped")
    assert [reason in line.reason for line in found] == [True]


def test_yes_and_true_are_one_answer_and_silence_is_silence():
    assert one("newsletter is yes")["bands"] == [{"in": ["yes", True], "points": 10}]
    assert one("consent is no")["bands"] == [{"in": ["no", False], "points": 10}]
    assert one("lead has not logged in in last 14 days", -5)["days_since"] == ["logged_in"]
    (line,) = rubric(("few", "logins < 3", -5)).report.of("changed")
    assert "read as an attribute" in line.reason


def test_settings_without_a_criterion_are_no_model():
    with pytest.raises(DenizenError, match="no criterion"):
        rubric(("Decay", "every 14 days of inactivity", "-10"))
    with pytest.raises(DenizenError, match="no criterion"):
        import_text("mautic", json.dumps({"points": [], "triggers": [{"name": "Hot", "points": 50}]}), "m.json")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ("criterion,condition\na,b\n", "1 column is missing: `points` (or score, pts)"),
        (
            "Rule,weight\n",
            "2 columns are missing: `condition` (or threshold, when); `points` (or score, pts); found `rule`, `weight`",
        ),
        ("criterion,condition,points\n", "holds no scoring rule"),
        ("criterion,condition,points\na,employees 1,000,5\n", "quote a cell"),
        ("criterion,condition,condition,points\na,b,c,5\n", "stands twice"),
        ("criterion,condition,points\na,???,5\n", "none of the 1 rules can be carried over"),
    ],
)
def test_a_file_that_is_no_rubric_is_refused(text, said):
    with pytest.raises(DenizenError, match="import-shape") as caught:
        import_text("rubric", text, "r.csv")
    assert said in str(caught.value)


# --- HubSpot


def test_a_hubspot_score_becomes_a_model():
    result = imported("hubspot", "hubspot.json")
    accounted(result)
    spec = result.model.spec
    assert {n: len(result.report.of(n)) for n in FATES} == {"carried": 7, "changed": 3, "dropped": 3}
    assert spec.fit.criteria["numberofemployees"].bands[1].between == (501, 1000)
    assert spec.behavior.criteria["product_pe123_report_built"].bands[0].at_least == 3
    assert spec.behavior.criteria["product_4_666440"].max_points == 20
    assert spec.behavior.decay.percent == 25
    assert spec.tiers.fit == {"a": 35, "b": 20, "c": 0}


def score_of(*rules, category="FIT", **group):
    wrapped = [{"id": str(i), "enabled": True, "configuration": {"calculation": c}} for i, c in enumerate(rules)]
    return {
        "name": "s",
        "groupConfigs": [{"groupCategory": category, "groupName": "g", "ruleConfigurations": wrapped, **group}],
    }


def match(operation, value=5, **more):
    return {"type": "MATCH", "property": "p", "matchRules": [{"operation": operation, "value": value}], **more}


@pytest.mark.parametrize(
    ("operation", "values", "holds"),
    [
        ({"operationType": "NUMBER", "operator": "IS_GREATER_THAN", "value": 10}, [11, 10], [True, False]),
        ({"operationType": "number", "operator": "IS_NOT_EQUAL_TO", "value": 10}, [11, 10, None], [True, False, False]),
        ({"operationType": "NUMBER_RANGED", "operator": "IS_BETWEEN", "lowerBound": 1, "upperBound": 2}, [1, 2, 3], [True, True, False]),
        ({"operationType": "NUMBER_RANGED", "operator": "IS_NOT_BETWEEN", "lowerBound": 1, "upperBound": 2}, [0, 1, 3], [True, False, True]),
        ({"operationType": "BOOL", "operator": "IS_EQUAL_TO", "value": True}, ["true", "false"], [True, False]),
        ({"operationType": "ENUMERATION", "operator": "IS_ANY_OF", "values": ["a", "b"]}, ["B", "c"], [True, False]),
        ({"operationType": "ENUMERATION", "operator": "IS_NONE_OF", "values": ["a"], "includeObjectsWithNoValueSet": True}, ["a", "c", None], [False, True, True]),
        ({"operationType": "STRING", "operator": "CONTAINS", "value": "o.b"}, ["foo.bar", "fooxbar"], [True, False]),
        ({"operationType": "STRING", "operator": "DOES_NOT_CONTAIN", "value": "o"}, ["foo", "bar", None], [False, True, False]),
        ({"operationType": "STRING", "operator": "DOES_NOT_CONTAIN", "value": "o", "includeObjectsWithNoValueSet": True}, ["foo", "bar", None], [False, True, True]),
        ({"operationType": "MULTISTRING", "operator": "STARTS_WITH", "values": ["ab", "c+"]}, ["abc", "c+d", "cd"], [True, True, False]),
        ({"operationType": "MULTISTRING", "operator": "ENDS_WITH", "values": ["@gmail.com"]}, ["x@gmail.com", "@gmail.com.x"], [True, False]),
        ({"operationType": "alltypes", "operator": "IS_UNKNOWN"}, ["x", None], [False, True]),
        ({"operationType": "ALL_PROPERTY", "operator": "IS_KNOWN"}, ["x", None], [True, False]),
    ],
)  # fmt: skip
def test_an_operation_holds_for_the_same_values_as_in_hubspot(operation, values, holds):
    model = import_text("hubspot", json.dumps(score_of(match(operation))), "s.json").model
    leads = [{"lead_id": str(i), "p": v} for i, v in enumerate(values)]
    rows = package.score(model, leads=leads, as_of="2026-01-01").scores.to_pylist()
    assert [r["fit"] == 5 for r in sorted(rows, key=lambda r: int(r["lead_id"]))] == holds


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"type": "CONSTANT", "value": 3}, "the same points"),
        ({"type": "SEGMENT_MEMBERSHIP", "segmentMembershipRules": [{}]}, "segments live in HubSpot"),
        ({"type": "ASSOCIATION_UE"}, "associated records"),
        ({"type": "NEW_KIND"}, "unknown"),
        (match({"operationType": "NUMBER", "operator": "HAS_EVER_BEEN_EQUAL_TO", "value": 1}), "past values"),
        (match({"operationType": "DATETIME", "operator": "IS_AFTER_DATE", "timestamp": 1}), "dates of attributes"),
        (match({"operationType": "ROLLING_DATE_RANGE", "operator": "X"}), "dates of attributes"),
        (match({"operationType": "COMPARATIVE_STRING", "operator": "IS_EQUAL_TO"}), "not compared with each other"),
        (match({"operationType": "NUMBER", "operator": "IS_EQUAL_TO", "value": "x"}), "no number"),
        (match({"operationType": "ENUMERATION", "operator": "IS_EXACTLY", "values": ["a", "b"]}), "several values"),
        (match(None), "no operation"),
        (match({"operationType": "NUMBER", "operator": "IS_EQUAL_TO", "value": 1}, value="ten"), "no number of points"),
    ],
)  # fmt: skip
def test_a_rule_without_an_equal_is_dropped_with_its_reason(rule, reason):
    good = match({"operationType": "NUMBER", "operator": "IS_EQUAL_TO", "value": 1})
    result = import_text("hubspot", json.dumps(score_of(rule, good)), "s.json")
    (dropped,) = result.report.of("dropped")
    assert reason in dropped.reason
    assert dropped.place.startswith("groupConfigs[0].ruleConfigurations[0]")
    assert f"# left out, {dropped.place}" in result.text


def test_rules_that_can_hold_at_once_are_marked_as_changed():
    overlapping = {"type": "MATCH", "property": "p", "matchRules": [
        {"operation": {"operationType": "NUMBER", "operator": "IS_GREATER_THAN", "value": n}, "value": n} for n in (10, 5)
    ]}  # fmt: skip
    result = import_text("hubspot", json.dumps(score_of(overlapping)), "s.json")
    assert [line.fate for line in result.report.lines] == ["changed", "changed"]


def test_a_legacy_score_property_is_read_by_its_filter_branches():
    def branch(*filters):
        ands = [{"filterBranchType": "AND", "filters": [f], "filterBranches": []} for f in filters]
        return {"filterBranchType": "OR", "filterBranches": ands, "filters": []}

    def having(operator, **more):
        return {
            "filterType": "PROPERTY",
            "property": "jobtitle",
            "operation": {"operationType": "string", "operator": operator, **more},
        }

    event = {"filterBranchType": "AND", "filters": [], "filterBranches": [
        {"filterBranchType": "UNIFIED_EVENTS", "eventTypeId": "4-666440", "operator": "HAS_COMPLETED", "filters": []}
    ]}  # fmt: skip
    form = {
        "filterType": "FORM_SUBMISSION", "operator": "FILLED_OUT", "formId": "abc",
        "coalescingRefineBy": {"type": "NUM_OCCURRENCES", "minOccurrences": 2},
    }  # fmt: skip
    data = {"name": "hubspotscore", "criteria": [
        {"name": "title", "points": 10, "filterBranch": branch(having("CONTAINS", value="vp"), having("CONTAINS", value="chief"))},
        {"name": "opened", "points": 5, "filterBranch": event},
        {"name": "form", "points": 7, "filterBranch": branch(form)},
        {"name": "both", "points": 1, "filterBranch": {"filterBranchType": "AND", "filters": [having("IS_KNOWN"), form]}},
        {"name": "never", "points": -5, "filterBranch": {**event["filterBranches"][0], "operator": "HAS_NOT_COMPLETED"}},
    ]}  # fmt: skip
    result = import_text("hubspot", json.dumps(data), "p.json")
    accounted(result)
    spec = result.model.spec
    assert [b.matches for b in spec.fit.criteria["title"].bands] == ["vp", "chief"]
    assert spec.behavior.criteria["form"].bands[0].at_least == 2
    assert spec.behavior.criteria["opened"].count == ["4-666440"]
    assert [line.fate for line in result.report.lines] == ["carried", "carried", "changed", "dropped", "dropped"]


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "{}", "[]", "null", "1", '{"results": []}', '{"groupConfigs": []}', '{"a": 1, "a": 2}', '{"a": NaN}',
     "[" * 5000, '{"a": ' + "9" * 5000 + "}", '{"groupConfigs": [' + "[" * 70 + "]" * 70 + "]}", '{"groupConfigs": [1, {}]}'],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["hubspot", "mautic"])
def test_a_text_that_is_no_definition_is_refused_clearly(kind, text):
    with pytest.raises(DenizenError, match="import-shape"):
        import_text(kind, text, "x")


# --- Mautic


def test_mautic_points_become_a_model():
    result = imported("mautic", "mautic.json")
    accounted(result)
    assert {n: len(result.report.of(n)) for n in FATES} == {"carried": 4, "changed": 1, "dropped": 2}
    assert (
        result.model.spec.behavior.criteria["pricing_page"].where["url"].matches
        == r"^https://app\.example\.com/pricing.*$"
    )
    assert result.model.spec.tiers.behavior == {"hot": 50}


def test_mautic_csv_and_the_shapes_of_its_json_give_the_same_model():
    action = {
        "id": 7,
        "name": "Demo",
        "type": "form.submit",
        "delta": 20,
        "properties": {"forms": [4]},
        "isPublished": True,
    }
    shapes = [
        {"points": [action]},
        {"points": {"7": action}},
        {"point": action},
        [action],
        action,
        [{"point": [action]}],
    ]
    line = f'id,name,type,delta,isPublished,properties\n7,Demo,form.submit,20,1,"{json.dumps({"forms": [4]})}"\n'
    texts = [*map(json.dumps, shapes), line.replace('{"forms"', '{""forms""')]
    models = {import_text("mautic", text, "m").model.fingerprint for text in texts}
    assert len(models) == 1


def test_a_repeatable_action_gives_points_each_time():
    action = {"name": "d", "type": "asset.download", "delta": 2, "repeatable": True, "properties": []}
    assert import_text("mautic", json.dumps([action]), "m").model.spec.behavior.criteria["d"].each == 1


# --- what holds for every import

TEXT = st.text(max_size=30) | st.sampled_from(
    ["a\nb: 1", "# x", "'", '"', "{", "&a", "*a", "!!python/x", "\u2028x", "yes", "1", ""]
)
POINTS = (
    st.integers(-50, 50)
    | TEXT
    | st.none()
    | st.floats(allow_nan=False, allow_infinity=False).map(lambda f: round(f, 3))
)
WORDS = st.sampled_from(
    "employees 50-500 3+ uses in first 14 days title contains VP industry in SaaS, >= 5 logins visited pricing page no login"
    " for or and where is not 1,5 every without per session key actions 48 hours known of during trial".split()
)
CONDITIONS = st.lists(WORDS, max_size=8).map(" ".join) | TEXT
OPERATIONS = st.fixed_dictionaries(
    {"operationType": st.sampled_from("NUMBER STRING MULTISTRING ENUMERATION BOOL NUMBER_RANGED ALL_PROPERTY DATETIME X".split()),
     "operator": st.sampled_from("IS_EQUAL_TO IS_NOT_EQUAL_TO CONTAINS DOES_NOT_CONTAIN IS_ANY_OF IS_KNOWN IS_UNKNOWN IS_BETWEEN IS_GREATER_THAN STARTS_WITH".split())},
    optional={"value": POINTS, "values": st.lists(TEXT, max_size=3), "lowerBound": st.integers(-5, 5), "upperBound": st.integers(-5, 5),
              "includeObjectsWithNoValueSet": st.booleans()},
) | TEXT  # fmt: skip
RULES = st.lists(st.fixed_dictionaries({"operation": OPERATIONS, "value": POINTS}), min_size=1, max_size=3)
MATCHES = st.fixed_dictionaries({"type": st.just("MATCH"), "property": TEXT.filter(str.strip), "matchRules": RULES})
CONSTANTS = st.fixed_dictionaries({"type": st.just("CONSTANT"), "value": POINTS})
ENTRIES = st.fixed_dictionaries(
    {"eventTypeId": TEXT.filter(str.strip), "recordCalculation": CONSTANTS | MATCHES},
)
CALCULATIONS = st.recursive(
    MATCHES
    | CONSTANTS
    | st.fixed_dictionaries({"type": st.just("MULTI_UE"), "eventCalculators": st.lists(ENTRIES, max_size=3)}),
    lambda inner: st.fixed_dictionaries({"type": st.just("MULTI"), "calculators": st.lists(inner, max_size=3)}),
    max_leaves=6,
)


def leaves(calculation):
    kind = calculation["type"]
    if kind == "MATCH":
        return len(calculation["matchRules"])
    if kind == "MULTI":
        return sum(map(leaves, calculation["calculators"]))
    if kind == "MULTI_UE":
        return sum(leaves(e["recordCalculation"]) for e in calculation["eventCalculators"])
    return 1


def attempt(kind, text, expected):
    try:
        result = import_text(kind, text, "x")
    except DenizenError as error:
        assert {f.code for f in error.findings} == {"import-shape"}
        return
    accounted(result)
    assert len(result.report.lines) == expected


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(TEXT, CONDITIONS, POINTS.map(str), st.sampled_from(["", "yes"]), st.sampled_from(["", "fit", "x"])),
        max_size=6,
    )
)
def test_any_rubric_loads_or_is_refused_and_every_row_is_accounted_for(rows):
    out = io.StringIO()
    csv.writer(out).writerows([["criterion", "condition", "points", "key", "section"], *rows])
    filled = sum(any(cell.strip() for cell in row) for row in rows)
    attempt("rubric", out.getvalue(), filled)


@settings(max_examples=30)
@given(st.lists(CALCULATIONS, max_size=4), st.sampled_from(["FIT", "INTENT"]), TEXT)
def test_any_hubspot_score_loads_or_is_refused_and_every_rule_is_accounted_for(rules, category, name):
    data = {**score_of(*rules, category=category), "name": name}
    attempt("hubspot", json.dumps(data), sum(map(leaves, rules)))


@settings(max_examples=30)
@given(
    st.lists(
        st.fixed_dictionaries(
            {"type": st.sampled_from(["page.hit", "url.hit", "email.open", "asset.download", "x"]) | TEXT},
            optional={
                "name": TEXT,
                "delta": POINTS,
                "isPublished": st.booleans(),
                "repeatable": st.booleans(),
                "properties": st.dictionaries(
                    st.sampled_from(["emails", "pages", "assets", "page_url", "page_hits", "returns_within"]),
                    st.lists(POINTS, max_size=3) | TEXT | POINTS,
                )
                | TEXT,
            },
        ),
        max_size=5,
    )
)
def test_any_mautic_export_loads_or_is_refused_and_every_action_is_accounted_for(actions):
    attempt("mautic", json.dumps({"points": actions}), len(actions))


@given(st.text())
def test_a_comment_is_one_line_whatever_it_holds(text):
    line = comment(text)
    assert line.startswith("#")
    assert len(line.splitlines()) == 1


@given(st.dictionaries(st.text(min_size=1), st.text() | st.integers() | st.lists(st.text()), max_size=3))
def test_what_is_dumped_is_read_back_the_same(data):
    from denizen.model.source import parse_yaml

    read = parse_yaml("\n".join(dump({"top": data})), "x")
    if not read.findings:  # NUL and half surrogates are refused
        assert read.data == {"top": data}


@given(st.text(), st.lists(st.text(), max_size=3))
def test_a_name_is_a_name_and_free(text, taken):
    name = name_of(text, taken)
    assert name not in taken
    assert name.replace("_", "a").isalnum()
    assert name[0].isalpha()


def test_nothing_that_a_terminal_obeys_comes_out_of_a_report():
    result = rubric(("a\x1b[2J\nb", "visited pricing page", 5), ("\u202ec", "x\x07y?", 5))
    told = json.dumps(result.report.as_dict(), ensure_ascii=False) + result.text.replace("\n", "")
    assert not any(c in told for c in "\x1b\x07\u202e\n\r")


def test_there_is_a_kind_for_each_importer():
    with pytest.raises(DenizenError, match="there is no importer `x`; allowed: hubspot, mautic, rubric"):
        import_text("x", "", "x")
    assert list(KINDS) == ["hubspot", "mautic", "rubric"]


# --- the command


def test_the_command_writes_the_model_and_tells_what_became_of_each_rule(tmp_path):
    (tmp_path / "r.csv").write_text((HERE / "methodology.csv").read_text())
    out = denizen(tmp_path, "import", "rubric", "r.csv", "--out", "model.yaml").stdout
    assert "34 rules and settings read" in out
    assert "dropped line 30: Session depth" in out
    denizen(tmp_path, "check", "model.yaml")
    again = denizen(tmp_path, "import", "rubric", "r.csv", "--out", "model.yaml", code=2)
    assert "model.yaml exists" in again.stderr
    told = json.loads(denizen(tmp_path, "import", "rubric", "r.csv", "--out", "model.yaml", "--force", "--json").stdout)
    assert told["read"] == sum(len(told[fate]) for fate in FATES)
    assert told["out"] == "model.yaml"


def test_without_out_the_model_goes_to_stdout_and_the_report_to_stderr(tmp_path):
    (tmp_path / "m.json").write_text((HERE / "mautic.json").read_text())
    done = denizen(tmp_path, "import", "mautic", "m.json")
    assert parse_model(done.stdout, "x").name == "mautic_points"
    assert "7 rules and settings read" in done.stderr


def test_a_file_that_cannot_be_used_is_told_without_a_traceback(tmp_path):
    (tmp_path / "x.json").write_bytes(b"\xff\xfe\x00")
    assert "not UTF-8" in denizen(tmp_path, "import", "mautic", "x.json", code=1).stderr
    assert "cannot read" in denizen(tmp_path, "import", "mautic", "none.json", code=1).stderr
    assert "rubric" in denizen(tmp_path, "import", "excel", "x.json", code=2).stderr


@pytest.mark.parametrize(
    ("condition", "name"),
    [
        ("3+ Deal Created", "Deal Created"),
        ("Pricing Page Viewed", "Pricing Page Viewed"),
        ("3+ Product Added to Wishlist in first 7 days", "Product Added to Wishlist"),
        ('"Order Refunded!"', "Order Refunded!"),
        ("2+ `report built`", "report built"),
        ("2+ reportBuilt", "reportBuilt"),
        ("2+ ReportBuilt", "ReportBuilt"),
        ("report_built", "report_built"),
    ],
)
def test_the_name_of_an_event_stands_as_it_is_written(condition, name):
    rows = [["criterion", "condition", "points"], ["a", condition, "5"]]
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    imported = import_text("rubric", out.getvalue(), "r.csv")
    assert imported.model.spec.behavior.criteria["a"].count == [name]
    (line,) = imported.report.lines
    assert line.fate == "carried"


def test_words_that_are_no_name_become_one_and_the_report_says_so():
    imported = import_text("rubric", "criterion,condition,points\na,visited pricing page,5\n", "r.csv")
    assert imported.model.spec.behavior.criteria["a"].count == ["pricing_page_visited"]
    assert imported.report.lines[0].fate == "changed"


def test_all_columns_that_events_lack_are_named_at_once():
    with pytest.raises(DenizenError) as caught:
        package.score("model: m\n", events=[{"who": "a", "what": "b"}], as_of="2026-01-01")
    assert len(caught.value.findings) == 3
    assert {f.code for f in caught.value.findings} == {"missing-column"}


@pytest.mark.parametrize("span", ["48h", "48 hrs", "48 hours", "48 Hours", "48-hour"])
def test_a_burst_is_read_however_its_span_is_written(span):
    meaning = read_condition(f"5+ key actions within {span}", "burst")
    assert (meaning.measure, meaning.base) == ("velocity", {"at_least": 5, "within": "48h"})


@pytest.mark.parametrize(
    ("second", "told"),
    [
        ("1+ invited in last 30 days,10", "All of them can count together, up to 25 points"),
        ("every 14 days without login,5", "All of them can count together, without a limit"),
        ("1+ invited in last 30 days,-10", "All of them can count together, up to 15 points"),
        ("5+ invited,20", None),
    ],
)
def test_rows_of_one_criterion_that_add_up_are_told(second, told):
    rubric = f"criterion,condition,points\nDup,2+ invited,15\nDup,{second}\n"
    report = import_text("rubric", rubric, "r.csv").report
    notes = [n for n in report.notes if "All of them can count together" in n]
    assert not report.of("dropped")
    if told is None:
        assert not notes
    else:
        assert told in notes[0]
        assert "`Dup` (lines 2, 3)" in notes[0]
        assert "`dup`, `dup_2`" in notes[0]
