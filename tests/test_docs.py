"""The documentation: generated pages are current, every code block runs, every link leads somewhere."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from denizen.errors import CODES

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])
RUN = [ROOT / "docs" / "tutorial.md", *sorted((ROOT / "docs" / "how-to").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_generated_pages_are_current():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    assert generate.stale() == [], "run `make schema`"


@pytest.mark.parametrize("page", RUN, ids=lambda p: p.stem)
def test_every_block_of_a_page_does_what_it_shows(page, tmp_path):
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    for language, options, body in BLOCK.findall(page.read_text()):
        if name := re.search(r"file=(\S+)", options):
            (tmp_path / name[1]).write_text(body)
        elif language == "console":
            follow(body, tmp_path, code=1 if "fails" in options else 0)


def follow(body, folder, *, code):
    for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        words = shlex.split(command)
        assert words[0] == "denizen"
        done = subprocess.run(
            [Path(sys.executable).parent / "denizen", *words[1:]],
            cwd=folder,
            env=os.environ | {"COLUMNS": "140"},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == code, done.stderr
        printed = [" ".join(line.split()) for line in (done.stdout + done.stderr).splitlines()]
        for line in shown.splitlines():
            wanted = [re.escape(" ".join(bit.split())) for bit in line.split("…")]
            pattern = re.compile(".*".join(wanted).strip() or "$")
            assert not line.strip() or any(pattern.match(p) for p in printed), (line, printed)


def test_the_readme_works_as_it_stands(tmp_path):
    text = (ROOT / "README.md").read_text()
    names = {"lead_id,signup_at": "leads.csv", "lead_id,event": "events.csv", "model: first": "model.yaml"}
    for language, _, body in BLOCK.findall(text):
        name = next((n for start, n in names.items() if body.startswith(start)), None)
        if name:
            (tmp_path / name).write_text(body)
        elif language == "console" and "leads.csv" in body:
            follow(body, tmp_path, code=0)
        elif language == "python":
            done = subprocess.run(
                [sys.executable, "-c", body], cwd=tmp_path, capture_output=True, text=True, check=True
            )
            assert "<denizen scores: 2 scored, 1 PQL (50.0%)>" in done.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_the_home_page_leads_to_every_page_but_templates_and_decisions():
    home = (ROOT / "docs" / "index.md").read_text()
    linked = {(ROOT / "docs" / target).resolve() for target in re.findall(r"\]\(([^)#]+)\)", home)}
    parts = ("tutorial.md", "how-to/*.md", "reference/*.md", "explanation/*.md")
    assert {page for part in parts for page in (ROOT / "docs").glob(part)} <= linked


def test_every_kind_of_ledger_line_is_documented():
    page = (ROOT / "docs" / "reference" / "data.md").read_text()
    sources = "".join((ROOT / "src" / "denizen" / "sql" / f"{name}.py").read_text() for name in ("ledger", "accounts"))
    kinds = set(re.findall(r'Line\("(?:fit|behavior)", [^,]+, "(\w+)"', sources))
    assert {"decay", "product", "member"} <= kinds
    assert kinds <= set(re.findall(r"`(\w+)`", page))


def test_every_section_of_the_semantics_that_is_named_is_there():
    page = (ROOT / "docs" / "explanation" / "semantics.md").read_text()
    sections = re.findall(r"^## (\d+)\. ", page, re.MULTILINE)
    steps = re.findall(r"^(\d+)\. \*\*", page.split("\n## 3. ")[1].split("\n## ")[0], re.MULTILINE)
    there = {*sections, *(f"3.{step}" for step in steps)}
    told = "".join(p.read_text() for p in [*PAGES, *(ROOT / "src").rglob("*.py")])
    named = set(re.findall(r"semantics, (?:sections? )?(\d(?:\.\d)?)", told))
    assert {"1", "2", "3", "3.2", "3.6", "4", "5"} <= named <= there


def test_instants_in_the_reference_are_no_durations():
    page = (ROOT / "docs" / "reference" / "model.md").read_text()
    assert "| `received` | instant, as `2026-07-01T00:00:00Z` |" in page
    assert "duration, as `2026-" not in page


def test_every_error_code_is_documented():
    page = (ROOT / "docs" / "reference" / "errors.md").read_text()
    assert re.findall(r"^## (.+)$", page, re.MULTILINE) == list(CODES)


def test_every_code_that_is_raised_is_listed():
    source = "".join(p.read_text() for p in (ROOT / "src").rglob("*.py"))
    raised = set(re.findall(r'(?:fail|Finding|finding)\(\s*"([a-z-]+)"', source))
    assert raised <= set(CODES)
