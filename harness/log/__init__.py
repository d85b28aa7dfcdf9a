"""The kernel's log: read, and what it reports about itself recognised; pure but for kmsg."""
