"""No command writes over what it reads, whatever the file is called."""

from __future__ import annotations

import os
import sys

import pytest

from denizen.cli.main import main

MODEL = """model: m
fit: {criteria: {size: {attribute: employees, bands: [{at_least: 50, points: 15}]}}}
segments: [{name: big, when: {employees: {at_least: 500}}, model: big.yaml}]
"""
DATA = ("--leads", "data/*.csv", "--events", "e.csv")
PAST = (*DATA, "--outcomes", "o.csv")
WRITES = [
    ("import", "rubric", "r.csv", "--out", "r.csv", "--force"),
    ("import", "rubric", "r.csv", "--out", "link.yaml", "--force"),
    ("import", "rubric", "r.csv", "--out", "hard.yaml", "--force"),
    ("init", "--yes", "--events", "e.csv", "--into", "sub", "--force"),
    ("score", "m.yaml", *DATA, "--out", "data/l.csv"),
    ("score", "m.yaml", *DATA, "--out", "e.csv"),
    ("diff", "m.yaml", "m.yaml", *DATA, "--out", "hard.csv"),
    ("nurture", "m.yaml", *DATA, "--outcomes", "o.csv", "--out", "o.csv"),
    ("audit", "p.html", *DATA, "--html", "p.html"),
    ("backtest", "m.yaml", "p.html", *PAST, "--html", "p.html"),
    ("thresholds", "p.html", *PAST, "--html", "p.html"),
    ("calibrate", "p.html", *PAST, "--html", "p.html"),
    ("calibrate", "m.yaml", *PAST, "--out", "big.yaml"),
    ("discover", *PAST, "--model-out", "e.csv"),
    ("discover", "--model", "m.yaml", *PAST, "--model-out", "m.yaml"),
    ("discover", "--model", "m.yaml", *PAST, "--model-out", "big.yaml"),
    ("discover", "--project", "d.yaml", *PAST, "--model-out", "d.yaml"),
    ("export-features", "m.json", *PAST, "--out", "f.parquet", "--card", "m.md"),
    ("pilot", "assign", "m.yaml", *DATA, "--arms", "pilot:0.5,control:0.5", "--out", "e.csv"),
    ("pilot", "report", "--arms", "p.html", *PAST, "--html", "p.html"),
    ("freeze", "m.yaml", "ana", *DATA, "--out", "m.yaml"),
]


@pytest.mark.parametrize("arguments", WRITES, ids=" ".join)
def test_an_output_that_is_an_input_is_refused_and_nothing_is_written(arguments, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for folder in ("data", "sub"):
        (tmp_path / folder).mkdir()
    for name in ("m.yaml", "m.json", "p.html"):
        (tmp_path / name).write_text(MODEL)
    (tmp_path / "big.yaml").write_text(MODEL.partition("segments")[0])
    (tmp_path / "d.yaml").write_text("events: {path: e.csv}\n")
    (tmp_path / "r.csv").write_text("criterion,condition,points\nInvites,2+ invited,15\n")
    (tmp_path / "data" / "l.csv").write_text("lead_id,employees,signup_at\nana,60,2026-01-01\n")
    (tmp_path / "e.csv").write_text("lead_id,event,timestamp\nana,did,2026-01-02\n")
    (tmp_path / "o.csv").write_text("lead_id,outcome,at\nana,won,2026-01-20\n")
    (tmp_path / "link.yaml").symlink_to("r.csv")
    (tmp_path / "sub" / "model.yaml").symlink_to("../e.csv")
    os.link(tmp_path / "r.csv", tmp_path / "hard.yaml")
    os.link(tmp_path / "e.csv", tmp_path / "hard.csv")
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    monkeypatch.setattr(sys, "argv", ["denizen", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "is an input or another output already" in said or "file exists" in said or "is there already" in said
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
def test_a_file_beside_an_output_stays_as_it_is(ending, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.yaml").write_text(MODEL.partition("segments")[0])
    (tmp_path / "l.csv").write_text("lead_id,employees\nana,60\n")
    (tmp_path / f"out.{ending}.tmp").write_text("mine")
    monkeypatch.setattr(sys, "argv", ["denizen", "score", "m.yaml", "--leads", "l.csv", "--out", f"out.{ending}"])
    main()
    assert {p.name for p in tmp_path.iterdir()} == {"m.yaml", "l.csv", f"out.{ending}", f"out.{ending}.tmp"}
    assert (tmp_path / f"out.{ending}.tmp").read_text() == "mine"
