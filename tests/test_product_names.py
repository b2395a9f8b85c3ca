"""Products of a model and those of the data: what differs is said, and never counted as fed."""

from __future__ import annotations

import json

import pytest

import denizen
from denizen.errors import DenizenError
from denizen.model.load import load_model
from denizen.scoring.audit.instrument import request_text
from test_cli import denizen as command

MODEL = """model: two
fit: {criteria: {size: {attribute: employees, bands: [{at_least: 50, points: 40}]}}}
products:
  NAMED:
    criteria:
      built: {count: Deal Created, points: 40}
      priced: {count: Pricing Viewed, points: 20}
  desk:
    criteria:
      built: {count: Ticket Created, points: 40}
"""


def events():
    rows = [("Deal Created", "CRM")] * 5 + [("Ticket Created", "Desk")] * 3 + [("Pricing Viewed", "Desk")] * 2
    rows += [("Signed Up", None)] * 4 + [("Query Run", "Data Hub")] * 6
    return [
        {"lead_id": f"l{i % 3}", "event": event, "timestamp": f"2026-03-0{1 + i % 9}T10:00:00Z", "product": product}
        for i, (event, product) in enumerate(rows)
    ]


def messages(model, code):
    found = denizen.check(model, events=events())
    return [(f.path, f.level, f.message) for f in found if f.code == code]


def audited(model, rows=None):
    leads = [{"lead_id": f"l{n}", "employees": 80} for n in range(3)]
    return denizen.audit(model, leads=leads, events=rows or events(), as_of="2026-04-01")


def test_check_says_that_a_product_never_occurs_and_what_the_events_name():
    ((path, level, message),) = messages(MODEL.replace("NAMED", "crn"), "product-unseen")
    assert (path, level) == ("products.crn", "warning")
    assert "not one of the 20 events is of `crn`" in message
    assert "did you mean `crm` (5 events)?" in message
    assert not messages(MODEL.replace("NAMED", "crm"), "product-unseen")


def test_check_counts_events_of_products_that_the_model_does_not_know_and_of_none():
    unknown, bare = messages(MODEL.replace("NAMED", "crm"), "product-unknown")
    assert unknown[1:] == (
        "warning",
        "6 of 20 events are of no product of the model: `data hub` (6); they count for nothing",
    )
    assert bare[1] == "info"
    assert bare[2].startswith("4 of 20 events name no product")


def test_check_says_that_an_event_occurs_only_in_another_product():
    ((path, _, message),) = messages(MODEL.replace("NAMED", "crm"), "event-unseen")
    assert path.startswith("products.crm.criteria.priced")
    assert "never occurs in the events of `crm`; it occurs in those of `desk` (2)" in message


def test_a_model_without_products_hears_nothing_of_them():
    plain = "model: m\nbehavior: {criteria: {a: {count: Deal Created, points: 9}}}\n"
    assert not [f for f in denizen.check(plain, events=events()) if f.code.startswith("product")]
    assert audited(plain).products == ()


def test_a_product_that_says_which_events_are_its_own_is_asked_by_that():
    own = MODEL.replace("  NAMED:\n", "  sales:\n    events: {product: CRM}\n")
    assert not messages(own, "product-unseen")
    assert {(p.product, p.rows) for p in audited(own).products if p.known} == {("sales", 5), ("desk", 5)}


def test_an_audit_does_not_call_a_product_fed_that_never_occurs():
    found = audited(MODEL.replace("NAMED", "analytics"))
    states = {c.label: c.state for c in found.coverage}
    assert states["analytics.built"] == states["analytics.priced"] == "unfed"
    assert states["desk.built"] == "fed"
    assert found.maturity.fed_points_share < 1
    faults = {f.code: f for f in found.faults}
    assert "not one is of the product `analytics`" in faults["product-unseen"].message
    assert (faults["product-unknown"].count, faults["product-unknown"].of) == (11, 20)
    assert faults["product-missing"].count == 4
    assert found.requests == ()  # nothing is to be built, a name is wrong
    assert found.proxies == ()


