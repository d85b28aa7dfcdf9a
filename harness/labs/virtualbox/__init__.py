"""VirtualBox, by its own command VBoxManage: which adapters and cables a machine has."""
