"""A process that outlives a run and connects the cables that the run has left cut."""
