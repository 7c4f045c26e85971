"""Runs a program in a terminal: `claude mcp login` refuses to run without one."""

import os
import pty
import sys

sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))
