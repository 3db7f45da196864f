"""Run one command and print what it took: seconds, seconds of processor, peak in the unit of the system, exit status.

A program's peak counts from before it replaced the one that started it, so that one has to be small: this imports next
to nothing, and is smaller than anything that is measured.
"""

import os
import sys
import time

_SILENT = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)]

begin = time.perf_counter()
process = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=_SILENT)  # noqa: TID251 - a contender needs its PATH
_, status, usage = os.wait4(process, 0)
wall = time.perf_counter() - begin
print(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, os.waitstatus_to_exitcode(status))
