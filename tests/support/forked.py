"""Processes of Python that have imported NumPy and numba when they begin, for tests where that is
not the point.

A new process takes a second of processor time until numba has compiled its first function. So there
is one that has, for each process of tests: it forks one for each program, which imports jitgrad
itself, under the environment that it is given, and ends as any process of Python does. Start at
`Forked`.
"""

import atexit
import os
import pickle
import select
import signal
import socket
import subprocess
import sys
import time

#: What decides when Python or a library is imported: where it is otherwise than here, nothing can
#: be taken from a process that has.
EARLY = ("PYTHON", "NUMBA_", "LC_", "LANG", "OMP_", "OPENBLAS_", "GOMP_", "MALLOC_", "LD_")

#: The program of the process that forks. Each request is forked twice: the first child waits for
#: the second, which runs the program as the last statement of its own.
SERVER = """
import array, os, pickle, signal, socket, sys
import numpy as np, numba, llvmlite.binding
import numba.core.ccallback, numba.core.typeinfer
numba.njit("float64(float64, int64)")(lambda x, n: np.sin(x) + n)
waiting = 0
door = socket.socket(fileno=int(sys.argv[1]))
while True:
    message, places, _, _ = socket.recv_fds(door, 1 << 20, 3)
    while waiting and os.waitpid(-1, os.WNOHANG)[0]:
        waiting -= 1
    if not message:
        os._exit(0)
    waiting += 1
    if os.fork() == 0:
        door.close()
        child = os.fork()
        if child == 0:
            break
        os.close(places[0]), os.close(places[1])
        os.write(places[2], b"%d " % child)
        status = os.waitpid(child, 0)[1]
        os.write(places[2], b"%d" % os.waitstatus_to_exitcode(status))
        os._exit(0)
    for place in places:
        os.close(place)
os.setsid()
os.dup2(places[0], 1), os.dup2(places[1], 2)
for place in places:
    os.close(place)
environment, place, mask, text = pickle.loads(message)
os.chdir(place), os.umask(mask)
os.environ.clear()
os.environ.update(environment)
sys.argv[:] = ["-c"]
added = environment.get("PYTHONPATH", "").split(os.pathsep)
sys.path[:] = ["", *filter(None, added), *sys.path[1:]]
import faulthandler
faulthandler.enable()
for name in [name for name in globals() if not name.startswith("__") and name != "text"]:
    del globals()[name]
del name
exec(compile(globals().pop("text"), "<string>", "exec"))
"""


def possible(environment):
    """Whether a program may be forked to run in `environment`."""
    return sys.platform == "linux" and all(
        environment.get(name) == _first.get(name)
        for name in {*environment, *_first}
        if name.startswith(EARLY) and name != "PYTHONPATH"
    )


def _mask():
    """What this process keeps from others in the files that it makes."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1], 8) for line in status if line.startswith("Umask"))


class _Server:
    def __init__(self):
        self.pid = self.door = self.process = None

    def ask(self, message, places):
        if self.pid != os.getpid():
            self._begin()
        socket.send_fds(self.door, [message], places)

    def _begin(self):
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        here.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 21)
        environment = {k: v for k, v in _first.items() if not k.startswith("JITGRAD_")}
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(there.fileno())],
            env=environment,
            pass_fds=[there.fileno()],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        there.close()
        self.pid, self.door = os.getpid(), here
        atexit.register(self._end)

    def _end(self):
        self.door.close()
        if self.pid == os.getpid():
            self.process.wait(60)


_server = _Server()
_first = dict(os.environ)


class Forked:
    """A running program, with what tests use of `subprocess.Popen`."""

    def __init__(self, text, environment):
        (out, out_end), (err, err_end), (self._status, status_end) = (os.pipe() for _ in range(3))
        request = dict(environment), os.getcwd(), _mask(), text
        _server.ask(pickle.dumps(request), [out_end, err_end, status_end])
        for end in (out_end, err_end, status_end):
            os.close(end)
        self._pipes = {out: b"", err: b""}
        self._open, self._order = {out, err}, (out, err)
        self.returncode = None
        said = b""
        while not said.endswith(b" "):
            said += os.read(self._status, 1)
        self.pid = int(said)

    def communicate(self, timeout=None):
        end = None if timeout is None else time.monotonic() + timeout
        while self._open:
            self._wait([*self._open], end, timeout)
        self.wait(None if end is None else max(0, end - time.monotonic()))
        return tuple(self._pipes[pipe].decode() for pipe in self._order)

    def _wait(self, pipes, end, timeout):
        left = None if end is None else max(0, end - time.monotonic())
        ready, _, _ = select.select(pipes, [], [], left)
        if not ready:
            raise subprocess.TimeoutExpired("forked", timeout)
        for pipe in ready:
            read = os.read(pipe, 1 << 16)
            self._pipes[pipe] += read
            if not read:
                self._open.discard(pipe)
                os.close(pipe)

    def wait(self, timeout=None):
        if self.returncode is None:
            if not select.select([self._status], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("forked", timeout)
            self.returncode = int(os.read(self._status, 100))
            os.close(self._status)
        return self.returncode

    def poll(self):
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def send_signal(self, sign):
        if self.poll() is None:
            os.kill(self.pid, sign)

    def kill(self):
        self.send_signal(signal.SIGKILL)
