"""What becomes of a lead: when its score moves if nothing more happens, and what would qualify it."""
