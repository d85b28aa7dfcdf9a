"""Readers: one module for each format, `read(sources)` in each; they raise ConfigError only."""
