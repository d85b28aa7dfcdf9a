"""The image of a DUT in QEMU: Debian's kernel and packages as one kernel file and one initramfs."""
