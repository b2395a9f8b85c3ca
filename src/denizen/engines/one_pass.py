"""The native pass over a batch's events, beside the embedded database: rows in and results out as Arrow streams.

`one_pass.c` is compiled when the package is built or installed from source. Where there is no compiled library, everything
is computed in SQL, with the same results.
"""

from __future__ import annotations

import ctypes
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Condition
from typing import TYPE_CHECKING, Any

from denizen.errors import fail
from denizen.sql.one_pass import HOME, NONE, Native, Places

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from duckdb import DuckDBPyConnection

    from denizen.sql.one_pass import Burst, OnePass, Slot

LIBRARY = f"_one_pass{sysconfig.get_config_var('SHLIB_SUFFIX') or '.so'}"
"""The compiled library, in the folder of this module."""
VERSION = 2
"""What `one_pass.c` says it is; a library left from another version is not used."""
LARGEST_PLACE = 2**31 - 2
SPARSE = 4
"""Places are whole ids themselves if the ids lie so close that at least every so-manieth place is taken."""
SHARE = 2
"""The pass may take this part of the memory that the database may."""
_UNITS = {"bytes": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_NARROW = ("TINYINT", "SMALLINT", "INTEGER")
_KINDS = {"count": 0, "first": 1, "last": 2}
_RESULTS = "one_pass_results"
_CAPSULE = b"arrow_array_stream"


class _Window(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int64) for name in ("start", "start_offset", "end", "end_offset")]


class _Slot(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int64) for name in ("kind", "bit", "window", "after")]


class _Burst(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int64) for name in ("bit", "at_least", "within", "after", "grid")]


class _Depth(ctypes.Structure):
    _fields_ = [("which", _Slot), *[(name, ctypes.c_int64) for name in ("first", "bits", "narrow")]]


class _Asked(ctypes.Structure):
    _fields_ = [
        *[(name, ctypes.c_int64) for name in ("places", "anchors", "windows", "slots", "bursts", "depths")],
        ("window", ctypes.POINTER(_Window)),
        ("slot", ctypes.POINTER(_Slot)),
        ("burst", ctypes.POINTER(_Burst)),
        ("depth", ctypes.POINTER(_Depth)),
    ]


class _Stream(ctypes.Structure):
    _fields_ = [(name, ctypes.c_void_p) for name in ("schema", "next", "error", "release", "private")]


