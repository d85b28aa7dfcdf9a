"""Other pytest plugins and items that run in guests: loaded there, or rejected by name.

Guests load no plugin by themselves: reports are written, and workers are started, on the host.
Plugins that act where a test runs (fixtures, parameters and hooks) are loaded in guests too,
and the options of all plugins and of conftest.py have the same values there as here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import pytest

# A plugin with one of these hooks takes part in making items or in running them.
ACTING = (
    *("pytest_generate_tests", "pytest_make_parametrize_id", "pytest_collection_modifyitems"),
    *("pytest_collect_file", "pytest_pycollect_makemodule", "pytest_pycollect_makeitem"),
    *("pytest_runtest_protocol", "pytest_runtest_setup", "pytest_runtest_call"),
    *("pytest_runtest_teardown", "pytest_pyfunc_call"),
    *("pytest_fixture_setup", "pytest_fixture_post_finalizer"),
)
# Replaced by the controller, or useless in a guest although its start takes seconds.
STAY = {
    *("xdist", "xdist.plugin", "xdist.looponfail", "pytest_cov", "pytest_cov.plugin"),
    *("timeout", "pytest_timeout", "rerunfailures", "pytest_rerunfailures"),
    *("pytest11.testinfra", "testinfra.plugin", "hypothesispytest", "_hypothesis_pytestplugin"),
}
OURS = ("_pytest", "harness")


def modules(config: pytest.Config) -> tuple[str, ...]:
    """Return the modules of installed plugins that guests have to load as well."""
    return tuple(plugin.__name__ for plugin in _installed(config) if _acts_in_guest(plugin))


def _installed(config: pytest.Config) -> list[ModuleType]:
    found = (plugin for plugin, _ in config.pluginmanager.list_plugin_distinfo())
    return [plugin for plugin in dict.fromkeys(found) if isinstance(plugin, ModuleType)]


def _acts_in_guest(plugin: ModuleType) -> bool:
    if plugin.__name__ in STAY or _is_ours(plugin.__name__):
        return False
    return any(hasattr(plugin, hook) for hook in ACTING) or any(
        map(_is_fixture, vars(plugin).values())
    )


def _is_fixture(value: object) -> bool:
    # pytest has no public name for either; the second is how releases before 8.4 mark a fixture.
    kind = type(value).__name__
    return kind == "FixtureFunctionDefinition" or hasattr(value, "_pytestfixturefunction")


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] in OURS


@dataclass
class Added:
    """Stands in for pytest's parser and its groups to learn what a plugin adds to them."""

    options: list[str] = field(default_factory=list)
    settings: list[str] = field(default_factory=list)

    def getgroup(self, *_: object, **__: object) -> Added:
        """Return itself: whose group an option is in does not matter."""
        return self

    def addoption(self, *names: str, **attributes: Any) -> None:
        """Note under which name an option's value is kept."""
        long = next((name for name in names if name.startswith("--")), names[0])
        self.options.append(attributes.get("dest") or long.lstrip("-").replace("-", "_"))

    _addoption = addoption  # by this name pytest-rerunfailures calls it

    def addini(self, name: str, *_: object, **__: object) -> None:
        """Note a setting."""
        self.settings.append(name)


def added(config: pytest.Config, wanted: Callable[[str], bool]) -> Added:
    """Return the options and settings of plugins and conftest.py files, by their module's name."""
    found = Added()
    manager = config.pluginmanager
    for hook in manager.hook.pytest_addoption.get_hookimpls():
        module = hook.function.__module__
        if wanted(module) and not _is_ours(module):
            given = {"parser": found, "pluginmanager": manager}
            hook.function(*(given[name] for name in hook.argnames))
    return found


def options(config: pytest.Config) -> dict[str, Any]:
    """Return the values of other plugins' and conftest.py's options that a guest can be given."""
    values = vars(config.option)
    names = added(config, lambda _: True).options
    return {name: values[name] for name in names if name in values and _is_plain(values[name])}


def settings(config: pytest.Config) -> list[str]:
    """Return the settings of plugins that stay on the host: else they are unknown in guests."""
    staying = {plugin.__name__ for plugin in _installed(config)} - set(modules(config))
    return added(config, lambda module: module in staying).settings


def _is_plain(value: object) -> bool:
    try:
        return bool(json.loads(json.dumps(value)) == value)
    except (TypeError, ValueError):
        return False


def own_arguments(plugins: Iterable[str]) -> Iterator[str]:
    """Yield `-p` for the plugins of the command line, but for those that stay on the host."""
    for plugin in plugins:
        if plugin not in STAY:
            yield from ("-p", plugin)
