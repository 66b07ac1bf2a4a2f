#!/usr/bin/env python3
"""Runs a command line of the shell in a pseudo-terminal, and prints what it shows.

    terminal.py COMMAND [SECONDS...]

After each of SECONDS Ctrl-C is pressed. Line ends are \\n again; what the terminal echoes is gone.
Ends with the command's status.
"""
import os
import pty
import select
import sys
import time


def main():
    command, presses = sys.argv[1], [time.monotonic() + float(s) for s in sys.argv[2:]]
    pid, terminal = pty.fork()
    if pid == 0:
        os.execl("/bin/bash", "bash", "-c", command)
    shown = b""
    while True:
        wait = max(0, presses[0] - time.monotonic()) if presses else None
        ready, _, _ = select.select([terminal], [], [], wait)
        if not ready:
            os.write(terminal, b"\x03")
            presses.pop(0)
            continue
        try:
            data = os.read(terminal, 65536)
        except OSError:  # the last one that had it open has gone
            break
        if not data:
            break
        shown += data
    sys.stdout.buffer.write(shown.replace(b"\r\n", b"\n").replace(b"^C", b""))
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


if __name__ == "__main__":
    main()
