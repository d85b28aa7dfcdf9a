"""A process beside each machine's NICs: it lends them out, and puts them back in any case."""
