"""Hypervisors that run a DUT: the state of its adapters, and how its cables are unplugged."""
