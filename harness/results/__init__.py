"""Results on disk: conformance.json, merged and compared, and old directories pruned."""
