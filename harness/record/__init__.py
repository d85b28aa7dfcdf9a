"""A disturbed topology becomes a history."""
