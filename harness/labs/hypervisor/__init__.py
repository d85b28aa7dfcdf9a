"""Hypervisors that run a DUT: what they say of its adapters, and how they pull its cables."""
