"""The options of a bond as keyword arguments, for the reader, the editor and the type checker.

The values that each option accepts are in table.py; a test compares names and types with it. None
removes an option that the topology would set.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict

Number = int | str | None  # of ms, of s or a count; in text as the kernel takes it
Word = str | int | None  # the kernel's word, or its number
Flag = bool | str | int | None
Text = str | None  # the name of a slave, or a MAC
Addresses = str | Iterable[str] | None


class BondSettings(TypedDict, total=False):
    """The keyword arguments of `dut.bond(...)` and `dut.set(...)`, by the kernel's names."""

    mode: Word
    active_slave: Text
    miimon: Number
    updelay: Number
    downdelay: Number
    peer_notif_delay: Number
    use_carrier: Flag
    arp_interval: Number
    arp_ip_target: Addresses
    ns_ip6_target: Addresses
    arp_validate: Word
    arp_all_targets: Word
    primary: Text
    primary_reselect: Word
    fail_over_mac: Word
    xmit_hash_policy: Word
    resend_igmp: Number
    num_grat_arp: Number
    all_slaves_active: Flag
    min_links: Number
    lp_interval: Number
    packets_per_slave: Number
    lacp_active: Flag
    lacp_rate: Word
    ad_select: Word
    ad_actor_sys_prio: Number
    ad_user_port_key: Number
    ad_actor_system: Text
    tlb_dynamic_lb: Flag
    arp_missed_max: Number
    coupled_control: Flag
    broadcast_neighbor: Flag
    lacp_strict: Flag
    num_unsol_na: Number


class SlaveSettings(TypedDict, total=False):
    """The keyword arguments of `dut.set_slave(...)`, by the kernel's names."""

    queue_id: Number
    prio: Number
    actor_port_prio: Number
