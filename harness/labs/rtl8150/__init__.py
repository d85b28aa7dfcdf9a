"""A model of Realtek's RTL8150 USB network adapter, for the kernel's own rtl8150 driver.

chip.py         registers, receive filter, link, frames: what the chip does, without a kernel
descriptors.py  the descriptors that it has on the bus
device.py       the chip at the end of a USB cable: transfers that wait, and faults of its own
usbip.py        the wire format of USB/IP
controller.py   the ports of the kernel's virtual host controller, which carries USB/IP
vhci.py         the controller of this kernel
cable.py        USB cables, and the controllers to which they lead
relay.py        the program that carries the cables' data on another machine
tap.py          the chip's network socket: a TAP that is a switch's port
server.py       the server of the chips, in a process or a thread
nics.py         how others start the server and talk to it
"""
