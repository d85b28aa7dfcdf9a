"""The lab of namespaces: veth pairs as cables, Linux bridges as switches, one kernel."""
