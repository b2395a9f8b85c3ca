"""A pilot with a holdout: who is in which arm, and what it came to, however often one looks."""

from denizen.history.pilot.arms import Arms, assign, parse_arms
from denizen.history.pilot.assigning import Assigned, assign_leads
from denizen.history.pilot.judging import judge_pilot
from denizen.history.pilot.result import Compared, Look, Pilot

__all__ = ["Arms", "Assigned", "Compared", "Look", "Pilot", "assign", "assign_leads", "judge_pilot", "parse_arms"]
