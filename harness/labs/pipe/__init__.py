"""A lab whose DUT is a process behind an agent, as a DUT on another machine will be."""
