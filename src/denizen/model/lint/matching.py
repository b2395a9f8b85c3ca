"""Whether a pattern is found in one text that is written in a model, in time that no pattern can blow up."""

from __future__ import annotations

from denizen.model import pattern

_WORD = frozenset("0123456789_abcdefghijklmnopqrstuvwxyz")


def is_found(node: pattern.Node, text: str) -> bool:
    """Return whether a pattern is found anywhere in a normalized text."""
    return bool(_ends(node, text, frozenset(range(len(text) + 1))))


def _ends(node: pattern.Node, text: str, starts: frozenset[int]) -> frozenset[int]:
    """Return where a match can end that begins at one of the starts."""
    if isinstance(node, pattern.Sequence):
        for part in node.parts:
            starts = _ends(part, text, starts)
        return starts
    if isinstance(node, pattern.Choice):
        return frozenset().union(*[_ends(option, text, starts) for option in node.options])
    if isinstance(node, pattern.Repeat):
        return _repeated(node, text, starts)
    if isinstance(node, pattern.Anchor):
        return frozenset(at for at in starts if _is_anchored(node.kind, text, at))
    return frozenset(at + 1 for at in starts if at < len(text) and _is_char(node, text[at]))


def _repeated(node: pattern.Repeat, text: str, starts: frozenset[int]) -> frozenset[int]:
    for _ in range(node.low):
        starts = _ends(node.part, text, starts)
    found, frontier = starts, starts
    for _ in range(len(text) + 1 if node.high is None else node.high - node.low):
        frontier = _ends(node.part, text, frontier) - found
        if not frontier:
            break
        found |= frontier
    return found


def _is_anchored(kind: str, text: str, at: int) -> bool:
    if kind == "start":
        return at == 0
    if kind == "end":
        return at == len(text)
    before, after = text[at - 1 : at] in _WORD, text[at : at + 1] in _WORD
    return before != after


def _is_char(node: pattern.Char | pattern.Any | pattern.Class, char: str) -> bool:
    if isinstance(node, pattern.Char):
        return char == node.char
    if isinstance(node, pattern.Any):
        return char != "\n"
    return any(low <= char <= high for low, high in node.ranges) != node.negated
