"""Memory that a walk has let go of, given back to the system."""

from __future__ import annotations

import ctypes


def give_back() -> None:
    """Give free memory back.

    The C library keeps arrays of up to 32 MB that were freed for itself; among a million satellites that adds up to a
    fifth of the peak.  Does nothing where the library is another than GNU's.
    """
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, TypeError, AttributeError):
        return
    trim(0)
