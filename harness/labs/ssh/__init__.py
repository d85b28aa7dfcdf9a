"""Machines over SSH: shell work by testinfra, measuring by agents, on one connection."""
