"""What this machine can do for the harness, and which command adds what it lacks."""
