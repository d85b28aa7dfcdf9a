"""A lab whose DUT is a process behind an agent, like a DUT on another machine."""
