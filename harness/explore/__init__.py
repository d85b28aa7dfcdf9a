"""Search for schedules of faults in which a kernel does what the documentation does not allow."""
