"""Measure what a network driver supports, and conclude which bonds work with it."""
