"""Results as one HTML page that needs no other file, no network and no script to be read."""
