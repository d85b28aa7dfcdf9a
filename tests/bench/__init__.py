"""The benchmark, `python -m tests.bench`: prints what things cost, and asserts nothing."""
