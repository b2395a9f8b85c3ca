"""Derived attributes: what follows from addresses, titles and words, and that nothing else changes."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import denizen
from denizen.clock import parse_instant
from denizen.ingest.derive.countries import countries, countries_in_english, country_code, country_in_words_of
from denizen.ingest.derive.domains import clean_domain, domain_of_address, domain_of_website, registrable
from denizen.ingest.derive.industries import industries, industry_group
from denizen.ingest.derive.mail import company_of_mail_domain, company_of_website, type_of_domain
from denizen.ingest.derive.technologies import technologies_in_words_of
from denizen.ingest.derive.titles import department_of, seniority_of
from denizen.ingest.derive.vocabulary import fold, read_table
from denizen.ingest.prepare import Moments
from denizen.ingest.project import Data
from denizen.model.load import load_model
from denizen.scoring.explain import explain_lead
from denizen.scoring.run import score_run

TITLES = list(csv.DictReader((Path(__file__).parent / "titles.csv").read_text(encoding="utf-8").splitlines()))
DENIZEN = Path(sys.executable).parent / "denizen"


@pytest.mark.parametrize("row", TITLES, ids=lambda row: row["title"])
def test_a_title_says_its_level_and_department(row):
    assert (seniority_of(row["title"]) or "", department_of(row["title"]) or "") == (
        row["seniority"],
        row["department"],
    )


@given(st.sampled_from(TITLES), st.sampled_from([str.upper, str.lower, str.swapcase]), st.sampled_from(["", " ", "\t"]))
def test_case_and_white_space_of_a_title_say_nothing(row, change, space):
    title = row["title"]
    if any(c.isupper() for c in title[1:]) and "In" in title:  # LeiterIn: the inner capital is a gender mark
        return
    changed = space + change(title).replace(" ", "  ") + space
    assert (seniority_of(changed) or "", department_of(changed) or "") == (row["seniority"], row["department"])


@given(st.text(max_size=40))
def test_any_text_is_read_without_harm(text):
    for read in (seniority_of, department_of, country_code, industry_group, domain_of_address, domain_of_website,
                 type_of_domain, company_of_website, company_of_mail_domain):  # fmt: skip
        found = read(text)
        assert found is None or found
    assert clean_domain(clean_domain(text) or "") == clean_domain(text)


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("Ana <Ana@Acme.COM>", "acme.com"), ("mailto:x@mail.acme.co.uk", "mail.acme.co.uk"), ("x@acme.com.", "acme.com"),
        ("x@xn--mller-kva.de", "müller.de"), ("x@MÜLLER.de", "müller.de"), ("nope", None), ("a@b", None), ("a@@b.com", None),
        ("@acme.com", None), ("a b@acme.com", None), ("x@[1.2.3.4]", None), ("x@1.2.3.4", None), ("x@acme..com", None),
        ("x@-a.com", None), ("", None),
    ],
)  # fmt: skip
def test_an_address_has_a_domain_or_none(address, domain):
    assert domain_of_address(address) == domain


@pytest.mark.parametrize(
    ("domain", "kind"),
    [
        ("gmail.com", "personal"), ("mail.gmail.com", "personal"), ("hey.com", "personal"), ("web.de", "personal"),
        ("mailinator.com", "disposable"), ("x.mailinator.com", "disposable"), ("mit.edu", "academic"),
        ("cs.stanford.edu", "academic"), ("alumni.stanford.edu", "personal"), ("foo.ac.uk", "academic"),
        ("uni-muenchen.de", "academic"), ("foo.edu.au", "academic"), ("ac.de", "work"), ("foo.ac", "work"),
        ("acme.com", "work"), ("notgmail.com", "work"), ("gmail.com.acme.de", "work"), ("nonsense", None),
    ],
)  # fmt: skip
def test_a_domain_tells_the_kind_of_its_addresses(domain, kind):
    assert type_of_domain(domain) == kind
    assert type_of_domain(f" {domain.upper()} ") == kind


def test_public_suffixes_part_companies():
    assert registrable("a.b.acme.co.uk") == "acme.co.uk"
    assert registrable("ana.github.io") != registrable("bob.github.io")
    assert registrable("co.uk") is registrable("github.io") is None
    assert company_of_website("HTTPS://www.Acme.co.uk:443/x?y") == "acme.co.uk"
    assert company_of_website("acme.com:8080") == "acme.com"
    assert (
        company_of_website("https://acme.com?ref=x@evil.com")
        == company_of_website("https://acme.com#@evil.com")
        == "acme.com"
    )
    assert company_of_website("http://acme.com@evil.com") == "evil.com"


def test_a_domain_with_a_sharp_s_is_one_of_its_own():
    assert clean_domain("xn--strae-oqa.de") == clean_domain("straße.de") == "straße.de"
    assert company_of_mail_domain("straße.de") != company_of_mail_domain("strasse.de")


@pytest.mark.parametrize(
    ("title", "level"),
    [
        ("Directeur adjoint des ventes", "director"), ("Adjoint au directeur", "individual"),
        ("Engineer @ CEO.com", "individual"), ("Vice President Assistant", "individual"),
        ("Assistant Vice President", "vp"), ("Dirección general", "c_level"),
    ],
)  # fmt: skip
def test_a_title_is_its_own_and_not_that_of_who_stands_beside(title, level):
    assert seniority_of(title) == level


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("United States of America", "US"), ("usa", "US"), ("EE.UU.", "US"), ("États-Unis", "US"), ("UK", "GB"), ("gb", "GB"),
        ("Deutschland", "DE"), ("DEU", "DE"), ("Alemanha", "DE"), ("Allemagne", "DE"), ("Reino Unido", "GB"),
        ("Países Bajos", "NL"), ("Österreich", "AT"), ("日本", "JP"), ("Côte d’Ivoire", "CI"), ("Atlantis", None), ("N/A", None),
    ],
)  # fmt: skip
def test_a_country_has_a_code_in_many_languages(said, code):
    assert country_code(said) == code


def test_no_spelling_stands_for_two_terms_of_a_table():
    for table, name in (("industries.csv", "term"), ("technologies.csv", "name"), ("countries.csv", "code")):
        seen = {}
        for row in read_table(table):
            for spelling in {fold(s) for s in (row[name], *row["spellings"].split("|"))}:
                assert seen.setdefault(spelling, row[name]) == row[name], spelling


@given(
    st.sets(st.sampled_from(sorted(industries().spellings)), max_size=4),
    st.sampled_from(sorted(industries().spellings)),
)
def test_a_value_the_model_names_stays_and_reading_twice_changes_nothing(named, said):
    named = frozenset(named)
    read = industries().in_words_of(named, said)
    if said in named:
        assert read is None
    again = (read or said).lower()
    assert (industries().in_words_of(named, again) or again).lower() == again


def test_values_become_the_words_of_the_model_and_never_narrower():
    words = frozenset
    assert industries().in_words_of(words({"saas"}), "software") is None
    assert industries().in_words_of(words({"software"}), "saas") == "Software"
    assert industries().in_words_of(words({"saas", "software"}), "saas") is None
    assert countries().in_words_of(words({"united states"}), "us") == "united states"
    assert countries().in_words_of(words({"us"}), "united states") == "US"
    assert countries().in_words_of(words({"us"}), "atlantis") is None
    assert json.loads(technologies_in_words_of(words({"salesforce"}), "\x1fsfdc\x1foops\x1f")) == ["Salesforce", "oops"]
    assert technologies_in_words_of(words({"hubspot", "crm"}), "hubspot crm; sfdc") == "hubspot crm, Salesforce"


MODEL = """model: m
fit:
  criteria:
    level: {attribute: seniority, bands: [{in: [C-Level, vp], points: 10}]}
    place: {attribute: country, bands: [{in: [US], points: 7}]}
    tools: {attribute: technologies, bands: [{contains_any: [Salesforce], points: 4}]}
    kind: {attribute: email_type, bands: [{is: work, points: 5}]}
    firm: {attribute: company_domain, bands: [{exists: true, points: 2}]}
