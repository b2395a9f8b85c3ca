"""The native pass and SQL alone give the same scores and ledgers, to the last digit."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import denizen
import denizen.engines.one_pass
import worlds
from denizen.clock import from_us
from denizen.engines.one_pass import _Asked, _Running, library, native_for
from denizen.plan.build import build_program
from denizen.plan.needs import needs_of
from denizen.scoring.run import spell
from denizen.sql.dialect import DuckDB
from denizen.sql.events import Frame
from denizen.sql.one_pass import Native, Places
from denizen.sql.tables import tables_for

ALONE = "duckdb:?one_pass=off"
SOURCE = Path(denizen.engines.one_pass.__file__).with_name("one_pass.c")
IDS = {
    "text": lambda i: f"lead {i}",
    "dense": lambda i: i,
    "dense, not from 0": lambda i: -3 + i,
    "far apart": lambda i: i * 10**15 - 10**15,
}
SESSIONS = {"text": pa.string(), "whole": pa.int64(), "narrow": pa.int32()}
pytestmark = pytest.mark.skipif(
    denizen.engines.one_pass.library() is None, reason="there is no C compiler here, so everything is computed in SQL"
)


def scored(model, leads, events, *, engine="duckdb:", ledger=True):
    result = denizen.score(
        json.dumps(model, indent=1), leads=leads, events=events, as_of=from_us(worlds.T), engine=engine, ledger=ledger
    )
    scores = sorted(result.scores.to_pylist(), key=lambda r: str(r["lead_id"]))
    lines = result.ledger.to_pylist() if ledger else []
    return scores, sorted(lines, key=lambda r: (str(r["lead_id"]), r["part"], r["line"], r["kind"])), result.accounting


def assert_same(model, leads, events, *, ledger):
    native = scored(model, leads, events, ledger=ledger)
    alone = scored(model, leads, events, engine=ALONE, ledger=ledger)
    assert native[0] == alone[0]
    assert native[1] == alone[1]
    assert native[2].as_dict() == alone[2].as_dict()


def typed(world, ids, sessions):
    """Return a world with ids and sessions of other types than text."""
    leads, events = worlds.tables(world)
    kind = pa.string() if ids == "text" else pa.int64()
    numbers = {None: None, "": None} | {f"s{i}": (-1) ** i * 10 ** (3 * i) for i in (1, 2)}
    for row in leads:
        row["lead_id"] = IDS[ids](int(row["lead_id"].removeprefix("lead ")))
    for row in events:
        row["lead_id"] = IDS[ids](int(row["lead_id"].removeprefix("lead ")))
        if sessions != "text":
            row["session_id"] = numbers[row["session_id"]]
    columns = list(leads[0])
    lead_schema = pa.schema([(c, kind if c == "lead_id" else pa.string()) for c in columns])
    event_columns = ("lead_id", "event", "timestamp", "event_id", "session_id", "received_at", "properties")
    kinds = {"lead_id": kind, "session_id": SESSIONS[sessions]}
    event_schema = pa.schema([(c, kinds.get(c, pa.string())) for c in event_columns])
    return pa.Table.from_pylist(leads, lead_schema), pa.Table.from_pylist(events, event_schema)


@settings(max_examples=60)
@given(
    model=worlds.models(),
    world=worlds.worlds,
    ids=st.sampled_from(sorted(IDS)),
    sessions=st.sampled_from(sorted(SESSIONS)),
    ledger=st.booleans(),
)
def test_random_worlds(model, world, ids, sessions, ledger):
    assert_same(model, *typed(world, ids, sessions), ledger=ledger)


@settings(max_examples=15)
@given(model=worlds.programs(), world=worlds.worlds, sessions=st.sampled_from(sorted(SESSIONS)))
def test_products_and_segments(model, world, sessions):
    assert_same(model, *typed(world, "dense", sessions), ledger=True)


MODEL = {
    "model": "busy",
    "fit": {"criteria": {}},
    "behavior": {
        "max": 1000,
        "criteria": {
            "built": {"count": "built", "each": 1, "points": 1, "key": True},
            "early": {"count": "login", "within": {"first": "14d"}, "each": 1, "points": 1},
            "lately": {"count": "login", "within": {"last": "3d"}, "each": 1, "points": 1},
            "trial": {"count": "login", "within": {"trial": True}, "each": 1, "points": 1},
            "trial_end": {"count": "any", "within": {"trial_last": "3d"}, "each": 1, "points": 1},
            "big": {"count": "built", "where": {"n": {"at_least": 50}}, "each": 1, "points": 1},
            "deep": {"session_depth": ["built", "login", "invited", "export"], "each": 1, "points": 1},
            "deep_early": {
                "session_depth": ["built", "login", "invited"],
                "within": {"first": "14d"},
                "each": 1,
                "points": 1,
            },
            "idle": {"days_since": "login", "each": 1, "points": -1},
            "lasting": {"count": "export", "recency": {"within": "2d", "multiplier": 2}, "each": 1, "points": 1},
        },
        "velocity": {"at_least": 3, "within": "6h", "points": 5},
        "decay": {"points": 1, "every": "1d"},
    },
}
VELOCITIES = [
    {},
    {"award": "per_window"},
    {"award": "per_window", "max_awards": 3},
    {"expires": "5d"},
    {"award": "per_window", "expires": "5d"},
    {"at_least": 1},
    {"at_least": 40, "within": "14d"},
]
DAY = 86_400_000_000


def busy(seed, *, sessions, leads=40, events=9_000, missing=0.0):
    """A log out of order, with leads that do hardly anything and others with hundreds of events."""
    r = random.Random(seed)
    people = []
    for i in range(leads):
        signup = worlds.T - r.randrange(30 * DAY)
        known = {"signup_at": signup, "trial_started_at": signup + DAY, "trial_ends_at": signup + 8 * DAY}
        people.append({"lead_id": i, **{k: from_us(v) if r.random() < 0.8 else None for k, v in known.items()}})
    rows = []
    for n in range(events):
        at = worlds.T - r.randrange(-DAY, 40 * DAY)
        rows.append(
            {
                "lead_id": min(int(r.expovariate(0.15)), leads + 2),
                "event": r.choice(["built", "login", "invited", "export", "seen"]),
                "timestamp": from_us(at),
                "event_id": n,
                "session_id": None if r.random() < missing else r.randrange(-5, 60),
                "properties": json.dumps({"n": r.randrange(100)}),
            }
        )
    instant = pa.timestamp("us", "UTC")
    lead_schema = [("lead_id", pa.int64())] + [(c, instant) for c in ("signup_at", "trial_started_at", "trial_ends_at")]
    schema = pa.schema(
        [
            ("lead_id", pa.int64()),
            ("event", pa.string()),
            ("timestamp", instant),
            ("event_id", pa.int64()),
            ("session_id", SESSIONS[sessions]),
            ("properties", pa.string()),
        ]
    )
    return pa.Table.from_pylist(people, pa.schema(lead_schema)), pa.Table.from_pylist(rows, schema)


@pytest.mark.parametrize("velocity", VELOCITIES)
@pytest.mark.parametrize(("sessions", "missing"), [("whole", 0.0), ("narrow", 0.0), ("narrow", 0.3)])
def test_busy_leads(velocity, sessions, missing):
    model = json.loads(json.dumps(MODEL))
    model["behavior"]["velocity"].update(velocity)
    leads, events = busy(len(str(velocity)), sessions=sessions, missing=missing)
    assert_same(model, leads, events, ledger=True)
    assert_same(model, leads, events, ledger=False)


def test_a_log_in_any_order_scores_the_same():
    leads, events = busy(1, sessions="narrow")
    turned = events.take(list(reversed(range(events.num_rows))))
    assert scored(MODEL, leads, events)[:2] == scored(MODEL, leads, turned)[:2]


def test_more_conditions_than_an_event_has_bits():
    names = ["built", "login", "invited", "export", "seen"]
    criteria = {
        f"c{i}": {"count": names[i % 5], "where": {"n": {"at_least": i}}, "each": 1, "points": 1} for i in range(80)
    }
    model = {"model": "wide", "fit": {"criteria": {}}, "behavior": {"max": 10_000, "criteria": criteria}}
    assert_same(model, *busy(2, sessions="whole", events=600), ledger=True)


def test_what_native_code_cannot_hold_is_left_to_sql():
    program = build_program(denizen.load_model(json.dumps(MODEL, indent=1)))
    tables = tables_for(needs_of(*program.plans))
    frame, dialect = Frame(worlds.T), DuckDB()
    in_sql = spell(program, dialect, frame, tables)[0].scores

    def spelled(leads, events, memory):
        native = Native(
            Places(leads, "g", "place"),
            integer_sessions=True,
            narrow_sessions=False,
            every_session=True,
            memory=memory,
        )
        return spell(program, dialect, frame, tables, native=native, events=events)[0].scores

    assert spelled(1_000_000, 2**32 - 1, 2**50).one_pass is not None
    assert spelled(1_000_000, 2**32, 2**50) == in_sql
    assert spelled(1_000_000, 0, 2**30).one_pass is not None
    assert spelled(100_000_000, 0, 2**30) == in_sql
    assert spelled(1_000_000, 100_000_000, 2**30) == in_sql


def test_native_code_may_take_half_of_what_the_database_may():
    connection = duckdb.connect()
    connection.execute("CREATE TABLE leads AS SELECT range AS lead_id FROM range(3)")
    connection.execute("CREATE TABLE events (lead_id BIGINT, session_id BIGINT)")
    for limit, share in (("10GB", 5e9), ("3000MB", 1.5e9), ("900KB", 4.5e5)):
        connection.execute(f"SET memory_limit = '{limit}'")
        assert native_for(connection).memory == pytest.approx(share, rel=0.05)


def scored_by_a_copy(folder, source=None):
    """Score a busy world in a copy of the package, with no library or one compiled from this source."""
    shutil.copytree(
        SOURCE.parent.parent, folder / "denizen", ignore=shutil.ignore_patterns("_one_pass*", "__pycache__")
    )
    if source is not None:
        (folder / "one_pass.c").write_text(source)
        library = folder / "denizen" / "engines" / denizen.engines.one_pass.LIBRARY
        assert not run_quietly("cc", "-shared", "-fPIC", "-o", str(library), str(folder / "one_pass.c")).returncode
    code = (
        "import sys; sys.path[:0] = sys.argv[1:]\n"
        "import denizen.engines.one_pass as native\n"
        "assert native.__file__.startswith(sys.argv[1]) and native.library() is None\n"
        "import test_one_pass as t\n"
        "print(t.scored(t.MODEL, *t.busy(4, sessions='whole', events=600))[:2])"
    )
    done = run_quietly(sys.executable, "-c", code, str(folder), str(Path(__file__).parent))
    assert not done.returncode, done.stderr[-2000:]
    return done.stdout.strip()


def test_without_a_library_everything_is_scored_in_sql(tmp_path):
    assert scored_by_a_copy(tmp_path) == str(scored(MODEL, *busy(4, sessions="whole", events=600))[:2])


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler here")
def test_a_library_of_another_version_is_not_used(tmp_path):
    other = SOURCE.read_text().replace("#define VERSION 2\n", "#define VERSION 0\n")
    assert other != SOURCE.read_text()
    assert scored_by_a_copy(tmp_path, other) == str(scored(MODEL, *busy(4, sessions="whole", events=600))[:2])


def test_nobody_and_nothing():
    leads, events = busy(5, sessions="whole", events=600)
    assert_same(MODEL, leads, events.slice(0, 0), ledger=True)
    assert_same(MODEL, leads.slice(0, 0), events, ledger=True)
    assert_same(MODEL, None, events, ledger=True)


def test_an_unknown_option_of_the_engine_is_told():
    with pytest.raises(denizen.DenizenError, match="one_pass=off"):
        scored(MODEL, *busy(6, sessions="whole", events=10), engine="duckdb:?fast")


@pytest.mark.parametrize("url", ["duckdb?one_pass=off", "duckdb:?one_pass=on", "duckdb:///{}/work.db?one_pass=off"])
def test_ways_to_write_the_engine(url, tmp_path):
    leads, events = busy(7, sessions="whole", events=300)
    assert scored(MODEL, leads, events, engine=url.format(tmp_path))[:2] == scored(MODEL, leads, events)[:2]


def test_an_option_without_its_question_mark_is_told():
    with pytest.raises(denizen.DenizenError, match="options come behind"):
        scored(MODEL, *busy(6, sessions="whole", events=10), engine="duckdb:one_pass=off")


def test_the_version_says_whether_there_is_a_native_pass():
    from click.testing import CliRunner

    from denizen.cli.main import cli

    assert "with the native pass" in CliRunner().invoke(cli, ["--version"]).output


@pytest.mark.parametrize("compiler", ["", "/none/cc", "/", "false", "true", "gcc '", "cc -O2"])
def test_any_compiler_or_none_builds_a_package(tmp_path, compiler, monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent.parent))
    import hatch_build
    from hatchling.bridge.app import Application

    folder = tmp_path / hatch_build.FOLDER
    folder.mkdir(parents=True)
    shutil.copy(SOURCE, folder)
    monkeypatch.setenv("CC", compiler)
    if not compiler:
        monkeypatch.setenv("PATH", "")
    hook = hatch_build.CompileOnePass(str(tmp_path), {}, None, None, str(tmp_path), "wheel", Application())
    built = {"artifacts": [], "pure_python": True}
    hook.initialize("standard", built)
    assert built["pure_python"] == (compiler != "cc -O2")
    assert bool(list(folder.glob("_one_pass*"))) == (compiler == "cc -O2")


def library_path(name):
    return run_quietly("cc", f"-print-file-name={name}").stdout.strip()


def run_quietly(*command, env=None):
    return subprocess.run(command, capture_output=True, text=True, check=False, env=env)


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler here")
@pytest.mark.skipif(sys.platform != "linux", reason="sanitizers are loaded as Linux does it")
def test_no_memory_is_misused(tmp_path):
    """The busy world again, with the address and undefined-behavior sanitizers in the pass."""
    library = tmp_path / "pass.so"
    flags = ["-std=c11", "-O1", "-g", "-shared", "-fPIC", "-fsanitize=address,undefined", "-fno-sanitize-recover"]
    built = run_quietly("cc", *flags, "-o", str(library), str(SOURCE))
    if built.returncode:
        pytest.skip("the compiler has no sanitizers")
    runtime = " ".join(library_path(name) for name in ("libasan.so", "libstdc++.so"))
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import denizen.engines.one_pass as native\n"
        "from pathlib import Path\n"
        "native.LIBRARY = sys.argv[2]\n"
        "import test_one_pass as t\n"
        "assert native.library() is not None\n"
        "t.test_busy_leads({'award': 'per_window'}, 'whole', 0.1)\n"
        "t.test_busy_leads({}, 'narrow', 0.0)\n"
        "t.test_nobody_and_nothing()\n"
        "print('sound')"
    )
    environment = {"LD_PRELOAD": runtime, "ASAN_OPTIONS": "detect_leaks=0", "PATH": "/usr/bin:/bin"}
    done = run_quietly(sys.executable, "-c", code, str(Path(__file__).parent), str(library), env=environment)
    assert done.stdout.strip() == "sound", done.stderr[-3000:]


def test_a_pass_is_freed_only_when_no_thread_works_on_it():
    running = _Running(library(), _Asked())
    begun, may_end, order = threading.Event(), threading.Event(), []

    def work(_: int) -> None:
        begun.set()
        may_end.wait(10)
        order.append("worked")

    def close() -> None:
        running.close()
        order.append("closed")

    worker = threading.Thread(target=running.at_once, args=(work, [()]))
    closer = threading.Thread(target=close)
    worker.start()
    begun.wait(10)
    closer.start()
    closer.join(0.2)
    assert order == []
    may_end.set()
    worker.join()
    closer.join()
    assert order == ["worked", "closed"]
    running.at_once(work, [()])
    assert order == ["worked", "closed"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="threads are counted in /proc")
@pytest.mark.parametrize("again", [None, 0.0, 0.005, 0.015])
def test_an_interrupted_run_ends_as_interrupted(tmp_path, again):
    connection = duckdb.connect()
    connection.execute(
        "COPY (SELECT (i * 7919) % 300000 AS lead_id, 'built' AS event, TIMESTAMP '2026-01-01' + to_seconds(i) AS timestamp,"
        f" i // 9 AS session_id FROM range(2000000) AS r(i)) TO '{tmp_path}/events.parquet' (FORMAT parquet)"
    )
    (tmp_path / "model.yaml").write_text(json.dumps(MODEL, indent=1))
    (tmp_path / "denizen.yaml").write_text("events: {path: events.parquet, unique: true}\n")
    program = Path(sys.executable).parent / "denizen"
    command = [program, "score", "model.yaml", "--as-of", "2026-03-01", "--out", "s.parquet"]
    usual = 0
    for more in range(1, 6):
        run = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        # Threads that come after a while are those of the native pass.
        begun = time.monotonic()
        while run.poll() is None:
            with suppress(FileNotFoundError):
                threads = len(list(Path(f"/proc/{run.pid}/task").iterdir()))
                usual = max(usual, threads) if time.monotonic() - begun < 0.4 else usual
                if time.monotonic() - begun > 0.4 and threads >= usual + more % 3:
                    break
        for wait in [0.0] if again is None else [0.0, again]:
            time.sleep(wait)
            run.send_signal(signal.SIGINT)
        errors = run.communicate(timeout=60)[1].decode()
        assert run.returncode in (0, 130, -signal.SIGINT), errors
        assert "Traceback" not in errors
        assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
