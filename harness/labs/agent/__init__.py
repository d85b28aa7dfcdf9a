"""A host behind a pipe: an agent that needs only the standard library, and the tester's side."""