class _Results:
    """What a pass found, as an Arrow stream that can be read again and again."""

    def __init__(self, native: Any, running: int) -> None:
        self.native = native
        self.running = running
        self.streams: list[_Stream] = []

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return a new stream of all rows in a capsule."""
        del requested_schema
        self.streams.append(_Stream())
        _told(self.native.one_pass_results(self.running, ctypes.byref(self.streams[-1])))
        make = ctypes.pythonapi.PyCapsule_New
        make.restype, make.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
        return make(ctypes.addressof(self.streams[-1]), _CAPSULE, None)


@cache
def library() -> Any:
    """Return the compiled library, None if there is none that fits."""
    path = Path(__file__).parent / LIBRARY
    if not path.exists():
        return None
    try:
        found = ctypes.CDLL(str(path))
        version = found.one_pass_version
    except (OSError, AttributeError):
        return None
    version.restype = ctypes.c_int64
    if version() != VERSION:
        return None
    found.one_pass_open.restype, found.one_pass_open.argtypes = ctypes.c_void_p, [ctypes.POINTER(_Asked)]
    found.one_pass_clear.restype = None
    found.one_pass_clear.argtypes = [ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64]
    found.one_pass_close.restype, found.one_pass_close.argtypes = None, [ctypes.c_void_p]
    found.one_pass_finish.restype, found.one_pass_finish.argtypes = ctypes.c_char_p, [ctypes.c_void_p, ctypes.c_int64]
    for name in ("one_pass_anchors", "one_pass_events"):
        function = getattr(found, name)
        function.restype = ctypes.c_char_p
        function.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(ctypes.c_int64)]
    found.one_pass_results.restype = ctypes.c_char_p
    found.one_pass_results.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    return found


def native_for(connection: DuckDBPyConnection) -> Native | None:
    """Return what the native pass can do with the prepared tables, None where there is no library."""
    if library() is None:
        return None
    kinds = {str(r[0]): str(r[1]) for r in connection.execute("DESCRIBE events").fetchall()}
    places, session = _places(connection, kinds["lead_id"]), kinds.get("session_id", "")
    whole, narrow = session in (*_NARROW, "BIGINT"), session in _NARROW
    without = "SELECT count(*) FROM events WHERE session_id IS NULL"
    every = whole and not connection.execute(without).fetchall()[0][0]
    return Native(places, whole, narrow, every, _memory_limit(connection) // SHARE)


def _memory_limit(connection: DuckDBPyConnection) -> int:
    """Return how many bytes the database may take."""
    said = str(connection.execute("SELECT current_setting('memory_limit')").fetchall()[0][0])
    number, unit = said.split()
    return int(float(number) * _UNITS[unit])


def _places(connection: DuckDBPyConnection, kind: str) -> Places:
    """Give every lead a place: its id, if ids are whole numbers close together, else its row in the table `places`."""
    count, low, high = connection.execute("SELECT count(*), min(lead_id), max(lead_id) FROM leads").fetchall()[0]
    if kind == "BIGINT" and count and high - low < SPARSE * count and high - low < LARGEST_PLACE:
        where = f"WHERE g BETWEEN {low} AND {high}"
        return Places(high - low + 1, f"g - ({low})", where=where, owner=f"place + ({low})")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE places AS"
        " SELECT lead_id, CAST(row_number() OVER () - 1 AS BIGINT) AS place FROM leads"
    )
    return Places(
        count,
        "places.place",
        owner="places.lead_id",
        join="JOIN places ON places.lead_id = g",
        join_owner="JOIN places USING (place)",
    )


@contextmanager
def one_pass(connection: DuckDBPyConnection, asked: OnePass) -> Iterator[None]:
    """Run the pass; until the context ends, what `asked` collects stands in the database.

    Raises:
        DenizenError: rows cannot be read, or memory does not suffice.
    """
    slots, bursts = [_slot(s) for s in asked.slots], [_burst(b) for b in asked.bursts]
    depths = [_Depth(_slot(d.slot), d.first, (1 << d.names) - 1, asked.is_narrow(d)) for d in asked.depths]
    windows = [_Window(*w) for w in asked.windows]
    counts = (asked.places.count, len(asked.anchors), len(windows), len(slots), len(bursts), len(depths))
    lists = [_list(_Window, windows), _list(_Slot, slots), _list(_Burst, bursts), _list(_Depth, depths)]
    want = _Asked(*counts, *lists)
    running = _Running(library(), want)
    try:
        running.at_once(running.native.one_pass_clear, _halves(asked.places.count))
        if asked.anchors:
            running.feed(connection, asked.instants(), running.native.one_pass_anchors)
        running.feed(connection, asked.events(), running.native.one_pass_events)
        running.at_once(running.native.one_pass_finish, [(k,) for k in range(len(bursts) + len(depths))])
        connection.register(_RESULTS, _Results(running.native, running.address))
        try:
            connection.execute(f"CREATE OR REPLACE TEMP VIEW {HOME} AS {asked.found(_RESULTS)}")
            yield
        finally:
            connection.execute(f"DROP VIEW IF EXISTS {HOME}")
            connection.unregister(_RESULTS)
    finally:
        running.close()


class _Running:
    """A pass between its beginning and its end.

    Who is interrupted may leave while threads still work on the pass, so it is freed when none does.
    """

    def __init__(self, native: Any, want: _Asked) -> None:
        self.native = native
        self.working = 0
        self.closed = False
        self.changed = Condition()
        self.address = native.one_pass_open(ctypes.byref(want))
        _told("out of memory" if not self.address else None)

    def at_once(self, function: Any, each: Sequence[tuple[int, ...]]) -> None:
        """Call a function for each of some arguments in a thread of its own, and raise what any of them raises."""
        if each:
            with ThreadPoolExecutor(len(each)) as pool:
                list(pool.map(lambda arguments: self._work(function, arguments), each))

    def _work(self, function: Any, arguments: tuple[int, ...]) -> None:
        with self.changed:
            if self.closed:
                return
            self.working += 1
        try:
            _told(function(self.address, *arguments))
        finally:
            with self.changed:
                self.working -= 1
                self.changed.notify_all()

    def feed(self, connection: DuckDBPyConnection, query: str, function: Any) -> None:
        """Hand the rows of a query to the pass, batch by batch."""
        capsule = connection.sql(query).__arrow_c_stream__()
        pointer = ctypes.pythonapi.PyCapsule_GetPointer
        pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
        stream, more = pointer(capsule, _CAPSULE), ctypes.c_int64(1)
        while more.value:
            _told(function(self.address, stream, ctypes.byref(more)))

    def close(self) -> None:
        """Free the pass; if waiting for its threads is interrupted it is kept until the process ends."""
        with self.changed:
            self.closed = True
            self.changed.wait_for(lambda: not self.working)
        self.native.one_pass_close(self.address)


def _halves(count: int) -> list[tuple[int, int]]:
    return [(0, count // 2), (count // 2, count)]


def _told(wrong: bytes | str | None) -> None:
    if wrong is not None:
        raise fail(
            "engine-failed", f"DuckDB, in the native pass: {wrong.decode() if isinstance(wrong, bytes) else wrong}"
        )


def _list(kind: Any, items: list[Any]) -> Any:
    return (kind * len(items))(*items)


def _slot(slot: Slot) -> _Slot:
    return _Slot(_KINDS[slot.kind], _number(slot.bit), _number(slot.window), _instant(slot.after_us))


def _burst(burst: Burst) -> _Burst:
    after, grid = _instant(burst.after_us), _number(burst.grid)
    return _Burst(_number(burst.bit), burst.at_least, burst.within_us, after, grid)


def _number(given: int | None) -> int:
    return -1 if given is None else given


def _instant(given: int | None) -> int:
    return NONE if given is None else given
