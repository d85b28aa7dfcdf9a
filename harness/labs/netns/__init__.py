"""Networks in namespaces of one kernel: machines, switches and cables between them."""
