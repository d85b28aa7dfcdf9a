"""The DUT is a distribution's kernel in QEMU, reached by SSH, with NICs of its drivers.

QEMU, the switches and the tester are in one network namespace and one process tree, so no other
process uses the forwarded port, and all of it ends with the tester.
"""
