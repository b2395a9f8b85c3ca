"""What data hold is shown and never obeyed: by a terminal, by rich, by what draws charts."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table

import denizen.cli
from denizen.cli.main import main
from denizen.cli.terminal import Text, console, echo
from denizen.visible import visible, visible_json, visible_line

STEERS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
HOSTILE = "a\x01\x1b[2J\x9b31m\u202e\ufffe[bold]:smile:"
READ = r"a\x01\x1b[2J\x9b31m\u202e\ufffe[bold]:smile:"
MODEL = "model: m\nfit: {criteria: {size: {attribute: size, bands: [{at_least: 50, points: 15}]}}}\nbehavior: {criteria: {did: {count: did, points: 5}}}\n"


@pytest.fixture
def hostile(tmp_path, monkeypatch):
    (tmp_path / "m.yaml").write_text(MODEL)
    rows = [
        {"lead_id": f"{HOSTILE}{n}", "event": e, "timestamp": f"2026-06-1{n}T10:00:00Z"}
        for n in range(3)
        for e in ("did", HOSTILE)
    ]
    (tmp_path / "e.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@given(st.text(st.characters()))
def test_nothing_that_steers_is_left_and_what_can_be_read_stays(text):
    assert not STEERS.search(visible(text))
    assert not re.search(r"[\n\t]", visible_line(text))
    plain = STEERS.sub("", text)
    assert visible(plain) == plain


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_json_says_the_same_without_what_steers(text):
    told = visible_json(json.dumps([text], ensure_ascii=False))
    assert json.loads(told) == [text]
    assert not STEERS.search(told)


def test_the_terminal_obeys_nothing_in_a_text_a_cell_or_a_line(capsys):
    table = Table(box=None)
    table.add_column(HOSTILE)
    table.add_row(HOSTILE)
    table.add_row(Text(HOSTILE))
    for shown in (table, HOSTILE, Text("so: ").append(HOSTILE), Text.assemble((HOSTILE, "bold"))):
        console().print(shown)
    echo(HOSTILE)
    said = capsys.readouterr().out
    assert said.count(READ) == 7
    assert not STEERS.search(said)


@pytest.mark.usefixtures("hostile")
@pytest.mark.parametrize(
    "arguments",
    [
        ("score", "m.yaml", "--events", "e.jsonl", "--as-of", "2026-06-20"),
        ("score", "m.yaml", "--events", "e.jsonl", "--as-of", "2026-06-20", "--json"),
        ("explain", "m.yaml", f"{HOSTILE}0", "--events", "e.jsonl", "--as-of", "2026-06-20"),
        ("explain", "m.yaml", HOSTILE, "--events", "e.jsonl", "--as-of", "2026-06-20"),
        ("audit", "m.yaml", "--events", "e.jsonl", "--as-of", "2026-06-20"),
        ("freeze", "m.yaml", HOSTILE, "--events", "e.jsonl"),
        (HOSTILE,),
    ],
)
def test_no_command_prints_what_steers(arguments, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["denizen", *arguments])
    with suppress(SystemExit):
        main()
    said = "".join(capsys.readouterr())
    assert r"\u001b" in said if "--json" in arguments else r"\x1b" in said
    assert not STEERS.search(said)


# What draws ends the whole process at a character it does not know: so here in processes of their own.
def test_a_page_with_charts_of_hostile_names_is_drawn(hostile):
    audit = ["audit", "m.yaml", "--events", "e.jsonl", "--as-of", "2026-06-20", "--html", "b.html"]
    subprocess.run([sys.executable, "-m", "denizen", *audit], capture_output=True, check=True)
    page = (hostile / "b.html").read_text()
    assert r"\x1b" in page
    assert not STEERS.search(page)


def test_a_chart_is_drawn_whatever_its_names_hold():
    code = (
        "from denizen.report.charts import bars; from denizen.report.page import draw\n"
        "names = [chr(c) for c in (*range(1, 32), *range(127, 160), 0xD800, 0xFFFE, 0xFFFF)]\n"
        "print(draw(bars([{'name': n, 'rows': 1} for n in names], x='name', y='rows', title=''.join(names))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    ET.fromstring(done.stdout)  # noqa: S314  our own picture


def test_every_module_of_the_command_line_prints_through_one_place():
    for module in Path(denizen.cli.__file__).parent.glob("*.py"):
        if module.name != "terminal.py":
            text = module.read_text()
            assert not re.search(
                r"from rich\.text|^from rich\.console|\bprint\(|\[/", text.replace(".print(", ""), re.MULTILINE
            ), module
            allowed = {"show.py": "visible_json(", "main.py": '"interrupted"'}.get(module.name)
            assert all(allowed and allowed in line for line in text.splitlines() if "click.echo(" in line), module
