"""What runs leave on the disk: conformance, merged and compared, and which directories may go."""
