"""The yardstick workload: a million leads and their events, as Parquet in time order. Seeded.

Leads belong to 250,000 companies of log-normal size; activity a lead is log-normal (sigma 1.5), so that a few leads have
tens of thousands of events and a fifth of them none at 10 M; 40 event names follow a Zipf law, and one lead in five is
"hot" and does key actions 2.5 times as often. Events fall in sessions of half an hour within a lead's life.

    python benchmarks/make_data.py FOLDER --events 10000000
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

SEED = 11
DAY_US = 86_400_000_000
AS_OF_US = 1_782_864_000_000_000  # 2026-07-01T00:00:00Z
SPAN_DAYS = 180
CHUNK = 5_000_000
KEY = "core_feature_used pricing_page_viewed report_generated teammate_invited data_exported onboarding_completed"
KEY_EVENTS = {*KEY.split(), "integration_connected", "premium_feature_used", "checkout_started"}
EVENTS = (
    "page_viewed feature.dashboard login core_feature_used feature.search email_opened feature.editor session_started"
    " feature.comments pricing_page_viewed feature.filters notification_clicked report_generated help_article_viewed"
    " teammate_invited data_exported onboarding_half_completed onboarding_completed integration_connected"
    " premium_feature_used checkout_started settings_changed email_clicked pricing_page_viewed_anon feature.api"
    " feature.automations file_uploaded search_performed profile_updated video_watched support_ticket_opened"
    " webinar_registered email_unsubscribed plan_downgraded feedback_submitted password_reset sso_configured"
    " mobile_app_opened billing_viewed trial_extended"
).split()
INDUSTRIES = "saas fintech devtools data ecommerce media healthtech edtech retail logistics energy agency".split()
TITLES = ["VP of Marketing", "VP Sales", "Director of Product", "CEO", "CTO", "Marketing Manager", "Product Manager",
          "Software Engineer", "Data Analyst", "Designer", "Consultant", "Student", "Researcher"]  # fmt: skip
COUNTRIES = "US US US CA GB DE FR NL AU SE IN BR JP".split()
TOOLS = "salesforce segment hubspot slack snowflake zendesk".split()


def make_leads(rng: np.random.Generator, count: int, span_us: int) -> tuple[pa.Table, np.ndarray]:
    accounts = max(1, count // 4)
    weight = rng.lognormal(0, 1, accounts)
    account = rng.choice(accounts, count, p=weight / weight.sum())
    size = np.minimum(np.exp(rng.normal(4.3, 1.6, accounts)), 200_000).astype(np.int32) + 1
    uses = rng.random((accounts, len(TOOLS))) < np.array([0.3, 0.18, 0.25, 0.5, 0.12, 0.15])
    stacks = [",".join(t for i, t in enumerate(TOOLS) if bits >> i & 1) for bits in range(1 << len(TOOLS))]
    stack = (uses @ (1 << np.arange(len(TOOLS)))).astype(np.int32)
    kind = rng.random(count)
    personal = rng.choice(["gmail.com", "yahoo.com", "hotmail.com", "outlook.com"], count)
    domain = np.where(kind < 0.22, personal, np.char.add(np.char.add("acct", account.astype(str)), ".com"))
    domain = np.where((kind > 0.22) & (kind < 0.225), "rivalsoft.com", domain)
    domain = np.where((kind > 0.225) & (kind < 0.255), "university.edu", domain)
    signup = AS_OF_US - span_us + (rng.random(count) * (span_us - DAY_US)).astype(np.int64)
    number = np.arange(1, count + 1)

    def pick(values: list[str], of: int, index: np.ndarray, missing: float) -> pa.Array:
        codes = rng.integers(0, len(values), of).astype(np.int32)[index]
        unknown = (rng.random(of) < missing)[index]
        return pa.DictionaryArray.from_arrays(pa.array(codes, mask=unknown), pa.array(values)).cast(pa.string())

    everyone = np.arange(count)
    table = pa.table(
        {
            "lead_id": pa.array(number, pa.int64()),
            "account_id": pa.array(account + 1, pa.int64()),
            "email": pa.array(np.char.add(np.char.add("u", number.astype(str)), np.char.add("@", domain.astype(str)))),
            "company_size": pa.array(size[account], mask=(rng.random(accounts) < 0.05)[account]),
            "industry": pick(INDUSTRIES, accounts, account, 0.05),
            "title": pick(TITLES, count, everyone, 0.06),
            "country": pick(COUNTRIES, accounts, account, 0.0),
            "tech_stack": pa.DictionaryArray.from_arrays(pa.array(stack[account]), pa.array(stacks)).cast(pa.string()),
            "signup_at": pa.array(signup, pa.timestamp("us")),
        }
    )
    return table, signup


def make_events(rng: np.random.Generator, signup: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return lead index, event code and timestamp of every event, in time order."""
    leads = len(signup)
    hot = rng.random(leads) < 0.2
    weight = rng.lognormal(0, 1.5, leads) * np.where(hot, 2.5, 1)
    lead = np.repeat(np.arange(leads, dtype=np.int32), rng.multinomial(count, weight / weight.sum()))
    life = np.minimum(
        AS_OF_US - signup, (rng.exponential(np.where(hot, 90, 25)) * DAY_US).astype(np.int64) + DAY_US // 24
    )
    session = rng.random(count) ** 1.3
    session = np.floor(session * 32) / 32 + rng.random(leads)[lead] / 64  # events of a lead share some 32 sessions
    at = signup[lead] + (session * (life - DAY_US // 24)[lead]).astype(np.int64).clip(0)
    at += (rng.random(count) * (DAY_US // 48)).astype(np.int64)
    zipf = 1 / np.arange(1, len(EVENTS) + 1) ** 1.05
    eager = zipf * np.array([2.5 if e in KEY_EVENTS else 1 for e in EVENTS])
    drawn = rng.random(count)
    code = np.where(
        hot[lead],
        np.searchsorted(np.cumsum(eager / eager.sum()), drawn),
        np.searchsorted(np.cumsum(zipf / zipf.sum()), drawn),
    )
    order = np.argsort(at, kind="stable")
    return lead[order], np.minimum(code, len(EVENTS) - 1).astype(np.int32)[order], at[order]


def make_outcomes(rng: np.random.Generator, signup: np.ndarray, key_events: np.ndarray) -> pa.Table:
    """Return who is won, more often those who did key actions, up to 80 days after signup."""
    won = rng.random(len(signup)) < 0.01 + 0.02 * np.minimum(key_events, 5)
    at = signup + ((2 + 78 * rng.random(len(signup))) * DAY_US).astype(np.int64)
    won &= at <= AS_OF_US
    return pa.table(
        {
            "lead_id": pa.array(np.flatnonzero(won) + 1),
            "outcome": pa.array(["won"] * int(won.sum())),
            "at": pa.array(at[won], pa.timestamp("us")),
        }
    )


def write(folder: Path, leads: int, events: int, days: int = SPAN_DAYS) -> None:
    rng = np.random.default_rng(SEED)
    (folder / "events").mkdir(parents=True, exist_ok=True)
    table, signup = make_leads(rng, leads, days * DAY_US)
    pq.write_table(table, folder / "leads.parquet", row_group_size=131_072)
    lead, code, at = make_events(rng, signup, events)
    names = pa.array(EVENTS)
    is_key = np.array([e in KEY_EVENTS for e in EVENTS])
    done = np.bincount(lead, is_key[code], minlength=leads)
    pq.write_table(make_outcomes(np.random.default_rng(SEED + 1), signup, done), folder / "outcomes.parquet")
    for part, start in enumerate(range(0, events, CHUNK)):
        rows = slice(start, min(start + CHUNK, events))
        chunk = pa.table(
            {
                "event_id": pa.array(np.arange(rows.start, rows.stop)),
                "lead_id": pa.array(lead[rows].astype(np.int64) + 1),
                "event": pa.DictionaryArray.from_arrays(pa.array(code[rows]), names).cast(pa.string()),
                "timestamp": pa.array(at[rows], pa.timestamp("us")),
                "session_id": pa.array((at[rows] // DAY_US).astype(np.int32)),
            }
        )
        pq.write_table(chunk, folder / "events" / f"part-{part:03d}.parquet", row_group_size=524_288)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--leads", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--days", type=int, default=SPAN_DAYS, help="how long ago the first signup was")
    given = parser.parse_args()
    write(given.folder, given.leads, given.events, given.days)
