"""The emulated switches of a topology: Linux bridges in one namespace, with their ports.

The fabric stays with the tester in every lab: what a port leads to need not be a veth.
"""
