"""What is wrong with a text that is not YAML, in plain words: what was expected, and how to mend it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from denizen.errors import Finding

if TYPE_CHECKING:
    from ruamel.yaml.error import MarkedYAMLError, StringMark
    from ruamel.yaml.reader import ReaderError

_UNEVEN = "this line is indented otherwise than those it belongs with; indent keys of one level alike, with spaces"
_TWO_VALUES = "`: ` stands twice on one line; put a text that holds it in quotes, or write the keys below one another"
_TOO_DEEP = "this line is indented deeper than the one above, which is complete; indent it as that one, or end that one with `:`"
_SAID: tuple[tuple[str, str], ...] = (
    (r"found character '\\t'", "a tab; indent with spaces"),
    (r"found character '(.)'", "a text cannot start with '{0}'; put it in quotes"),
    (
        r"expected <block end>, but found '-'",
        "a list item where a key is expected; indent it below the key that it is for, or remove the `-`",
    ),
    (
        r"expected <block end>, but found '\?'",
        "a key where a list item is expected; write `- ` before it, or indent it",
    ),
    (r"expected <block end>, but found '([\]},])'", "`{0}` where nothing is open; remove it, or add what opens it"),
    (
        r"expected <block end>, but found '<scalar>'",
        "text behind a value that is complete; put all of it in one pair of quotes",
    ),
    (r"expected <block end>", _UNEVEN),
    (r"unindent does not match|inconsistent indentation", _UNEVEN),
    (
        r"expected ',' or '([\]}])', but got '<stream end>'",
        "the file ends and `{0}` is still missing; add it where the list ends",
    ),
    (
        r"expected ',' or '([\]}])', but got ':'",
        "expected `,` or `{0}`, found `:`; put a text that holds `: ` in quotes, and keys that belong together in `{{…}}`",
    ),
    (r"expected ',' or '([\]}])'", "expected `,` or `{0}` here; add it, or write the keys below one another"),
    (r"unexpected end of stream", "a quote is opened and never closed; close it"),
    (
        r"unknown escape character '(.)'",
        "`\\{0}` means nothing in double quotes; write the text in single quotes, or `\\\\{0}`",
    ),
    (r"undefined alias '(.*)'", "`*{0}` names no anchor `&{0}` above it; put a text that starts with `*` in quotes"),
    (
        r"could not find expected ':'",
        "a key without `:`; write `KEY: VALUE`, or put the text in quotes where it is a value",
    ),
    (r"found another document", "`---` begins a second document; a file holds one, so remove the line"),
    (
        r"sequence entries are not allowed",
        "a list item behind a key; write it on a line of its own below, or the list as `[…]`",
    ),
    (
        r"expected the node content, but found '(.*)'",
        "expected a value, found `{0}`; write the value, or remove the sign",
    ),
    (
        r"while scanning a block scalar",
        "text behind `|` or `>`; write it on the next lines, indented, or put it in quotes",
    ),
)
"""What the parser says, as a pattern, and what that means; the first that fits."""


def syntax_error(error: MarkedYAMLError, text: str, file: str) -> Finding:
    """Return what is wrong, at the place where it can be seen."""
    said = " ".join(str(p) for p in (error.problem, error.context) if p)
    mark = _mark(error)
    if mark is None:
        return Finding("yaml-syntax", plain(said), file)
    words = _nested(text, mark) if "mapping values" in said else plain(said) + _opened(error, mark)
    return Finding("yaml-syntax", words, file, mark.line + 1, mark.column + 1)


def unreadable(error: ReaderError, text: str, file: str) -> Finding:
    """Return which character is no part of YAML, and where it stands."""
    before = text[: error.position].split("\n")
    words = f"the character U+{ord(text[error.position]):04X}, which cannot be seen, is not allowed; remove it"
    return Finding("yaml-syntax", words, file, len(before), len(before[-1]) + 1)


def plain(said: str) -> str:
    """Return what the parser says in plain words, or its own where it says what is not known here."""
    for pattern, words in _SAID:
        if found := re.search(pattern, said):
            return words.format(*found.groups())
    return f"not YAML: {said}"


def _mark(error: MarkedYAMLError) -> StringMark | None:
    """Return the place of a mistake: where a key or a quote begins, not the end of the file, at which it is noticed."""
    begins = re.search(r"expected ':'|end of stream", error.problem or "")
    found: StringMark | None = error.context_mark if begins and error.context_mark else error.problem_mark
    return found


def _opened(error: MarkedYAMLError, mark: StringMark) -> str:
    """Return where the braces stand that are still open, if on another line."""
    begin = error.context_mark
    if begin is None or begin.line == mark.line or "flow" not in (error.context or ""):
        return ""
    return f" (it is opened at line {begin.line + 1})"


def _nested(text: str, mark: StringMark) -> str:
    """Return why a key stands where none can: behind another on its line, or below a value."""
    before = text[: mark.index].rsplit("\n", 1)[-1]
    return _TWO_VALUES if re.search(r":\s", before) else _TOO_DEEP