def test_an_audit_tells_criteria_of_two_products_apart_that_have_one_name():
    found = audited(MODEL.replace("NAMED", "crm"))
    assert [(c.product, c.criterion, c.state) for c in found.coverage if c.part == "behavior"] == [
        ("crm", "built", "fed"),
        ("crm", "priced", "unfed"),
        ("desk", "built", "fed"),
    ]
    ((request,),) = (found.requests,)
    assert (request.product, request.event) == ("crm", "Pricing Viewed")
    assert "it is sent already, but not as of `crm`" in request_text("two", found.requests)
    assert found.reach[1].data == 40
    ((proxy,),) = (found.proxies,)
    assert proxy.under == "products.crm.criteria"


def test_the_command_shows_products_with_their_events(tmp_path):
    (tmp_path / "m.yaml").write_text(MODEL.replace("NAMED", "analytics"))
    (tmp_path / "e.jsonl").write_text("".join(json.dumps(e) + "\n" for e in events()))
    told = command(tmp_path, "audit", "m.yaml", "--events", "e.jsonl", "--as-of", "2026-04-01").stdout
    lines = [" ".join(line.split()) for line in told.splitlines()]
    assert "analytics 0 never occurs" in lines
    assert "crm 5 not in the model" in lines
    assert "(names none) 4" in lines
    assert "analytics.built behavior unfed +40 0 (0.0%) Deal Created" in lines


def written(tmp_path, *options, code=0, rows=None):
    (tmp_path / "e.jsonl").write_text("".join(json.dumps(e) + "\n" for e in rows or title_case()))
    done = command(tmp_path, "init", "--yes", "--json", "--force", *options, code=code)
    told = json.loads(done.stdout or done.stderr)
    return told, (load_model(tmp_path / "model.yaml") if code == 0 else None)


def title_case():
    """Three products; the events of none say anything in the words of a template."""
    done = {
        "CRM": ["Report Created", "Teammate Invited", "Pricing Page Viewed", "Checkout Started", "Signed In"],
        "Help Desk": ["Ticket Created", "Slack Connected", "User Invited", "Signed In", "Plan Created"],
        "Data Hub": ["Dashboard Created", "Data Exported", "Upgrade Clicked"],
        None: ["Account Created"],
    }
    return [
        {"lead_id": f"l{n}", "event": event, "timestamp": f"2026-03-0{1 + n}T10:00:00Z", "product": product}
        for n in range(3)
        for product, names in done.items()
        for event in names
    ]


def test_init_names_the_products_of_the_events_and_scores_them(tmp_path):
    told, model = written(tmp_path, "--events", "e.jsonl")
    assert told["approach"] == "multi-product"
    assert told["products"] == list(model.spec.products) == ["CRM", "help_desk", "data_hub"]
    assert not [f for f in denizen.check(tmp_path / "model.yaml", events=title_case()) if f.code == "product-unseen"]
    scores = denizen.score(model, events=title_case(), as_of="2026-03-05").scores.to_pylist()
    assert all(s["behavior"] > 0 for s in scores)
    assert model.spec.products["CRM"].criteria["pricing"].count == ["Pricing Page Viewed"]
    assert "pricing" not in model.spec.products["help_desk"].criteria  # Plan Created is none


def test_init_takes_the_products_that_were_named(tmp_path):
    told, model = written(tmp_path, "--events", "e.jsonl", "--product", "data hub", "--product", "Mail")
    assert list(model.spec.products) == ["data_hub", "Mail"]
    assert any("No event is of Mail" in c for c in told["cautions"])
    assert any("CRM (15), Help Desk (15); they count for nothing" in c for c in told["cautions"])
    own = denizen.check(tmp_path / "model.yaml", events=title_case())
    assert [f.path for f in own if f.code == "product-unseen"] == ["products.Mail"]


def test_init_does_not_invent_names_of_products_without_saying_so(tmp_path):
    told, model = written(tmp_path, "--products", "3")
    assert list(model.spec.products) == ["product_1", "product_2", "product_3"]
    assert any("in place of product_1, product_2, product_3" in c for c in told["cautions"])


def test_names_that_cannot_all_be_meant_are_refused_and_none_is_lost_in_silence(tmp_path):
    for wrong in (("--product", "a", "--product", "A"), ("--product", " "), ("--product", "a", "--products", "2")):
        told, _ = written(tmp_path, *wrong, code=2)
        assert told["errors"][0]["code"] == "bad-argument"
    told, model = written(tmp_path, "--product", "CRM", "--product", "Desk", "--tracking", "minimal")
    assert model.spec.products is None
    assert any("CRM, Desk: minimal has one rubric for all products" in c for c in told["cautions"])


