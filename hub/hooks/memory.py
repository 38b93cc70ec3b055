"""How much memory this process has."""

import os
import resource
import sys

_PAGE = os.sysconf("SC_PAGE_SIZE")
_PEAK_UNIT = 1 if sys.platform == "darwin" else 1024


def resident_bytes() -> int:
    """Bytes of memory of this process just now; where the system does not tell, the most it has had."""
    try:
        with open("/proc/self/statm", "rb", buffering=0) as statm:  # noqa: PTH123  (in some calls of plugins: quick)
            return int(statm.read().split()[1]) * _PAGE
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _PEAK_UNIT
