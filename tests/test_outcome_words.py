"""Words of outcomes: those of a project file, those of usual CRM stages, and no other."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import denizen
from denizen.errors import DenizenError
from denizen.ingest.outcomes import OUTCOMES, STAGES, outcome_of

MODEL = "model: m\nbehavior: {criteria: {built: {count: report, points: 5}}}\npql: {total: 50}\n"
LEADS = [{"lead_id": name} for name in ("ann", "bob", "cem")]


def nurtured(*words, won="won"):
    rows = [
        {"lead_id": lead["lead_id"], "outcome": word, "at": "2026-06-01"}
        for lead, word in zip(LEADS, words, strict=False)
    ]
    return denizen.nurture(MODEL, leads=LEADS, outcomes=rows, won=won, as_of="2026-06-10").summary


@pytest.mark.parametrize("word", ["Closed Won", "closedwon", "CLOSED-WON", " closed_won ", "Won", "Won (closed)"])
def test_a_usual_stage_of_a_crm_is_read_whatever_its_case_and_punctuation(word):
    assert nurtured(word, "Closed Lost").won == 1


@pytest.mark.parametrize("word", ["Proposal", "closed", "Closed Won?no", "customer"])
def test_a_word_that_nobody_explained_is_refused(word):
    with pytest.raises(DenizenError) as error:
        nurtured(word)
    assert error.value.findings[0].code == "unknown-outcome"
    assert "outcomes: {values:" in error.value.findings[0].message


@given(st.text(max_size=12))
def test_only_stages_change_without_being_told_to(word):
    letters = "".join(c for c in word.lower() if c.isalnum())
    meant = outcome_of(word, {}, "won")
    assert meant in (word, STAGES.get(letters), "won")
    assert all(outcome_of(own, {}, "won") == own for own in OUTCOMES)


def test_the_word_of_won_stays_what_it_is():
    assert nurtured("Closed Won", won="closed won").won == 1
    assert nurtured("Customer", won="customer").won == 1
    assert nurtured("Closed-Won", won="closed won").won == 1


def run(folder, *arguments, code=0):
    program = Path(sys.executable).parent / "denizen"
    done = subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def test_the_project_file_says_what_words_mean_and_what_was_guessed_is_told(tmp_path):
    (tmp_path / "model.yaml").write_text(MODEL)
    (tmp_path / "leads.csv").write_text("lead_id\nann\nbob\ncem\n")
    (tmp_path / "outcomes.csv").write_text(
        "lead_id,outcome,at\nann,Signed,2026-06-01\nbob,closed lost,2026-06-01\ncem,Closed Won,2026-06-01\n"
    )
    project = "leads: {path: leads.csv}\noutcomes: {path: outcomes.csv VALUES}\n"
    (tmp_path / "denizen.yaml").write_text(project.replace(" VALUES", ""))
    assert "unknown-outcome" in run(tmp_path, "nurture", "model.yaml", "--as-of", "2026-06-10", code=1)
    (tmp_path / "denizen.yaml").write_text(project.replace(" VALUES", ", values: {SIGNED: won, Closed Won: lost}"))
    told = json.loads(run(tmp_path, "nurture", "model.yaml", "--as-of", "2026-06-10", "--json"))
    assert told["won"] == 1
    (warning,) = [w for w in told["warnings"] if w.startswith("outcomes:")]
    assert "`closed lost` as lost (1 rows)" in warning
    assert "signed" not in warning
