"""The image of a DUT in QEMU: Debian's kernel, and its packages as one initramfs."""
