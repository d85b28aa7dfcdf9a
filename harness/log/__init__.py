"""The kernel log: reading it (kmsg), and recognising error reports in it (pure functions)."""
