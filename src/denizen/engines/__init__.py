"""Where scoring statements run. An engine runs text; it decides nothing."""
