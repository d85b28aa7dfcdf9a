"""Run a topology, inject faults, and record what happens as a history."""
