"""Hints for a misspelled name: near names are proposed, far ones are not."""

from __future__ import annotations

import pytest

from denizen.errors import did_you_mean, nearest


@pytest.mark.parametrize(
    ("name", "known", "hint"),
    [
        ("country", ["Headcount", "industry"], ""),
        ("county", ["country", "Headcount"], "did you mean `country`?"),
        ("behaviour", ["behavior", "fit"], "did you mean `behavior`?"),
        ("user_invited", ["teammate_invited", "exported"], "did you mean `teammate_invited`?"),
        ("ReportBuilt", ["report_built"], "did you mean `report_built`?"),
        ("title", ["tile_color", "total"], ""),
        ("crn", ["crm", "mail"], "did you mean `crm`?"),
    ],
)
def test_only_a_name_that_is_near_is_proposed(name, known, hint):
    assert did_you_mean(name, known) == hint


def test_the_nearest_come_first_and_no_more_than_asked():
    assert nearest("event_id", ["event", "event_ids", "zebra", "eventid"], 2) == ["event_ids", "eventid"]
