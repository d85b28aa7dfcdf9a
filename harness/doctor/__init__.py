"""Checks of what this machine supports, and commands that add what is missing."""
