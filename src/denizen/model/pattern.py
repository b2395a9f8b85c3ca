r"""The subset of regular expressions that every engine runs alike (semantics, section 2).

Literals, classes, `\b \d \w \s`, groups, alternation, quantifiers and anchors. A pattern is parsed to a small tree,
and each dialect spells the tree in its own words, so no engine's own reading of the text ever matters.
Matching is on normalized (lower-cased) text, so the tree is lower-cased too: that is what "case-insensitive" means.
`\b \d \w` know ASCII letters and digits only.
"""

from __future__ import annotations

from dataclasses import dataclass

from denizen.model.values import normalize

MAX_LENGTH = 1000
MAX_REPEAT = 250
MAX_GROUPS = 50
MAX_WORK = 1000
MAX_TEXTS = 16
_PUNCTUATION = set("\\^$.|?*+()[]{}/-_ ,:;!\"#%&'<>=@`~")
_SHORTHAND = {
    "d": (("0", "9"),),
    "w": (("0", "9"), ("_", "_"), ("a", "z")),
    "s": (("\t", "\r"), (" ", " ")),
}


class PatternError(ValueError):
    """The pattern is outside the subset; the text says where and what to write instead."""


@dataclass(frozen=True, slots=True)
class Char:
    """One literal character."""

    char: str


@dataclass(frozen=True, slots=True)
class Any:
    """Any character but a newline."""


