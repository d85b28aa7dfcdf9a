"""A history becomes figures, sentences and pictures; pure."""
