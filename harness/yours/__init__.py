"""A user's bond (`--bond-config`): built from its configuration and subjected to every fault."""
