"""Load the harness for `pytest` in a checkout, installed or not."""

pytest_plugins = ["harness.plugin"]
