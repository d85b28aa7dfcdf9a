"""Guests: kernels of their own, which do a job and report it by a file."""
