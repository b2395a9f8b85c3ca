"""Leads without an account find one by the domain of their work address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from denizen.ingest.accounting import AccountMatches
from denizen.ingest.derive.mail import company_of_mail_domain, company_of_website, email_type
from denizen.ingest.derive.recipes import DOMAIN_OF_EMAIL

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from duckdb import DuckDBPyConnection

    from denizen.ingest.accounting import Accounting
    from denizen.sql.tables import Value

SIGNS = ("email", "email_domain", "email_type", "company_domain")
"""What says at which company a lead works."""

CLAIMS = ("domain", "website", "domains")
"""What says which domains are an account's own."""

SHARED = "domain:"
"""How the id of an account starts that was made from a domain."""

SEVERAL = 2
SHOWN = 4


def match_accounts(
    connection: DuckDBPyConnection, columns: Mapping[str, Value], accounting: Accounting, *, accounts: bool
) -> None:
    """Give leads without an account that of their domain; a lead that has one keeps it.

    `columns` are those of SIGNS and CLAIMS that stand in `leads` and `accounts`; `accounts` says if there is such a table.
    """
    signs = _signs(columns)
    if signs is None:
        return
    said = connection.execute(
        f"SELECT {signs} AS said, count(*) FROM leads WHERE account_id IS NULL GROUP BY said"
    ).fetchall()
    without = sum(count for _, count in said)
    companies = {text: company for text, _ in said if text is not None and (company := _company(text))}
    people: dict[str, int] = {}
    for text, count in said:
        if text in companies:
            people[companies[text]] = people.get(companies[text], 0) + count
    claims = _claims(connection, columns) if accounts and people else {}
    matched = {d: min(ids) for d, ids in claims.items() if d in people and len(ids) == 1}
    contested = {d: sorted(ids) for d, ids in claims.items() if d in people and len(ids) > 1}
    of_colleagues = _accounts_of_colleagues(connection, signs, people.keys() - claims.keys())
    joined = {d: min(ids) for d, ids in of_colleagues.items() if len(ids) == 1}
    torn = {d: sorted(ids) for d, ids in of_colleagues.items() if len(ids) > 1}
    shared = {d for d, n in people.items() if n >= SEVERAL and d not in claims and d not in of_colleagues}
    accounting.matches = AccountMatches(
        without_account=without,
        by_domain=sum(people[d] for d in matched),
        by_colleague=sum(people[d] for d in joined),
        by_shared_domain=sum(people[d] for d in shared),
        shared_domains=len(shared),
        contested=sum(people[d] for d in (*contested, *torn)),
    )
    accounting.warnings += _warnings(contested, people, "is claimed by")
    accounting.warnings += _warnings(torn, people, "is that of people in")
    found = {**matched, **joined, **{d: SHARED + d for d in shared}}
    ids = {text: found[company] for text, company in companies.items() if company in found}
    if ids:
        _give(connection, signs, ids)


def _signs(columns: Mapping[str, Value]) -> str | None:
    """Return an expression for what says where a lead works: `=` and a domain of its own, or an address's domain."""
    own, kind = columns.get("company_domain"), columns.get("email_type")
    address = [f"leads.{columns['email_domain'].text}"] if "email_domain" in columns else []
    address += [DOMAIN_OF_EMAIL.format(f"leads.{columns['email'].text}")] if "email" in columns else []
    if own is None and not address:
        return None
    signs = [f"'=' || leads.{own.text}"] if own is not None else []
    if address:
        domain = f"coalesce({', '.join(address)})"
        of_work = "" if kind is None else f"coalesce(leads.{kind.text}, 'work') = 'work'"
        signs.append(f"CASE WHEN {of_work} THEN {domain} END" if of_work else domain)
    return f"coalesce({', '.join(signs)})"


def _company(said: str) -> str | None:
    """Return the registered domain of the company; only of work domains, also where the data names it."""
    if not said.startswith("="):
        return company_of_mail_domain(said)
    company = company_of_website(said[1:])
    return company if company and email_type(company) == "work" else None


def _claims(connection: DuckDBPyConnection, columns: Mapping[str, Value]) -> dict[str, set[str]]:
    """Return by registered domain the accounts that name it as theirs."""
    given = [columns[name].text for name in CLAIMS if name in columns]
    if not given:
        return {}
    found: dict[str, set[str]] = {}
    for account, *texts in connection.execute(f"SELECT account_id, {', '.join(given)} FROM accounts").fetchall():
        for said in texts:
            for domain in _domains(said or ""):
                found.setdefault(domain, set()).add(account)
    return found


def _accounts_of_colleagues(
    connection: DuckDBPyConnection, signs: str, domains: Collection[str]
) -> dict[str, set[str]]:
    """Return, by registered domain, the accounts of the people who have one and whose address is of that domain."""
    if not domains:
        return {}
    found: dict[str, set[str]] = {}
    said = connection.execute(
        f"SELECT DISTINCT {signs} AS said, account_id FROM leads WHERE account_id IS NOT NULL"
    ).fetchall()
    for text, account in said:
        company = _company(text) if text is not None else None
        if company is not None and company in domains:
            found.setdefault(company, set()).add(account)
    return found


def _domains(said: str) -> Iterator[str]:
    for text in re.split(r"[\s,;|]+", said):
        if (domain := company_of_website(text)) and email_type(domain) == "work":
            yield domain


def _warnings(contested: dict[str, list[str]], people: dict[str, int], how: str) -> Iterator[str]:
    for domain in sorted(contested, key=lambda d: (-people[d], d))[:SHOWN]:
        ids = ", ".join(contested[domain][:SHOWN]) + (" …" if len(contested[domain]) > SHOWN else "")
        yield (
            f"{domain} {how} {len(contested[domain])} accounts ({ids}),"
            f" so {people[domain]:,} leads of this domain get no account"
        )
    if len(contested) > SHOWN:
        yield f"{len(contested) - SHOWN:,} more domains are those of several accounts"


def _give(connection: DuckDBPyConnection, signs: str, ids: dict[str, str]) -> None:
    connection.execute(
        "CREATE TEMP TABLE matches AS SELECT unnest($said::VARCHAR[]) AS said, unnest($ids::VARCHAR[]) AS account_id",
        {"said": list(ids), "ids": list(ids.values())},
    )
    connection.execute(
        "CREATE TEMP TABLE leads_matched AS SELECT leads.* REPLACE (coalesce(leads.account_id, matches.account_id) AS account_id)"
        f" FROM leads LEFT JOIN matches ON leads.account_id IS NULL AND matches.said = {signs}"
    )
    connection.execute("CREATE OR REPLACE TEMP VIEW leads AS SELECT * FROM leads_matched")
