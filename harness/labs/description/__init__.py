"""Lab files: what a lab of real or virtual machines consists of, in TOML (labs/README.md)."""
