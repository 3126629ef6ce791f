"""Keep a set of processes running in one terminal, and leave none behind.

Each process has a session of its own, so a terminal's Ctrl-C reaches the supervisor alone, which
then stops them in order. Should the supervisor be killed, ``orphan_guard`` ends them (on Linux).
"""

from services.supervisor.keeping import Pace, ProcessSpec, SupervisorError
from services.supervisor.supervising import supervise, supervised

__all__ = ["Pace", "ProcessSpec", "SupervisorError", "supervise", "supervised"]
