"""A process on each machine that moves its NICs to other namespaces and restores them."""
