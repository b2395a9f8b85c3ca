"""Where every row went: nothing is lost, and the numbers add up."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

REASONS_SHOWN = 6


@dataclass(frozen=True, slots=True)
class EventRows:
    """`read = used + duplicate + after_as_of + rejected + of_unknown_leads`."""

    read: int = 0
    used: int = 0
    duplicate: int = 0
    after_as_of: int = 0
    rejected: int = 0
    of_unknown_leads: int = 0
    given: bool = False

    def with_used(self, used: int) -> EventRows:
        """Return the account with so many rows used; what is left over is of unknown leads."""
        return replace(self, used=used, of_unknown_leads=self.of_unknown_leads + self.used - used)

    def cut(self, used: int) -> EventRows:
        """Return the account with so many rows used; those used until now beyond that fall after the as-of instant."""
        return replace(self, used=used, after_as_of=self.after_as_of + self.used - used)


@dataclass(frozen=True, slots=True)
class EntityRows:
    """Rows of leads or accounts: `read = used + rejected`."""

    read: int = 0
    used: int = 0
    rejected: int = 0
    given: bool = False


@dataclass(frozen=True, slots=True)
class AccountMatches:
    """Leads that came without an account: how many found one, and how many share a domain of no account.

    `by_domain` leads were matched to an account that claims the domain of their address, `by_colleague` leads to the one
    account of all others at that domain who have one, `by_shared_domain` leads were put into `shared_domains` accounts
    made from it. `contested` leads have a domain of several accounts.
    """

    without_account: int = 0
    by_domain: int = 0
    by_colleague: int = 0
    by_shared_domain: int = 0
    shared_domains: int = 0
    contested: int = 0


@dataclass(slots=True)
class Accounting:
    """The rows of every table, and what was noticed on the way; outcomes are counted like events.

    `derived` counts, by attribute, the leads whose value was derived or read as the word that the model uses. `apart` says
    that, and why, no lead belongs to any account; empty where some lead does. `kept` says that rejected rows are in a file.
    """

    events: EventRows = field(default_factory=EventRows)
    leads: EntityRows = field(default_factory=EntityRows)
    accounts: EntityRows = field(default_factory=EntityRows)
    outcomes: EventRows = field(default_factory=EventRows)
    attributes_history: EventRows = field(default_factory=EventRows)
    warnings: list[str] = field(default_factory=list)
    reasons: dict[str, int] = field(default_factory=dict)
    matches: AccountMatches = field(default_factory=AccountMatches)
    derived: dict[str, int] = field(default_factory=dict)
    apart: str = ""
    kept: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        return {name: value for name, value in asdict(self).items() if name not in ("apart", "kept")}

    def told_reasons(self, rest: str) -> Iterator[str]:
        """Yield why rows were rejected, the first few reasons; `rest` says where to see the others, empty if they are kept."""
        for reason, count in list(self.reasons.items())[:REASONS_SHOWN]:
            yield f"rejected {count:,} × {reason}"
        more = len(self.reasons) - REASONS_SHOWN
        if more > 0:
            yield f"and {more:,} more reason{'' if more == 1 else 's'}{f'; {rest}' if rest else ''}"
        elif rest and self.events.rejected * 2 > self.events.read:
            yield rest

    def told(self) -> Iterator[str]:
        """Yield what became of the outcomes, why rows were rejected, and what was noticed: the small print of a study."""
        o = self.outcomes
        yield (
            f"outcomes: {o.read:,} read = {o.used:,} used + {o.duplicate:,} duplicate + {o.after_as_of:,} after as-of"
            f" + {o.rejected:,} rejected + {o.of_unknown_leads:,} of unknown leads"
        )
        yield from self.told_reasons("" if self.kept else "keep the rows with --rejects PATH")
        yield from (f"warning: {warning}" for warning in self.warnings)

    @property
    def rejected(self) -> int:
        """How many rows of all tables were rejected."""
        return self.events.rejected + self.leads.rejected + self.accounts.rejected + self.outcomes.rejected
