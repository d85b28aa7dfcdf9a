"""Labs: where topologies are built, and what they are built of."""
