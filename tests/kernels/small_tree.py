"""A tree that is built as a kernel's is, in a moment: its executable says the version it is of."""

from __future__ import annotations

from pathlib import Path

MAKEFILE = """\
VERSION = 7
PATCHLEVEL = 3
SUBLEVEL = 0
EXTRAVERSION = -rc1
allnoconfig:
\tcp $(KCONFIG_ALLCONFIG) $(O)/.config
linux: $(O)/linux
$(O)/bond_main.o: drivers/net/bonding/bond_main.c
\t@echo '  CC      drivers/net/bonding/bond_main.o'
\tgcc -Wall -c -o $@ $<
$(O)/linux: $(O)/bond_main.o
\tgcc -o $@ $<
"""
DRIVER = """\
#include <stdio.h>
int miimon = 100;
int main(void)
{
\treturn puts("User Mode Linux v7.3.0-rc1") < 0;
}
"""
BONDING = "drivers/net/bonding/bond_main.c"
FIX = f"""\
--- a/{BONDING}
+++ b/{BONDING}
@@ -1,3 +1,3 @@
 #include <stdio.h>
-int miimon = 100;
+int miimon = 200;
 int main(void)
"""


def make_tree(place: Path) -> Path:
    """Write the tree to a directory, which is made."""
    files = {"Makefile": MAKEFILE, "Kconfig": "", "arch/um/Makefile": "", BONDING: DRIVER}
    for name, text in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text)
    return place
