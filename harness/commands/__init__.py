"""The subcommands of `harness`: they parse arguments, call other packages, and print."""
