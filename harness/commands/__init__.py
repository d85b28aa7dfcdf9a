"""The commands of `harness`: they parse words, call the other rooms, and print."""
