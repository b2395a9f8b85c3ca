"""What outcomes teach about a model: milestones, backtest, thresholds, calibration, health."""
