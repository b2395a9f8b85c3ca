"""Every lint rule: a family a file. The order is that of the reference page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.model.lint.rules import accounts, bands, data, decay, gates, products, size, velocity

if TYPE_CHECKING:
    from denizen.model.lint.rule import Rule

RULES: dict[str, Rule] = {
    rule.code: rule
    for family in (size, decay, velocity, gates, accounts, bands, data, products)
    for rule in family.RULES
}
"""Every rule by its code."""
