"""From a plan to SQL text in a small portable subset. No connection; the plan decides, this only spells."""
