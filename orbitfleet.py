"""The package `sim` by the name under which it is installed: `import orbitfleet` gives the same."""

import sys

import sim

sys.modules[__name__] = sim
