"""Guests: separately booted kernels that run a job and report by a file."""
