"""Who is an MQL, as an attribute of leads says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from denizen.errors import did_you_mean, fail
from denizen.history.discover.columns import columns_of
from denizen.history.stats.intervals import numpy

if TYPE_CHECKING:
    from denizen.history.cohort import History


def said_mql(history: History, attribute: str) -> Any:
    """Return for each row judged whether the attribute says that the lead is an MQL.

    Raises:
        DenizenError: no lead has the attribute.
    """
    column = history.tables.attributes[attribute].text
    [[known]] = history.connection.execute(f"SELECT count({column}) FROM leads").fetchall()
    if not known:
        names = columns_of(history.data)[0]
        hint = did_you_mean(attribute, names) or f"attributes: {', '.join(names) or 'none'}"
        raise fail("bad-argument", f"--mql {attribute}: no lead has such an attribute; {hint}")
    said = f"COALESCE({column} NOT IN ('false', 'no', '0', 'n'), FALSE)"
    rows = history.connection.execute(
        f"SELECT {said} AS mql FROM cohort JOIN leads USING (lead_id) ORDER BY g"
    ).fetchnumpy()
    return numpy().asarray(rows["mql"], dtype=bool)