def test_a_property_with_many_values_names_no_products(tmp_path):
    rows = [{**e, "product": f"sku {n}"} for n, e in enumerate(title_case())]
    told, model = written(tmp_path, "--events", "e.jsonl", rows=rows)
    assert model.spec.products is None
    assert told["answers"]["products"] == 1


@pytest.mark.parametrize(
    "options", [(), ("--events", "e.jsonl"), ("--events", "e.jsonl", "--product", "CRM", "--product", "x")]
)
def test_the_reasons_of_init_name_the_numbers_of_the_file(tmp_path, options):
    told, model = written(tmp_path, *options)
    value = {c["about"]: c["value"] for c in told["choices"]}
    pql = model.spec.pql
    assert value["thresholds"] == f"total {pql.total}, fit {pql.fit}, behavior {pql.behavior}"
    assert len(set(told["left_out"])) == len(told["left_out"])
    if options:
        reach = {r.part: r.design for r in denizen.audit(model, events=title_case(), as_of="2026-04-01").reach}
        reason = next(c["reason"] for c in told["choices"] if c["about"] == "thresholds")
        assert "behavior can reach" not in reason or f"behavior can reach {reach['behavior']:g} of" in reason


def test_an_event_that_names_no_product_is_said_to_count_for_none_instead_of_being_missed(tmp_path):
    rows = [*title_case(), {"lead_id": "l0", "event": "Pricing Page Viewed", "timestamp": "2026-03-02"}]
    rows = [r for r in rows if not (r["event"] == "Pricing Page Viewed" and r.get("product"))]
    told, model = written(tmp_path, "--events", "e.jsonl", rows=rows)
    wanted = [m for m in told["events"] if m["wanted"] == "pricing_viewed" and m["product"]]
    assert wanted
    assert all(m["found"] is None and m["names_no_product"] == "Pricing Page Viewed" for m in wanted)
    assert "pricing" not in model.spec.products["CRM"].criteria
    text = (tmp_path / "model.yaml").read_text()
    assert "Pricing Page Viewed is in the data but names no product, so it cannot count for CRM" in text
    shown = command(tmp_path, "init", "--yes", "--force", "--events", "e.jsonl").stdout
    said = (
        "is in the data but names no product, so it cannot count for CRM: send `product` with it, or score one product"
    )
    assert f"event pricing_viewed of CRM: Pricing Page Viewed {said}" in shown
    assert "event premium_downgraded of CRM: not in the data" in shown


def test_init_check_and_audit_count_the_same_events_of_no_product(tmp_path):
    row = {"event": "Account Created", "timestamp": "2026-03-01T10:00:00Z"}
    rows = [{**e, "event_id": f"e{n}"} for n, e in enumerate(title_case())]
    rows += [
        rows[-1],
        {**row, "lead_id": "nobody"},
        {**row, "lead_id": None},
        {**row, "lead_id": "l0", "timestamp": "x"},
    ]
    (tmp_path / "leads.csv").write_text("lead_id\nl0\nl1\nl2\n")
    data = ("--events", "e.jsonl", "--leads", "leads.csv")
    told, _ = written(tmp_path, *data, rows=rows)
    assert "Events that name no product: 3; they count for none." in told["cautions"]
    (found,) = [
        f
        for f in json.loads(command(tmp_path, "check", "model.yaml", "--json").stdout)["findings"]
        if f["code"] == "product-unknown"
    ]
    assert "3 of 42 events name no product" in found["message"]
    audit = json.loads(command(tmp_path, "audit", "model.yaml", "--as-of", "2026-04-01", "--json").stdout)
    assert [p["rows"] for p in audit["products"] if p["product"] is None] == [3]


def test_no_events_of_a_product_are_refused_in_words_that_say_what_to_do():
    with pytest.raises(DenizenError) as error:
        load_model("model: m\nproducts:\n  crm: {events: {}, criteria: {x: {count: y, points: 5}}}\npql: {total: 5}\n")
    (finding,) = error.value.findings
    assert "leave `events` out for those whose property `product` is `crm`" in finding.message
    assert "list" not in finding.message
