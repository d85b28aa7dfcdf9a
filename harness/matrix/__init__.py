"""Several kernels in one session: who runs what, what came out, and what changed between them."""
