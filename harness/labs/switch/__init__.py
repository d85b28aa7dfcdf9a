"""A managed switch whose ports are shut and opened by its command line, over SSH by netmiko."""