pql: {total: 5, fit: 5, behavior: 0, require: {department: {in: [marketing, executive]}}}
"""
ANA = {
    "lead_id": "ana",
    "email": "ana@acme.com",
    "title": "VP Marketing",
    "country": "United States",
    "technologies": '["SFDC"]',
}


@pytest.mark.engine
def test_every_engine_scores_what_was_derived(engine):
    result = denizen.score(MODEL, leads=[ANA], as_of="2026-01-01", ledger=True, engine=engine)
    lines = {r["line"]: (r["measure"], r["points"]) for r in result.ledger.to_pylist() if r["part"] == "fit"}
    assert lines["level"] == ("vp", 10)
    assert lines["place"] == ("US", 7)
    assert lines["tools"] == ("Salesforce", 4)
    assert lines["kind"] == ("work", 5)
    assert lines["firm"] == ("acme.com", 2)
    assert result.summary.pql == 1
    assert result.accounting.derived["seniority"] == 1


def test_english_and_codes_alone_mean_the_same_countries_as_all_languages() -> None:
    every, english = countries().spellings, countries_in_english().spellings
    assert english.items() < every.items()
    assert country_in_words_of(frozenset({"us"}), "vereinigte staaten") == "US"
    assert country_in_words_of(frozenset({"frankreich"}), "fr") == "frankreich"


def test_a_value_of_its_own_always_wins():
    own = {**ANA, "seniority": "boss", "email_type": "personal", "company_domain": None, "country": "us"}
    told = denizen.explain(MODEL, "ana", leads=[own], as_of="2026-01-01")
    lines = {line.line: line for line in told.lines}
    assert (lines["level"].measure, lines["level"].derived_from) == ("boss", None)
    assert (lines["place"].measure, lines["place"].derived_from) == ("us", None)
    assert lines["firm"].unknown  # the data calls the address personal


def test_the_value_of_the_account_wins_over_derivation():
    leads = [{**ANA, "account_id": "A"}]
    told = denizen.explain(
        MODEL, "ana", leads=leads, accounts=[{"account_id": "A", "seniority": "vp2"}], as_of="2026-01-01"
    )
    assert next(line.measure for line in told.lines if line.line == "level") == "vp2"


def test_explain_says_what_a_value_was_derived_from():
    told = denizen.explain(MODEL, "ana", leads=[ANA], as_of="2026-01-01").as_dict()
    lines = {line["line"]: line["derived_from"] for line in told["lines"]}
    assert lines["level"] == {"attribute": "title", "value": "VP Marketing"}
    assert lines["place"] == {"attribute": "country", "value": "United States"}
    gate = next(g for g in told["gates"] if g["gate"] == "require department")
    assert (gate["value"], gate["derived_from"]["value"]) == ("marketing", "VP Marketing")


def test_rules_for_attributes_win_over_tables():
    rules = {"seniority": {"values": {"vp  marketing": "x", "VP Marketing": "intern"}}, "country": {"derive": False}}
    told = denizen.explain(MODEL, "ana", leads=[ANA], as_of="2026-01-01", attributes=rules)
    lines = {line.line: line.measure for line in told.lines}
    assert (lines["level"], lines["place"]) == ("intern", "United States")
    with pytest.raises(denizen.DenizenError, match="allowed: derive, values"):
        denizen.score(MODEL, leads=[ANA], as_of="2026-01-01", attributes={"country": {"derived": False}})


def test_a_misspelled_rule_is_told():
    result = denizen.score(MODEL, leads=[ANA], as_of="2026-01-01", attributes={"senority": {"derive": False}})
    assert "attributes: the model does not read `senority`; did you mean `seniority`?" in result.accounting.warnings


def test_nothing_to_derive_from_is_told():
    result = denizen.score(MODEL, leads=[{"lead_id": "ana"}], as_of="2026-01-01")
    assert any("`seniority` is in neither leads nor accounts, nor is `title`" in w for w in result.accounting.warnings)


def test_a_notebook_shows_the_origin_escaped():
    lead = {**ANA, "title": "VP <b>Marketing</b>"}
    shown = denizen.explain(MODEL, "ana", leads=[lead], as_of="2026-01-01")._repr_html_()
    assert "vp, from title VP &lt;b&gt;Marketing" in shown


def test_a_model_that_searches_in_the_text_reads_it_as_it_came():
    model = "model: m\nfit: {criteria: {a: {attribute: country, bands: [{matches: united, points: 3}, {in: [US], points: 7}]}}}\n"
    assert denizen.score(model, leads=[ANA], as_of="2026-01-01").scores["fit"].to_pylist() == [3]


LEADS = [
    {"lead_id": "own", "account_id": "X", "email": "o@acme.com"},
    {"lead_id": "claimed", "account_id": None, "email": "c@mail.acme.com"},
    {"lead_id": "pair1", "account_id": None, "email": "p@pair.co.uk"},
    {"lead_id": "pair2", "account_id": None, "email": "q@pair.co.uk"},
    {"lead_id": "other", "account_id": None, "email": "q@single.co.uk"},
    {"lead_id": "free1", "account_id": None, "email": "a@gmail.com"},
    {"lead_id": "free2", "account_id": None, "email": "b@gmail.com"},
    {"lead_id": "school1", "account_id": None, "email": "a@mit.edu"},
    {"lead_id": "school2", "account_id": None, "email": "b@mit.edu"},
    {"lead_id": "page1", "account_id": None, "email": "a@ana.github.io"},
    {"lead_id": "page2", "account_id": None, "email": "a@bob.github.io"},
    {"lead_id": "torn", "account_id": None, "email": "t@torn.com"},
    {"lead_id": "none", "account_id": None, "email": None},
    {"lead_id": "first", "account_id": "Y", "email": "f@solo.com"},
    {"lead_id": "second", "account_id": None, "email": "s@mail.solo.com"},
    {"lead_id": "north", "account_id": "N", "email": "n@wide.com"},
    {"lead_id": "south", "account_id": "S", "email": "s@wide.com"},
    {"lead_id": "east", "account_id": None, "email": "e@wide.com"},
    {"lead_id": "west", "account_id": None, "email": "w@wide.com"},
]
ACCOUNTS = [
    {"account_id": "A", "domains": "https://www.acme.com, acme.de", "employees": 60},
    {"account_id": "T1", "domains": "torn.com", "employees": 60},
    {"account_id": "T2", "domains": "www.torn.com", "employees": 60},
    {"account_id": "G", "domains": "gmail.com", "employees": 60},
]
SIZE = "model: m\nfit: {criteria: {size: {attribute: employees, bands: [{at_least: 50, points: 15}]}}}\n"


@pytest.mark.engine
def test_leads_find_the_account_of_their_work_domain(engine):
    result = denizen.score(SIZE, leads=LEADS, accounts=ACCOUNTS, as_of="2026-01-01", engine=engine)
    found = {r["lead_id"]: r["account_id"] for r in result.scores.to_pylist() if r["account_id"]}
    own = {"own": "X", "first": "Y", "north": "N", "south": "S"}
    assert found == {
        **own, "claimed": "A", "pair1": "domain:pair.co.uk", "pair2": "domain:pair.co.uk", "second": "Y"
    }  # fmt: skip
    fits = {r["lead_id"]: r["fit"] for r in result.scores.to_pylist()}
    assert (fits["claimed"], fits["torn"]) == (15, 0)
    matches = result.accounting.matches
    assert (matches.without_account, matches.by_domain, matches.by_shared_domain, matches.contested) == (15, 1, 2, 3)
    assert matches.by_colleague == 1
    assert any("torn.com is claimed by 2 accounts (T1, T2)" in w for w in result.accounting.warnings)
    assert any("wide.com is that of people in 2 accounts (N, S)" in w for w in result.accounting.warnings)


def test_matching_can_be_switched_off(tmp_path):
    off = denizen.score(SIZE, leads=LEADS, accounts=ACCOUNTS, as_of="2026-01-01", match_accounts=False)
    assert {r["account_id"] for r in off.scores.to_pylist()} == {"X", "Y", "N", "S", None}
    (tmp_path / "model.yaml").write_text(SIZE)
    (tmp_path / "leads.csv").write_text("lead_id,email\na,a@acme.com\nb,b@acme.com\n")
    for setting, accounts in (("off", {None}), ("domain", {"domain:acme.com"})):
        (tmp_path / "denizen.yaml").write_text(f"leads: {{path: leads.csv, match_accounts: {setting}}}\n")
        done = subprocess.run(
            [DENIZEN, "score", "model.yaml", "--as-of", "2026-01-01", "--json"],
            cwd=tmp_path, capture_output=True, text=True, check=True,
        )  # fmt: skip
        told = json.loads(done.stdout)
        assert {lead["account_id"] for lead in told["leads"]} == accounts
        assert told["rows"]["matches"]["by_shared_domain"] == (2 if setting == "domain" else 0)


def test_a_hundred_thousand_addresses_take_seconds():
    leads = [
        {"lead_id": str(i), "email": f"ana{i}@company{i % 20000}.com", "title": "VP Marketing"} for i in range(100_000)
    ]
    start = time.process_time()
    result = denizen.score(MODEL, leads=leads, as_of="2026-01-01")
    assert result.accounting.derived["email_type"] == 100_000
    assert time.process_time() - start < 20


DATED = [
    {"lead_id": "ana", "attribute": "title", "value": "Marketing Manager", "from": "2026-01-01"},
    {"lead_id": "ana", "attribute": "title", "value": "VP Marketing", "from": "2026-03-01"},
    {"lead_id": "ana", "attribute": "country", "value": "Kanada", "from": "2026-01-01"},
    {"lead_id": "ana", "attribute": "country", "value": "United States", "from": "2026-03-01"},
]


@pytest.mark.parametrize(
    ("as_of", "own", "level", "place"),
    [
        ("2025-12-01", None, None, None),
        ("2026-02-01", None, "manager", "CA"),
        ("2026-03-01", None, "vp", "US"),
        ("2026-02-01", "boss", "boss", "CA"),
    ],
)
def test_what_is_derived_is_what_was_known_then(as_of, own, level, place):
    data = Data(leads=[{**ANA, "seniority": own, "title": "CEO"}], attributes_history=DATED)
    moments = Moments((parse_instant(as_of),))
    with score_run(load_model(MODEL), data, moments, detail=True) as run:
        found = dict(run.connection.execute("SELECT line, measure FROM ledger WHERE part = 'fit'").fetchall())
    assert (found["level"], found["place"]) == (level, place)
    told, _ = explain_lead(load_model(MODEL), "ana", data, moments)
    lines = {line.line: line for line in told.lines}
    assert (lines["level"].measure, lines["level"].derived_from) == (level, None)
