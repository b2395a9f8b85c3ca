"""Make the example world: a B2B analytics product with a 14-day free trial. Seeded; standard library only.

The truth, which a good model should find and a backtest can be judged against (see README.md here): whether a trial
converts depends on three planted milestones and on the company. The decoys happen just as often and mean nothing.

    python examples/trial/generate.py examples/trial
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

SEED = 20260701
ACCOUNTS = 700
AS_OF = datetime(2026, 7, 1, tzinfo=UTC)
FIRST_SIGNUP = datetime(2026, 1, 5, tzinfo=UTC)
TRIAL = timedelta(days=14)

INDUSTRIES = [
    "SaaS",
    "Software",
    "Fintech",
    "E-commerce",
    "Manufacturing",
    "Healthcare",
    "Education",
    "Logistics",
]
COUNTRIES = ["US", "US", "US", "CA", "GB", "DE", "FR", "NL", "IN", "BR"]
TITLES = {
    "VP Marketing": 3, "Chief Revenue Officer": 1, "Head of Growth": 3, "Director of Product": 3, "RevOps Manager": 5,
    "Marketing Manager": 6, "Product Manager": 6, "Data Analyst": 9, "Growth Marketer": 6, "Software Engineer": 9,
    "Student": 2, "Consultant": 4,
}  # fmt: skip
STACK = ["Salesforce", "HubSpot", "Segment", "Slack", "Snowflake", "Zendesk"]
DECOYS = ["help_article_viewed", "theme_changed", "video_watched", "email_opened"]
BASE, MILESTONES = -4.4, {"integration_connected": 1.5, "teammate_invited": 1.3, "report_built": 1.4}


def pick(rng: random.Random, weights: dict[str, int]) -> str:
    return rng.choices(list(weights), list(weights.values()))[0]


def make_account(rng: random.Random, number: int) -> dict[str, object]:
    size = min(20000, int(math.exp(rng.gauss(4.4, 1.5))) + 1)
    return {
        "account_id": f"acme-{number:04d}",
        "domain": f"company{number:04d}.example",
        "employees": size if rng.random() > 0.06 else None,
        "industry": rng.choice(INDUSTRIES) if rng.random() > 0.05 else None,
        "country": rng.choice(COUNTRIES),
        "technologies": [t for t in STACK if rng.random() < 0.3],
        "_size": size,
    }


def make_lead(rng: random.Random, number: int, account: dict[str, object]) -> dict[str, object]:
    span = (AS_OF - FIRST_SIGNUP).total_seconds()
    signup = FIRST_SIGNUP + timedelta(seconds=int(rng.random() * span))
    kind = rng.random()
    domain, email_type = str(account["domain"]), "work"
    if kind < 0.18:
        domain, email_type = rng.choice(["gmail.com", "yahoo.com", "outlook.com"]), "personal"
    elif kind < 0.21:
        domain, email_type = "university.example", "academic"
    elif kind < 0.215:
        domain = "rival.example"
    title = pick(rng, TITLES)
    return {
        "lead_id": f"u{number:05d}",
        "account_id": account["account_id"],
        "signup_at": signup,
        "trial_started_at": signup,
        "trial_ends_at": signup + TRIAL,
        "title": title if rng.random() > 0.05 else None,
        "email_domain": domain,
        "email_type": email_type,
        "onboarding_percent": 0,
    }


def make_events(
    rng: random.Random, lead: dict[str, object], *, resident: bool
) -> list[tuple[datetime, str, dict[str, object]]]:
    """Return what one lead did: sessions that thin out, sooner for tourists than for residents."""
    signup = lead["signup_at"]
    assert isinstance(signup, datetime)  # noqa: S101
    found: list[tuple[datetime, str, dict[str, object]]] = []
    days = rng.expovariate(1 / (16 if resident else 3))
    sessions = 1 + int(rng.expovariate(1 / (7 if resident else 1.2)))
    chances = {
        "report_built": 0.55 if resident else 0.2,
        "dashboard_viewed": 0.7,
        "data_exported": 0.16 if resident else 0.05,
        "alert_created": 0.12,
        "integration_connected": 0.16 if resident else 0.03,
        "teammate_invited": 0.2 if resident else 0.03,
        "pricing_viewed": 0.14 if resident else 0.05,
        "checkout_started": 0.04 if resident else 0.005,
        "premium_feature_used": 0.12 if resident else 0.04,
        **dict.fromkeys(DECOYS, 0.22),
    }
    lead["onboarding_percent"] = rng.choice([60, 80, 100, 100, 100] if resident else [0, 0, 20, 40, 60, 100])
    for n in range(sessions):
        start = signup + timedelta(days=days * (rng.random() ** 1.4) * (n > 0), seconds=rng.randrange(600))
        found.append((start, "logged_in", {"logged_in": True}))
        at = start
        for name, chance in chances.items():
            while rng.random() < chance:
                at += timedelta(seconds=rng.randrange(15, 400))
                properties: dict[str, object] = {"device": rng.choice(["web", "web", "mobile"])}
                if name == "pricing_viewed":
                    properties["logged_in"] = rng.random() < 0.8
                found.append((at, name, properties))
                if name not in ("report_built", "dashboard_viewed", "teammate_invited"):
                    break
    if rng.random() < 0.05:
        found.append((signup + timedelta(days=rng.random() * 20), "email_unsubscribed", {}))
    return [event for event in found if event[0] <= AS_OF]


def conversion(
    rng: random.Random,
    lead: dict[str, object],
    account: dict[str, object],
    events: list[tuple[datetime, str, dict[str, object]]],
) -> datetime | None:
    """Return when the lead pays, if ever: the truth of this world."""
    signup = lead["signup_at"]
    assert isinstance(signup, datetime)  # noqa: S101
    early = [name for at, name, _ in events if at < signup + TRIAL]
    logit = BASE
    logit += MILESTONES["integration_connected"] * ("integration_connected" in early)
    logit += MILESTONES["teammate_invited"] * ("teammate_invited" in early)
    logit += MILESTONES["report_built"] * (early.count("report_built") >= 3)
    size = account["_size"]
    assert isinstance(size, int)  # noqa: S101
    logit += 0.8 * (50 <= size <= 500) + 0.5 * (account["industry"] in ("SaaS", "Software"))
    logit -= 1.2 * (lead["email_type"] != "work")
    if rng.random() >= 1 / (1 + math.exp(-logit)):
        return None
    paid = signup + timedelta(days=rng.uniform(9, 45))
    return paid if paid <= AS_OF else None


def iso(value: object) -> object:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return json.dumps(value) if isinstance(value, list) else value


def write(path: Path, columns: list[str], rows: list[dict[str, object]]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows({k: iso(v) for k, v in row.items()} for row in rows)
    data = text.getvalue().encode()
    path.write_bytes(gzip.compress(data, 9, mtime=0) if path.suffix == ".gz" else data)


def main(folder: str) -> None:
    rng = random.Random(SEED)
    accounts = [make_account(rng, n) for n in range(1, ACCOUNTS + 1)]
    leads, events, outcomes = [], [], []
    for account in accounts:
        for _ in range(1 + int(rng.expovariate(1 / 2.2))):
            lead = make_lead(rng, len(leads) + 1, account)
            log = make_events(rng, lead, resident=rng.random() < 0.3)
            paid = conversion(rng, lead, account, log)
            leads.append(lead)
            events += [(at, lead["lead_id"], name, properties) for at, name, properties in log]
            if paid is not None:
                outcomes.append(
                    {
                        "lead_id": lead["lead_id"],
                        "outcome": "won",
                        "at": paid,
                        "amount": 100 * rng.randrange(5, 60),
                    }
                )
    events.sort(key=lambda e: (e[0], str(e[1]), e[2]))
    rows = [
        {
            "event_id": f"e{n:06d}",
            "lead_id": lead,
            "event": name,
            "timestamp": at,
            "properties": json.dumps(properties),
        }
        for n, (at, lead, name, properties) in enumerate(events, 1)
    ]
    place = Path(folder)
    write(place / "accounts.csv", ["account_id", "employees", "industry", "country", "technologies"], accounts)
    write(
        place / "leads.csv",
        "lead_id account_id signup_at trial_started_at trial_ends_at title email_domain email_type onboarding_percent".split(),
        leads,
    )
    write(place / "events.csv.gz", ["event_id", "lead_id", "event", "timestamp", "properties"], rows)
    write(
        place / "outcomes.csv",
        ["lead_id", "outcome", "at", "amount"],
        sorted(outcomes, key=lambda o: str(o["at"])),
    )


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else str(Path(__file__).parent))
