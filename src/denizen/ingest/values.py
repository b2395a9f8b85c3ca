"""How values are read, as SQL macros of the embedded database: the data side of `denizen.model.values`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.model.values import NUMBER, NUMBER_DECIMALS, WHITESPACE
from denizen.sql.conditions import SEPARATOR
from denizen.sql.literals import text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

EARLIEST_US = -62_135_596_800_000_000
LATEST_US = 253_402_300_799_999_999
"""Instants lie in the years 1 to 9999."""

_SPACE = text(WHITESPACE)
_NUMBER = text(NUMBER)
_DECIMAL = f"DECIMAL(38, {NUMBER_DECIMALS})"
_ISO = (
    r"[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}"
    r"([Tt ] *[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?( *([Zz]|UTC|GMT|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?))?)?"
)
_EPOCH = r"-?[0-9]{1,20}([.][0-9]+)?"

# A text is plain if it is empty, or what tidying makes of it and no list.
# Trimming by a set of characters is slow, and a text that starts and ends in visible ASCII does not need it.
_CURRENCY = (
    "[$€£¥₹]|usd|eur|gbp|jpy|cny|inr|cad|aud|nzd|chf|sek|nok|dkk|isk|pln|czk|huf|ron|bgn|uah|try|ils|aed|sar|qar|egp|zar|ngn|kes"
    "|brl|mxn|ars|clp|cop|pen|sgd|hkd|twd|krw|thb|idr|myr|php|vnd"
)
_BARE = rf"regexp_replace(x, '^(-?)\s*(?:{_CURRENCY})\s*|\s*(?:{_CURRENCY})$', '\1', 'g')"
"""An amount of money without its currency; what else stands beside it (`12 mio`) may change its size."""
_AMOUNT = r"-?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]{1,2})?"
"""With cents, not with thousands parted by a point: 4.800 may be both."""
MACROS = {
    "tidy(x)": (
        "CASE WHEN x[1] BETWEEN '!' AND '~' AND x[-1] BETWEEN '!' AND '~' AND NOT contains(x, chr(0)) THEN x"
        f" ELSE nullif(trim(replace(x, chr(0), ''), {_SPACE}), '') END"
    ),
    "plain(x)": (
        "x = '' OR (x >= '!' AND x < chr(127) AND x[1] <> '[' AND x[-1] BETWEEN '!' AND '~' AND NOT contains(x, chr(0)))"
    ),
    "normal(x)": "lower(x)",
    "reads_as_number(x)": f"regexp_matches(x, {_NUMBER})",
    "as_number(x)": (
        "CASE WHEN NOT reads_as_number(x) THEN NULL"
        f" WHEN try_cast(x AS DOUBLE) >= 1e28 THEN CAST('1e28' AS {_DECIMAL})"
        f" WHEN try_cast(x AS DOUBLE) <= -1e28 THEN CAST('-1e28' AS {_DECIMAL})"
        f" ELSE try_cast(x AS {_DECIMAL}) END"
    ),
    "as_amount(x)": (
        "CASE WHEN reads_as_number(x) THEN as_number(x)"
        f" WHEN regexp_full_match({_BARE}, {text(_AMOUNT)}) THEN as_number(replace({_BARE}, ',', '')) END"
    ),
    "canonical(x)": (
        "CASE WHEN abs(as_number(x)) < CAST('1e28' AS DECIMAL(38, 9)) THEN rtrim(rtrim(CAST(as_number(x) AS VARCHAR), '0'), '.') ELSE x END"
    ),
    "is_list(x)": "CASE WHEN x[1] = '[' THEN CASE WHEN json_valid(x) THEN json_type(x) = 'ARRAY' ELSE FALSE END ELSE FALSE END",
    "elements(x)": (
        "list_filter(list_transform(CAST(json_extract_string(x, '$[*]') AS VARCHAR[]), lambda e: tidy(e)), lambda e: e IS NOT NULL)"
    ),
    "joined(x)": "array_to_string(elements(x), ', ')",
    "words(x)": (
        f"{text(SEPARATOR)} || array_to_string(list_transform(elements(x),"
        f" lambda e: canonical(normal(replace(e, {text(SEPARATOR)}, ' ')))), {text(SEPARATOR)}) || {text(SEPARATOR)}"
    ),
    "in_range(us)": f"CASE WHEN us BETWEEN {EARLIEST_US} AND {LATEST_US} THEN CAST(us AS BIGINT) END",
    "from_epoch(n)": (
        "in_range(CASE WHEN abs(n) < 100000000 THEN NULL"
        " WHEN abs(n) < 100000000000 THEN CAST(floor(n * 1000000) AS HUGEINT)"
        " WHEN abs(n) < 100000000000000 THEN CAST(floor(n * 1000) AS HUGEINT)"
        " WHEN abs(n) < 100000000000000000 THEN CAST(floor(n) AS HUGEINT)"
        " ELSE CAST(floor(n * 0.001) AS HUGEINT) END)"
    ),
    "instant_of_text(x)": (
        f"CASE WHEN regexp_full_match(x, {text(_EPOCH)}) THEN from_epoch(try_cast(x AS DECIMAL(38, 9)))"
        f" WHEN regexp_full_match(x, {text(_ISO)}) THEN in_range(epoch_us(try_cast("
        r"regexp_replace(replace(replace(upper(x), '/', '-'), 'GMT', 'UTC'), '([0-9]) *([+-][0-9:]+)$', '\1\2') AS TIMESTAMPTZ))) END"
    ),
}


def define(connection: DuckDBPyConnection) -> None:
    """Define the macros in an embedded database."""
    for signature, body in MACROS.items():
        connection.execute(f"CREATE OR REPLACE TEMP MACRO {signature} AS {body}")


_INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"}
_NANOSECONDS = ("TIMESTAMP_NS", "TIMESTAMPTZ_NS")


def in_range(instant: str) -> str:
    """Return the condition that an instant is known and lies in the years that are handled."""
    return f"{instant} BETWEEN {EARLIEST_US} AND {LATEST_US}"


def is_integer(kind: str) -> bool:
    """Return whether values of a column type fit into BIGINT as they are."""
    return kind in _INTEGERS


def is_plain(kind: str) -> bool:
    """Return whether the text of every value of a column type is plain: it has no blanks around it and is no list."""
    return is_integer(kind) or kind == "DATE" or kind.startswith("TIMESTAMP")


def as_decimal(expression: str) -> str:
    """Return a whole number as the number that a text reads as."""
    return f"CAST({expression} AS {_DECIMAL})"


def as_text(expression: str, kind: str) -> str:
    """Return a value of any column type as text; NaN is unknown; lists and structs become JSON."""
    if kind == "VARCHAR":
        return expression
    if kind in ("DOUBLE", "FLOAT"):
        return f"CASE WHEN NOT isnan({expression}) THEN CAST({expression} AS VARCHAR) END"
    if kind == "JSON":
        return f"json_extract_string({expression}, '$')"
    if kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION")):
        return f"CAST(to_json({expression}) AS VARCHAR)"
    return f"CAST({expression} AS VARCHAR)"


def as_id(expression: str, kind: str) -> str:
    """Return an identifier as text; a float that is whole loses its `.0`."""
    if kind in ("DOUBLE", "FLOAT"):
        whole = f"{expression} = floor({expression}) AND abs({expression}) < 9007199254740992"
        return (
            f"CASE WHEN {whole} THEN CAST(CAST({expression} AS BIGINT) AS VARCHAR) ELSE {as_text(expression, kind)} END"
        )
    if kind.startswith("DECIMAL"):
        return f"canonical(CAST({expression} AS VARCHAR))"
    return f"tidy({as_text(expression, kind)})" if not is_integer(kind) else f"CAST({expression} AS VARCHAR)"


def as_instant(expression: str, kind: str) -> str:
    """Return a timestamp of any column type as microseconds, null where it cannot be read."""
    if kind in _NANOSECONDS:
        return f"(epoch_ns({expression}) - ((epoch_ns({expression}) % 1000) + 1000) % 1000) // 1000"
    if kind.startswith("TIMESTAMP") or kind == "DATE":
        return f"epoch_us({expression if kind != 'DATE' else f'CAST({expression} AS TIMESTAMP)'})"
    if is_integer(kind) or kind == "UBIGINT":
        return f"from_epoch(CAST({expression} AS DECIMAL(38, 9)))"
    if kind in ("DOUBLE", "FLOAT") or kind.startswith("DECIMAL"):
        return f"from_epoch(try_cast({expression} AS DECIMAL(38, 9)))"
    return f"instant_of_text(tidy({as_text(expression, kind)}))"
