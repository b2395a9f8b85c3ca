"""What is done with models and data: score, rank, explain, check."""
