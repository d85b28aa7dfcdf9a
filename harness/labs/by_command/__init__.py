"""Cables that commands cut, one for each change, on this machine or another."""
