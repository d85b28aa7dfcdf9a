"""One pytest session on the host, guests that do its work, and verdicts about claims."""
