"""The command line: parse, call, write.  `orbitfleet --help` lists the commands.

Every command takes `--json`: one object on stdout and nothing else there.  Messages and progress go to stderr.
Exit codes: 0 ok, 2 usage, 3 bad scenario, data or output folder, 4 a check failed, 130 interrupted.
"""

from sim.cli.commands import app, main

__all__ = ["app", "main"]
