"""Native XDP programs on a bond: in which modes, with which policy, and on which slaves."""

import pytest

from harness import MODES, Dut, NotTestable, claim, control, s
from scenarios.interfaces import command
from scenarios.programs import answers
from scenarios.topologies import OneSwitch
from scenarios.variants import EmptyBond, SpareSlave

NATIVE, GENERIC = 4, 2  # XDP_FLAGS_DRV_MODE, XDP_FLAGS_SKB_MODE (linux/if_link.h)
DROP, PASS = 1, 2  # enum xdp_action (linux/bpf.h)
WITH_NATIVE = ("balance-rr", "active-backup", "balance-xor", "802.3ad")
# Loads a program that only returns an action, by bpf(2), whose number is that of the processor,
# and attaches it to an interface by RTM_SETLINK with IFLA_XDP; detaches it again unless it is to
# be kept. Prints the errno of loading and that of attaching.
LOADER = """
import ctypes, errno, platform, socket, struct, sys
name, (flags, action, keep) = sys.argv[1], map(int, sys.argv[2:])
CALL = 321 if platform.machine() == "x86_64" else 280
PROG_LOAD, PROG_TYPE_XDP, SETLINK, REQUEST_ACK = 5, 6, 19, 5
IFLA_XDP, IFLA_XDP_FD, IFLA_XDP_FLAGS, NESTED = 43, 1, 3, 1 << 15
MOVE, EXIT = 0xB7, 0x95
code = struct.pack("=BBhiBBhi", MOVE, 0, 0, action, EXIT, 0, 0, 0)
code, word = ctypes.create_string_buffer(code), ctypes.create_string_buffer(b"GPL")
places = map(ctypes.addressof, (code, word))
request = ctypes.create_string_buffer(struct.pack("=IIQQ", PROG_TYPE_XDP, 2, *places), 128)
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


def attach(dut: Dut, flags: int, action: int = PASS, *, keep: bool = True) -> str:
    """Attach a program to the bond; return the errno of the refusal, "" for none."""
    words = ["bond0", str(flags), str(action), str(int(keep))]
    done = dut.run(["python3", "-I", "-S", "-c", LOADER, *words], within=60 * s)
    assert done.returncode == 0, done.stderr
    loaded, attached = done.stdout.split()
    if loaded in {"ENOSYS", "EPERM"}:
        raise NotTestable(
            f"bpf(2) on the DUT: {loaded}", hint="a kernel that has it: --kernel uml@6.1"
        )
    assert loaded == "none"
    return "" if attached == "none" else attached


@pytest.mark.parametrize(
    ("flags", "modes"),
    [
        pytest.param(NATIVE, WITH_NATIVE, marks=claim("XDP-1")),
        pytest.param(GENERIC, MODES, marks=claim("XDP-3")),
    ],
)
@claim("REJ-10")
def test_modes_that_choose_a_slave_by_themselves_have_native_xdp(
    empty_bond: EmptyBond, flags: int, modes: tuple[str, ...]
) -> None:
    """The others refuse it with ENOTSUP, and have generic XDP as all modes do."""
    dut, bond, errors = empty_bond.dut, empty_bond.dut.bond(), {}
    for mode in MODES:
        with dut.take_down(bond):
            dut.set(bond, mode=mode)
        errors[mode] = attach(dut, flags, keep=False)
    assert errors == {mode: "" if mode in modes else "ENOTSUP" for mode in MODES}


@claim("XDP-1")
@pytest.mark.parametrize(("action", "reached"), [(PASS, True), (DROP, False)])
def test_a_program_is_that_of_all_slaves(
    spare_slave: SpareSlave, action: int, *, reached: bool
) -> None:
    """It gets what the active slave receives, and what one receives that was enslaved later."""
    net = spare_slave
    dut, bond = net.dut, net.dut.bond()
    first = answers(dut, net.target.address)
    error = attach(dut, NATIVE, action)
    before = answers(dut, net.target.address)
    dut.enslave(bond, net.eth2)
    dut.set(bond, active_slave="eth2")
    assert (first, error, before) == (True, "", reached)
    assert answers(dut, net.target.address) == reached


@claim("XDP-2", "REJ-10")
@pytest.mark.parametrize("mode", ["balance-xor", "802.3ad"])
@pytest.mark.parametrize(
    ("policy", "refusal"), [("layer2", ""), ("layer3+4", ""), ("vlan+srcmac", "ENOTSUP")]
)
def test_vlan_and_source_mac_are_not_hashed_by_native_xdp(
    empty_bond: EmptyBond, mode: str, policy: str, refusal: str
) -> None:
    """With that policy a program is refused, and with a program that policy."""
    dut = empty_bond.dut
    bond = dut.bond(mode=mode)
    dut.set(bond, xmit_hash_policy=policy)
    first = attach(dut, NATIVE)
    dut.set(bond, xmit_hash_policy="layer2")
    if first:
        assert attach(dut, NATIVE) == ""
    later = dut.attempt.set(bond, xmit_hash_policy=policy).error
    assert (first, later) == (refusal, refusal)


@claim("XDP-4")
@pytest.mark.parametrize(("loaded", "refused"), [(False, False), (True, True)])
def test_a_slave_without_native_xdp_is_refused(
    one_switch: OneSwitch, *, loaded: bool, refused: bool
) -> None:
    """While the bond has a program, a slave has to be able to run it."""
    dut = one_switch.dut
    dut.bond()
    command(dut, "ip link add other type dummy")
    if loaded:
        assert attach(dut, NATIVE) == ""
    done = dut.run(["ip", "link", "set", "other", "master", "bond0"])
    assert (done.returncode != 0) == ("XDP" in done.stderr) == refused


@claim("XDP-4")
@control("test_modes_that_choose_a_slave_by_themselves_have_native_xdp")
@pytest.mark.parametrize(
    ("mode", "error"),
    [
        ("active-backup", ""),
        ("802.3ad", ""),
        ("broadcast", "ENOTSUP"),
        ("balance-alb", "ENOTSUP"),
    ],
)
def test_a_mode_without_native_xdp_is_refused(
    empty_bond: EmptyBond, mode: str, error: str
) -> None:
    """While the bond has a program, its mode can be changed to another that runs it only."""
    dut = empty_bond.dut
    bond = dut.bond()
    assert attach(dut, NATIVE) == ""
    with dut.take_down(bond):
        answer = dut.attempt.set(bond, mode=mode)
    assert answer.error == error
