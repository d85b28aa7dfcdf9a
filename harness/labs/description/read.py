"""Read a lab file; errors name the file, the line and the key."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn

from harness import toml_file
from harness.errors import UsageError
from harness.labs.description.cut_needs import lacking
from harness.labs.description.keys import REQUIRED, TABLES, TOP, WRONG, Key
from harness.labs.description.model import (
    LABGRID,
    QEMU,
    SWITCH,
    LabFile,
    LabNic,
    ManagedSwitch,
    QemuFile,
    VirtualMachine,
)
from harness.labs.ssh.address import SshAddress
from harness.suggest import meant

GUIDE = "labs/README.md explains the keys, labs/rack.example.toml is an example"
SHOWN = 60  # characters of a wrong value
HYPERVISORS = ("virtualbox", "libvirt")
HUB = "hub"
OF_MACHINES = ("dut", "nic", SWITCH, HUB, LABGRID)
OF_ADDRESS = {field.name for field in fields(SshAddress)}


def read(path: Path) -> LabFile:
    """Return the lab that a file describes, one with a machine of its own; raises UsageError."""
    found = load(path)
    if isinstance(found, QemuFile):
        raise UsageError(
            f'{path}: in a lab of kind "{QEMU}" the DUT exists only during a run',
            hint="`harness doctor` without --lab says whether QEMU is there; `harness "
            "driver-profile --lab qemu --nic MODEL` profiles a driver",
        )
    return found


def load(path: Path) -> LabFile | QemuFile:
    """Return what a lab file describes; raises UsageError."""
    text, content = toml_file.read(path, GUIDE)
    return _Reader(path, text, content).lab()


class _Reader:
    """One file, its text to find lines in, and its content."""

    def __init__(self, path: Path, text: str, content: dict[str, Any]) -> None:
        self.path = path
        self.lines = text.splitlines()
        self.content = content

    def lab(self) -> LabFile | QemuFile:
        """Return the lab."""
        plain = {key: value for key, value in self.content.items() if key not in TABLES}
        kind = self._fields("", plain, TOP, 0)["kind"]
        self._demand_tables_of(kind)
        if kind == QEMU:
            table = self._table(QEMU) or self._fields(QEMU, {}, TABLES[QEMU], 0)
            return QemuFile(self.path, table["nics"])
        dut = self._table("dut")
        if dut is None:
            self._wrong("dut", 0, "there is no table [dut]", "it has the DUT's address")
        nics = self._nics()
        machine = self._table(kind) if kind in TABLES else None
        self._check(kind, dut["management"], nics, machine)
        return LabFile(
            path=self.path,
            kind=kind,
            dut=self._address(dut),
            management=dut["management"],
            nics=tuple(nics),
            machine=self._machine(machine) if machine else None,
            silence=dut["silence"],
            switch=self._switch(),
            hub_host=self._address(hub) if (hub := self._table(HUB)) else None,
            coordinator=(self._table(LABGRID) or {}).get("coordinator", ""),
        )

    def _demand_tables_of(self, kind: str) -> None:
        """Reject tables of another kind of lab."""
        for other in (*HYPERVISORS, QEMU):
            if other in self.content and other != kind:
                why = f'[{other}] belongs to kind = "{other}", not to "{kind}"'
                self._wrong(other, 0, why, "change the kind, or leave the table out")
        for table in OF_MACHINES if kind == QEMU else ():
            if table in self.content:
                why = f'[{table}] is in a lab of kind "{QEMU}", whose DUT is made for each run'
                self._wrong(table, 0, why, "[qemu] nics = [...] chooses its NICs")

    def _table(self, name: str) -> dict[str, Any] | None:
        if name not in self.content:
            return None
        table = self.content[name]
        if not isinstance(table, dict):
            self._wrong(name, 0, f"expected a table [{name}], not {_shown(table)}", GUIDE)
        return self._fields(name, table, TABLES[name], 0)

    def _nics(self) -> list[LabNic]:
        tables = self.content.get("nic", [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            self._wrong("nic", 0, "expected tables [[nic]], one for each test NIC", GUIDE)
        if not tables:
            self._wrong("nic", 0, "there is no [[nic]]", "name the test NICs of the DUT")
        found = enumerate(tables)
        return [LabNic(**self._fields("nic", one, TABLES["nic"], number)) for number, one in found]

    def _fields(
        self, table: str, values: Mapping[str, Any], keys: Mapping[str, Key], number: int
    ) -> dict[str, Any]:
        """Return the values of a table, the `number`-th of its name, as they are used."""
        for name in values:
            if name not in keys:
                where = f"[{table}]" if table else "the file"
                why = f'there is no key "{name}" in {where}'
                self._wrong(
                    table, number, why, meant(name, [*keys, *([] if table else TABLES)]), name
                )
        found = {}
        for name, key in keys.items():
            if name not in values:
                if key.default is REQUIRED:
                    self._wrong(table, number, f"{name} is missing", f"give {key.expected}")
                found[name] = key.default
                continue
            found[name] = key.read(values[name])
            if found[name] is WRONG:
                why = f"{name} is {_shown(values[name])}, expected {key.expected}"
                self._wrong(table, number, why, GUIDE, name)
        return found

    def _check(
        self, kind: str, management: str, nics: list[LabNic], machine: dict[str, Any] | None
    ) -> None:
        """Reject what contradicts itself."""
        if kind in TABLES and machine is None:
            why = f'kind is "{kind}", but there is no table [{kind}]'
            self._wrong("", 0, why, "it names the virtual machine", "kind")
        for number, nic in enumerate(nics):
            if nic.name == management:
                why = f"{nic.name} is the management interface, which SSH uses"
                self._wrong(
                    "nic", number, why, "name another NIC: this one is never touched", "name"
                )
            if wrong := lacking(nic, kind, self.content):
                self._wrong("nic", number, wrong.why, wrong.hint, wrong.key)
            for key in ("name", "far_end", "switch_port"):
                value = getattr(nic, key)
                if value and value in [getattr(nic, key) for nic in nics[:number]]:
                    why = f"{key} is {value}, as another NIC's is"
                    self._wrong("nic", number, why, "no two cables have an end in common", key)

    def _address(self, table: Mapping[str, Any]) -> SshAddress:
        known = {key: value for key, value in table.items() if key in OF_ADDRESS}
        for key in ("key", "known_hosts"):
            if known[key]:  # relative to the file, so that a lab can be used from anywhere
                known[key] = str(self.path.parent / self._expanded(known[key]))
        return SshAddress(host=table["address"], **known)

    def _expanded(self, name: str) -> Path:
        """Return a path whose `~` or `~USER` is that user's home directory."""
        try:
            return Path(name).expanduser()
        except RuntimeError as error:
            raise UsageError(
                f"{self.path}: the home directory of {name} is not known",
                hint="write the whole path",
            ) from error

    def _switch(self) -> ManagedSwitch | None:
        table = self._table(SWITCH)
        if table is None:
            return None
        if bool(table["shut"]) != bool(table["open"]):
            lacks = "open" if table["shut"] else "shut"
            self._wrong(SWITCH, 0, f"{lacks} is missing", "one needs the other, shut and open")
        known = ("type", "password", "secret", "shut", "open")
        return ManagedSwitch(self._address(table), **{key: table[key] for key in known})

    def _machine(self, table: Mapping[str, Any]) -> VirtualMachine:
        host = self._address(table) if table["address"] else None
        return VirtualMachine(table["machine"], host, table.get("uri", ""))

    def _wrong(self, table: str, number: int, why: str, hint: str, key: str = "") -> NoReturn:
        raise UsageError(f"{self.path}:{self._line(table, number, key)}: {why}", hint=hint)

    def _line(self, table: str, number: int, key: str) -> int:
        """Return the line of a key in the `number`-th table of a name; 1 where that is unclear."""
        at = 0
        if table:
            heads = (rf"\s*\[+\s*{table}\s*\]+", rf"\s*{table}\s*[.=]")
            starts = [
                n for n, line in enumerate(self.lines) if any(re.match(h, line) for h in heads)
            ]
            at = starts[number] if number < len(starts) else 0
        wanted = rf'\s*(\[+\s*{re.escape(key)}\s*\]|"?{re.escape(key)}"?\s*=)'
        found = (n for n in range(at, len(self.lines)) if re.match(wanted, self.lines[n]))
        return 1 + (next(found, at) if key else at)


def _shown(value: object) -> str:
    text = json.dumps(value, default=str)  # TOML writes most values as JSON does
    return text if len(text) <= SHOWN else f"{text[:SHOWN]} ..."
