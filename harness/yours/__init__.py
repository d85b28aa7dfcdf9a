"""A user's own bond (`--bond-config`): what its files say, built and put through every fault."""