@dataclass(frozen=True, slots=True)
class Class:
    """One character inside (or outside) some ranges."""

    ranges: tuple[tuple[str, str], ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Anchor:
    r"""A place between characters: `start`, `end` or `boundary`."""

    kind: str


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part repeated `low` to `high` times; no `high` means without end."""

    part: Node
    low: int
    high: int | None


@dataclass(frozen=True, slots=True)
class Sequence:
    """Parts one after the other."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several alternatives."""

    options: tuple[Node, ...]


Node = Char | Any | Class | Anchor | Repeat | Sequence | Choice


def parse_pattern(text: str) -> Node:
    """Return the tree of a pattern.

    Raises:
        PatternError: the pattern uses something outside the subset, or is too large.
    """
    if len(text) > MAX_LENGTH:
        raise PatternError(f"the pattern is longer than {MAX_LENGTH} characters")
    if not text:
        raise PatternError("the pattern is empty and would match everything; write `exists: true`")
    if any(ord(c) < ord(" ") for c in text):
        raise PatternError(
            r"the pattern holds a control character; in double quotes YAML reads \b so, write single quotes"
        )
    if text.count("(") > MAX_GROUPS:
        raise PatternError(f"the pattern has more than {MAX_GROUPS} groups")
    parser = _Parser(text)
    node = parser.choice()
    if parser.at < len(text):
        raise parser.error("unmatched `)`")
    if _work(node) > MAX_WORK:
        raise PatternError("the pattern repeats repetitions too often to run alike on every engine")
    return node


@dataclass(frozen=True, slots=True)
class Text:
    """A literal text to be found, at the start, at the end, or anywhere."""

    text: str = ""
    start: bool = False
    end: bool = False


def texts_of(node: Node) -> tuple[Text, ...] | None:
    """Return the few texts of which a pattern finds any, None if it says more than a few texts do."""
    if isinstance(node, Char):
        return (Text(node.char),)
    if isinstance(node, Anchor) and node.kind != "boundary":
        return (Text(start=node.kind == "start", end=node.kind == "end"),)
    if isinstance(node, Choice):
        options = [texts_of(option) for option in node.options]
        found = tuple(t for option in options for t in option or ())
        return found if None not in options and len(found) <= MAX_TEXTS else None
    if isinstance(node, Sequence):
        found = (Text(),)
        for part in node.parts:
            joined = _joined(found, texts_of(part) or ())
            if not joined or len(joined) > MAX_TEXTS:
                return None
            found = joined
        return found
    return None


def _joined(left: tuple[Text, ...], right: tuple[Text, ...]) -> tuple[Text, ...]:
    """Return each left text followed by each right one; nothing where an anchor would stand inside."""
    if any(a.end for a in left) or (any(b.start for b in right) and any(a.text for a in left)):
        return ()
    return tuple(Text(a.text + b.text, a.start or b.start, b.end) for a in left for b in right)


def _work(node: Node) -> int:
    if isinstance(node, Repeat):
        return max(1, node.high if node.high is not None else max(node.low, 1)) * _work(node.part)
    if isinstance(node, Sequence):
        return sum(_work(p) for p in node.parts)
    if isinstance(node, Choice):
        return sum(_work(p) for p in node.options)
    return 1


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def error(self, message: str) -> PatternError:
        return PatternError(f"{message} at character {self.at + 1} of {self.text!r}")

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self) -> str:
        char = self.peek()
        self.at += 1
        return char

    def choice(self) -> Node:
        options = [self.sequence()]
        while self.peek() == "|":
            self.take()
            options.append(self.sequence())
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def sequence(self) -> Node:
        parts: list[Node] = []
        while self.peek() not in ("", "|", ")"):
            parts.append(self.quantified())
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def quantified(self) -> Node:
        node = self.atom()
        bounds = self.bounds()
        if bounds is None:
            return node
        if isinstance(node, Anchor):
            raise self.error("an anchor cannot be repeated")
        if self.peek() == "?":
            self.take()  # lazy or greedy makes no difference to whether a pattern is found
        if self.peek() in ("*", "+", "?") or (self.peek() == "{" and self.bounds() is not None):
            raise self.error("two quantifiers in a row; put the inner one in a group")
        return Repeat(node, *bounds)

    def bounds(self) -> tuple[int, int | None] | None:
        simple: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
        if self.peek() in simple:
            return simple[self.take()]
        if self.peek() != "{":
            return None
        end = self.text.find("}", self.at)
        inside = self.text[self.at + 1 : end] if end > 0 else ""
        low, comma, high = inside.partition(",")
        if not (_digits(low) and (not high or _digits(high))):
            raise self.error(r"`{` must be `{n}`, `{n,}` or `{n,m}`; write `\{` for the character")
        result = (int(low), (int(high) if high else None) if comma else int(low))
        if result[0] > MAX_REPEAT or (result[1] or 0) > MAX_REPEAT:
            raise self.error(f"a part can be repeated at most {MAX_REPEAT} times")
        if result[1] is not None and result[1] < result[0]:
            raise self.error("the second bound is below the first")
        self.at = end + 1
        return result

    def atom(self) -> Node:
        char = self.take()
        if char == "(":
            return self.group()
        if char == "[":
            return self.char_class()
        if char == "\\":
            return self.escape()
        if char == ".":
            return Any()
        if char in "^$":
            return Anchor("start" if char == "^" else "end")
        if char in "*+?{":
            self.at -= 1
            raise self.error(f"`{char}` has nothing to repeat; write `\\{char}` for the character")
        if char in "]}":
            self.at -= 1
            raise self.error(f"write `\\{char}` for the character `{char}`")
        return Char(_lowered(char))

    def group(self) -> Node:
        if self.peek() == "?":
            if self.text[self.at : self.at + 2] != "?:":
                raise self.error("only plain groups `(...)` and `(?:...)` are known, no look-around, names or flags")
            self.at += 2
        node = self.choice()
        if self.take() != ")":
            raise self.error("a group is not closed; `)` is missing")
        return node

    def escape(self) -> Node:
        char = self.take()
        if char == "b":
            return Anchor("boundary")
        if char in _SHORTHAND:
            return Class(_SHORTHAND[char])
        return Char(self.escaped(char))

    def escaped(self, char: str) -> str:
        if char in ("t", "n"):
            return {"t": "\t", "n": "\n"}[char]
        if char and char in _PUNCTUATION:
            return char
        self.at -= 1
        shown = f"\\{char}" if char else "a lone backslash"
        raise self.error(f"{shown} is not known; known are \\b \\d \\w \\s and escaped punctuation")

    def char_class(self) -> Node:
        negated = self.peek() == "^"
        if negated:
            self.take()
        ranges: list[tuple[str, str]] = []
        while self.peek() != "]":
            if not self.peek():
                raise self.error("a class is not closed; `]` is missing")
            ranges.extend(self.class_item())
        self.take()
        if not ranges:
            raise self.error(r"a class is empty; write `\]` for the character")
        return Class(tuple(sorted(set(ranges))), negated)

    def class_item(self) -> list[tuple[str, str]]:
        char = self.take()
        if char == "[":
            self.at -= 1
            raise self.error(r"write `\[` for the character inside a class; named classes are not known")
        if char == "\\":
            escaped = self.take()
            if escaped in _SHORTHAND:
                return list(_SHORTHAND[escaped])
            char = self.escaped(escaped)
        if self.peek() != "-" or self.text[self.at + 1 : self.at + 2] in ("]", ""):
            return [(_lowered(char), _lowered(char))]
        self.take()
        last = self.take()
        if last == "\\":
            last = self.escaped(self.take())
        return self.range(char, last)

    def range(self, first: str, last: str) -> list[tuple[str, str]]:
        if not (first.isascii() and last.isascii()):
            raise self.error("a range must be between ASCII characters; list the others one by one")
        if last < first:
            raise self.error(f"the range {first}-{last} runs backwards")
        kept = [(first, last)]
        upper = (max(first, "A"), min(last, "Z"))
        if upper[0] <= upper[1]:
            kept.append((upper[0].lower(), upper[1].lower()))
        return kept


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _lowered(char: str) -> str:
    return normalize(char) or char
