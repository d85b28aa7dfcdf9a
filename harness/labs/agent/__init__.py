"""A host behind a pipe: an agent of the standard library alone, and the tester's side of it."""
