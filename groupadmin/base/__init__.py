"""What everything stands on. Nothing in here imports accounts or groups."""
