"""Exit codes: 2 for a wrong command, 1 for a model, data or engine that cannot be used, in every command."""

from __future__ import annotations

import os
import signal
import sys
import time

import click
import pytest

from denizen.cli.main import COMMANDS, interruptible, main
from denizen.errors import DenizenError, Finding

MODEL = "model: m\nfit: {criteria: {size: {attribute: employees, bands: [{at_least: 50, points: 15}]}}}\n"
DATA = ("m.yaml", "--leads", "l.csv", "--events", "e.csv")
PAST = (*DATA, "--outcomes", "o.csv")
WRONG = {
    "init": [(), ("--yes", "--into", "m.yaml"), ("--yes", "--product", "a", "--product", "A"), ("--trial", "never")],
    "score": [(*DATA, "--as-of", "never"), (*DATA, "--out", "x.doc"), ("m.yaml",), (*DATA, "--map", "leads"), (*DATA, "--nope")],
    "explain": [("m.yaml", "ana", *DATA[1:], "--as-of", "never"), ("m.yaml", "ana")],
    "check": [(*DATA, "--ignore", "nonsense"), (*DATA, "--sales-cycle", "long"), (*DATA, "--approach", "none")],
    "discover": [(*PAST[1:], "--at", "soon"), (*PAST[1:], "--model-out", "nowhere/x.yaml")],
    "backtest": [(*PAST, "--horizon", "long"), (*PAST, "--at", "7d", "--every", "7d"), (*PAST, "--html", "x.txt")],
    "nurture": [(*DATA, "--out", "x.doc"), (*DATA, "--as-of", "never"), ("m.yaml",)],
    "thresholds": [(*PAST, "--target-share", "half"), (*PAST, "--every", "30d")],
    "calibrate": [(*PAST, "--out", "m.yaml"), (*PAST, "--out", "nowhere/x.yaml")],
    "import": [("nothing", "m.yaml"), ("rubric", "l.csv", "--out", "m.yaml"), ("rubric", "l.csv", "--out", "l.csv", "--force")],
    "diff": [("m.yaml", *DATA, "--out", "l.csv"), ("m.yaml", *DATA, "--as-of", "never"), ("m.yaml",)],
    "test": [("--nope",), ("--format", "nothing")],
    "health": [(*PAST, "--pql-share", "5"), (*PAST, "--launched", "never")],
    "trust": [(*PAST, "--sample", "-1"), (*PAST, "--at", "soon"), DATA],
    "metrics": [PAST, (*PAST, "--launch", "never"), (*PAST, "--launch", "2026-01-01", "--cost", "much")],
    "pilot": [("assign", *DATA, "--arms", "half"), ("assign", *DATA, "--out", "x.doc"), ("assign", *DATA, "--by", "moon")],
    "export-features": [(*PAST, "--out", "x.csv"), PAST],
    "audit": [(*DATA, "--html", "x.txt"), (*DATA, "--as-of", "never"), ("m.yaml", "--leads", "l.csv")],
    "freeze": [("m.yaml",), ("m.yaml", "ana", "--account", "acme", *DATA[1:]), ("m.yaml", "ana", *DATA[1:], "--out", "m.yaml"), ("m.yaml", "ana", *DATA[1:], "--as-of", "never")],
    "sql": [("m.yaml", "--nope"), ("m.yaml", "--engine", "abacus:")],
    "schema": [("--project", "--cases")],
    "errors": [("--nope",)],
}  # fmt: skip
BROKEN = {
    "score": [("none.yaml", *DATA[1:]), ("l.csv", *DATA[1:]), ("m.yaml", "--leads", "none.csv")],
    "explain": [("m.yaml", "nobody", *DATA[1:])],
    "check": [("none.yaml",), ("l.csv",)],
    "audit": [("m.yaml", "--events", "l.csv")],
    "trust": [PAST],
    "import": [("rubric", "none.csv"), ("hubspot", "l.csv")],
    "init": [("--yes", "--events", "none.csv")],
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "m.yaml").write_text(MODEL)
    (tmp_path / "l.csv").write_text("lead_id,employees,signup_at\nana,60,2026-01-01\n")
    (tmp_path / "e.csv").write_text("lead_id,event,timestamp\nana,did,2026-01-02\n")
    (tmp_path / "o.csv").write_text("lead_id,outcome,at\nana,won,2026-01-20\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def code_of(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["denizen", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    return stopped.value.code


@pytest.mark.parametrize("command", COMMANDS)
def test_a_wrong_command_line_is_code_2_in_every_command_and_writes_nothing(command, folder, monkeypatch, capsys):
    before = sorted(p.name for p in folder.iterdir())
    for arguments in WRONG[command]:
        assert code_of(monkeypatch, command, *arguments) == 2, arguments
        said = capsys.readouterr().err
        assert "Error" in said or "error[bad-argument]" in said
    assert sorted(p.name for p in folder.iterdir()) == before


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("command", BROKEN)
def test_a_model_or_data_that_cannot_be_used_is_code_1(command, monkeypatch, capsys):
    for arguments in BROKEN[command]:
        assert code_of(monkeypatch, command, *arguments) == 1, arguments
        assert "error[" in capsys.readouterr().err


def test_what_is_wrong_besides_the_command_decides():
    wrong, broken = Finding("bad-argument", "x"), Finding("file-unreadable", "y")
    assert DenizenError([wrong]).exit_code == 2
    assert DenizenError([wrong, broken]).exit_code == 1


def test_an_interrupt_ends_as_one_whatever_error_it_leads_to():
    before = signal.getsignal(signal.SIGINT)

    @interruptible()
    def run(error: str, *, interrupt: bool) -> None:
        try:
            if interrupt:
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(10)
        finally:
            raise RuntimeError(error)

    with pytest.raises(click.Abort):
        run("Query interrupted", interrupt=True)
    with pytest.raises(RuntimeError, match="another"):
        run("another", interrupt=False)
    assert signal.getsignal(signal.SIGINT) == before
