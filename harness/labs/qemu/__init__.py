"""The DUT is a distribution's kernel in QEMU, reached by SSH, with NICs that its drivers know.

QEMU, the switches and the tester are in one network namespace and one process tree, so the
forwarded port is nobody else's and nothing outlives the tester.
"""
