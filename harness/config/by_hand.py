"""Commands that set an option of an existing bond, for options that its tool cannot set.

The driver accepts some options only while the bond is down, and some only while it has no slaves:
for the latter there is no command.
"""

from __future__ import annotations

from harness.bonding import OPTIONS, Setting
from harness.bonding.table import DOWN, EMPTY
from harness.config.spelling import spelled
from harness.config.tool_support import MODULE

STANZA_INTERFACE = "$IFACE"  # what ifupdown and ifupdown2 call the interface of a stanza
SLAVE_COMMANDS = {
    "queue_id": "echo {slave}:{value} > /sys/class/net/{bond}/bonding/queue_id",
    "prio": "ip link set {slave} type bond_slave prio {value}",
}


def on_a_bond(bond: str, name: str, value: Setting, has: Setting = ()) -> str:
    """Return the commands that set an option, "" if that is impossible on a bond with slaves.

    `has` are the targets that the bond already has, if the option is a list of targets.
    """
    option = OPTIONS[name]
    if option.needs & EMPTY:
        return ""
    made = _written(bond, name, value, has) if option.sysfs else _sent(bond, name, value)
    if option.needs & DOWN:
        return f"ip link set {bond} down; {made}; ip link set {bond} up"
    return made


def _written(bond: str, name: str, value: Setting, has: Setting) -> str:
    """Return writes to sysfs; the file of a list takes one address at a time."""
    file = f"/sys/class/net/{bond}/bonding/{name}"
    if not isinstance(value, tuple):
        return f"echo {value} > {file}".replace("echo  >", "echo >")
    old = has if isinstance(has, tuple) else ()
    words = [f"+{one}" for one in value if one not in old]
    words += [f"-{one}" for one in old if one not in value]
    return "; ".join(f"echo {word} > {file}" for word in words)


def _sent(bond: str, name: str, value: Setting) -> str:
    text = ",".join(value) if isinstance(value, tuple) else str(value)
    return f"ip link set {bond} type bond {spelled('ip-link', name, text)}"


def on_a_slave(bond: str, slave: str, name: str, value: Setting) -> str:
    """Return the command that gives an option of a slave a value."""
    return SLAVE_COMMANDS[name].format(bond=bond, slave=slave, value=value)


def in_a_stanza(format_: str, mode: str, name: str, value: Setting) -> str:
    """Return the line of an interfaces file that sets an option, "" where there is none.

    ifupdown2 runs pre-up when the bond has its slaves and no address yet. ifupdown runs it before
    ifenslave makes the bond, which it does not where one is there.
    """
    command = on_a_bond(STANZA_INTERFACE, name, value)
    if not OPTIONS[name].needs:
        return f"post-up {command}"
    if format_ == "ifupdown2":
        return command and f"pre-up {command}"
    text = spelled("ip-link", name, str(value))
    return f"pre-up ip link add {STANZA_INTERFACE} type bond mode {mode} {text}"


def of_the_module(name: str, value: Setting) -> str:
    """Return the line of modprobe.d that gives all bonds an option, "" where there is none."""
    return f"options bonding {spelled('modprobe', name, str(value))}" if name in MODULE else ""
