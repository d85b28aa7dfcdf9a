"""The benchmark, `python -m harness.bench`: prints what things cost, and asserts nothing."""
