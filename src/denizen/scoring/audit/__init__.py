"""What the data can carry: which criteria it feeds, what is wrong with it, and what to ask engineering for."""
