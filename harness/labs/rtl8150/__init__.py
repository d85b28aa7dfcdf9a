"""A model of Realtek's RTL8150 USB network adapter, for the kernel's own rtl8150 driver.

chip.py         registers, receive filter, link, frames: what the chip does, without a kernel
descriptors.py  the descriptors that it has on the bus
device.py       the chip at the end of a USB cable: transfers that wait, and faults of its own
usbip.py        the wire format of USB/IP
vhci.py         the kernel's virtual host controller, which carries USB/IP
tap.py          the chip's network socket: a TAP that is a switch's port
server.py       the process that serves the chips
nics.py         how others start that process and talk to it
"""
