"""The verifiers of this installation: our own and those of other packages, entry-point group "cabinet.verifiers"."""

from functools import cache
from importlib.metadata import entry_points

from signing.algorithms import Table, table
from signing.arithmetic import BuiltIn


@cache
def installed() -> Table:
    """The table of every installed verifier; read once. No plug-in can take an algorithm from our own."""
    plugins = [entry.load()() for entry in entry_points(group="cabinet.verifiers")]
    return table(*plugins, BuiltIn())
