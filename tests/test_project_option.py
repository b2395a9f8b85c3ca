"""With --project, files that are given still stand for their own table, as they do without it."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from denizen.cli.main import cli

LEADS = "lead_id,signup_at,account_id\n" + "".join(f"l{i},2026-01-{1 + i % 28:02},a{i % 50}\n" for i in range(200))
EVENTS = "lead_id,account_id,event,timestamp\n" + "".join(
    f"l{i},a{i % 50},{'did' if i % 3 else 'other'},2026-01-{1 + i % 28:02}T01:00:00Z\n" for i in range(200)
)
ACCOUNTS = "account_id,size\n" + "".join(f"a{i},{'big' if i % 2 else 'small'}\n" for i in range(50))
OUTCOMES = "lead_id,outcome,at\n" + "".join(f"l{i},won,2026-02-{1 + i % 28:02}\n" for i in range(0, 200, 4))
ARMS = "lead_id,arm,unit,stratum,assigned_at\n" + "".join(
    f"l{i},{'pilot' if i % 2 else 'control'},l{i},,2026-01-01T00:00:00Z\n" for i in range(200)
)
FILES = {"leads": LEADS, "events": EVENTS, "accounts": ACCOUNTS, "outcomes": OUTCOMES, "arms": ARMS}
COMMANDS = [("discover", "--horizon", "14d"), ("pilot", "report", "--arms", "arms.csv", "--horizon", "14d")]


def said(*words):
    done = CliRunner().invoke(cli, [*words, "--as-of", "2026-04-01", "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("given", [("events",), ("accounts",), ("events", "accounts"), ("leads", "events", "accounts")])
def test_given_files_are_read_alike_with_and_without_the_option(command, given, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").mkdir()
    for name, text in FILES.items():
        (tmp_path / f"{name}.csv").write_text(text)
    rest = [name for name in ("leads", "events", "accounts", "outcomes") if name not in given]
    (tmp_path / "there" / "denizen.yaml").write_text("".join(f"{name}: {{path: ../{name}.csv}}\n" for name in rest))
    options = [f"--{name}={name}.csv" for name in given]
    with_all = said(*command, *options, *(f"--{name}={name}.csv" for name in rest))
    assert said(*command, "--project", "there/denizen.yaml", *options) == with_all
