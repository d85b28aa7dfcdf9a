"""A topology to work in by hand: `harness up`."""
