"""XDP programs of scenarios: loaded and attached on the DUT; where they let frames leave."""

from __future__ import annotations

from collections.abc import Sequence

from harness import Dut, Flow, NotTestable, many_flows, s
from scenarios.interfaces import command
from scenarios.programs import python

NATIVE, GENERIC = 4, 2  # XDP_FLAGS_DRV_MODE, XDP_FLAGS_SKB_MODE (linux/if_link.h)
DROP, PASS, BACK = 1, 2, 3  # enum xdp_action (linux/bpf.h); BACK is XDP_TX
SLAVES, FAR_ENDS = ("near0", "near1", "near2"), ("far0", "far1", "far2")
FLOWS = list(many_flows(120))
# Loads a program that returns an action, or redirects to an interface (bpf_redirect, helper 23),
# by bpf(2), whose number is that of the processor, and attaches it by RTM_SETLINK with IFLA_XDP;
# detaches it again unless it is to be kept. Prints the errno of loading and that of attaching.
LOADER = """
import ctypes, errno, platform, socket, struct, sys
name, action, (flags, keep) = *sys.argv[1:3], map(int, sys.argv[3:])
CALL = 321 if platform.machine() == "x86_64" else 280
PROG_LOAD, PROG_TYPE_XDP, SETLINK, REQUEST_ACK = 5, 6, 19, 5
IFLA_XDP, IFLA_XDP_FD, IFLA_XDP_FLAGS, NESTED = 43, 1, 3, 1 << 15
MOVE, CALL_HELPER, EXIT = 0xB7, 0x85, 0x95
steps = [(MOVE, 0, int(action))] if action.isdigit() else [
    (MOVE, 1, socket.if_nametoindex(action)), (MOVE, 2, 0), (CALL_HELPER, 0, 23)]
steps.append((EXIT, 0, 0))
code = b"".join(struct.pack("=BBhi", kind, to, 0, value) for kind, to, value in steps)
code, word = ctypes.create_string_buffer(code), ctypes.create_string_buffer(b"GPL")
places = map(ctypes.addressof, (code, word))
request = struct.pack("=IIQQ", PROG_TYPE_XDP, len(steps), *places)
request = ctypes.create_string_buffer(request, 128)
program = ctypes.CDLL(None, use_errno=True).syscall(CALL, PROG_LOAD, request, 128)
if program < 0:
    print(errno.errorcode[ctypes.get_errno()], "none")
    sys.exit()
def attach(to, fd):
    xdp = struct.pack("=HHiHHI", 8, IFLA_XDP_FD, fd, 8, IFLA_XDP_FLAGS, flags)
    body = struct.pack("=BxHiII", 0, 0, socket.if_nametoindex(name), 0, 0)
    body += struct.pack("=HH", 4 + len(xdp), IFLA_XDP | NESTED) + xdp
    to.send(struct.pack("=IHHII", 16 + len(body), SETLINK, REQUEST_ACK, 1, 0) + body)
    return -struct.unpack_from("=i", to.recv(65536), 16)[0]
with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as one:
    error = attach(one, program)
    if not (error or keep): attach(one, -1)
print("none", errno.errorcode.get(error, "none"))
"""
# Sends frames by an interface, some at a time, and prints by which one each comes back ("-": none,
# within 0.2 s), once all are running, so have a queue (SIOCGIFFLAGS, IFF_RUNNING of linux/if.h).
# It stays on one processor: balance-rr counts the frames of each processor by themselves.
MIRROR = """
import fcntl, os, select, socket, struct, sys
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
names, into, many = sys.argv[1].split(","), sys.argv[2], int(sys.argv[3])
frames = list(map(bytes.fromhex, sys.argv[4].split(",")))
def listen(name):
    one = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    one.bind((name, 0x0800))
    return one
def running(name):
    answer = fcntl.ioctl(out, 0x8913, struct.pack("16s24x", name.encode()))
    return struct.unpack_from("=H", answer, 16)[0] & 0x40
taps = {listen(name): name for name in names}
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
out.bind((into, 0))
with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as events:
    events.bind((0, 1))  # RTMGRP_LINK
    while not all(map(running, [*names, into])): events.recv(65536)
found = {}
for first in range(0, len(frames), many):
    if first - len(found) > 20: break  # so many are enough to say that they do not come
    awaited = frames[first : first + many]
    for frame in awaited: out.send(frame)
    while not found.keys() >= set(awaited) and (ready := select.select(taps, [], [], 0.2)[0]):
        found.update((tap.recv(2000), taps[tap]) for tap in ready)
print(*(found.get(frame, "-") for frame in frames))
"""


def attach(
    dut: Dut, flags: int, action: int | str = PASS, *, keep: bool = True, to: str = "bond0"
) -> str:
    """Attach a program to an interface; return the errno of the refusal, "" for none.

    It ends with an action, or redirects to an interface, which is given instead.
    """
    words = [to, str(action), str(flags), str(int(keep))]
    loaded, attached = python(dut, LOADER, *words, within=60 * s).split()
    if loaded in {"ENOSYS", "EPERM"}:
        raise NotTestable(
            f"bpf(2) on the DUT: {loaded}", hint="a kernel that has it: --kernel uml@6.1"
        )
    assert loaded == "none"
    return "" if attached == "none" else attached


def bond_within(dut: Dut, action: int | None, mode: str, policy: str | None = None) -> None:
    """Make a bond with SLAVES, whose other ends are FAR_ENDS on the DUT, and with a program.

    A veth takes frames of XDP only if it has NAPI, which a program gives it (veth_xdp_xmit).
    """
    dut.bond(mode=mode, xmit_hash_policy=policy)
    for near, far in zip(SLAVES, FAR_ENDS, strict=True):
        command(dut, f"ip link add {near} type veth peer name {far}")
        command(dut, f"ip link set {far} up")
        command(dut, f"ip link set {near} master bond0")
        assert attach(dut, NATIVE, to=far) == ""
    if action is not None:
        assert attach(dut, NATIVE, action) == ""


def leaving(dut: Dut, sent_by: str, flows: Sequence[Flow] = FLOWS, at_once: int = 1) -> list[str]:
    """Return by which slave each flow leaves that an interface has sent, "-" for none.

    So many frames are sent at a time, of which a program may then get several together.
    """
    ends = dict(zip(FAR_ENDS, SLAVES, strict=True)) | {"-": "-"}
    frames = ",".join(flow.encode(number).hex() for number, flow in enumerate(flows))
    words = [",".join(FAR_ENDS), sent_by, str(at_once), frames]
    return [ends[one] for one in python(dut, MIRROR, *words).split()]
