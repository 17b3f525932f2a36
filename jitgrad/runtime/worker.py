"""A child process that compiles kernels into the disk cache, so that the program beside it keeps
the interpreter.

A thread that compiles takes the interpreter's lock for half of the time. The child has its own: it
gets sources through a pipe and builds them; the parent then loads what is in the cache, 4 ms each.
Nothing depends on the child: where it cannot be started, or dies, or fails at a kernel, the parent
finds the kernel missing and compiles it itself. It ends when its pipe does, and so with the parent.

Start at `Worker`; `serve` is what the child runs.
"""

import os
import sys

from ..base.config import config, cores, variable

#: The child sees the modules that the parent does. Python puts the working directory first: nothing
#: may be imported before it is gone.
CODE = (
    "import sys; sys.path[:] = eval(sys.argv[1]); from jitgrad.runtime.worker import serve; serve()"
)
#: Options of the interpreter that keep the environment or the user's folders away from it, by their
#: flags.
OPTIONS = {
    "isolated": "-I",
    "ignore_environment": "-E",
    "no_user_site": "-s",
    "safe_path": "-P",
    "no_site": "-S",
}


class Worker:
    """The child of this process, started with the first kernels it is given."""

    def __init__(self):
        self.process = None
        self.settings = None  # where it keeps kernels, and what it compiles them by
        # A frozen program's executable is the program itself, and one core has no room for another
        # process.
        self.usable = bool(sys.executable) and not getattr(sys, "frozen", False) and cores() > 1

    def start(self):
        """Starts the child if it is not there: importing numba takes it 0.5 s, which the parent can
        use."""
        if not (self.usable and config.child) or self.process is not None:
            return
        try:
            self._start()
        except OSError:
            self.usable = False

    def _start(self):
        import subprocess  # not at the top: `import jitgrad` should not pay for it

        from . import cache

        self.settings = cache.base(), config.numba
        path = [os.path.abspath(entry) for entry in sys.path]
        options = [option for flag, option in OPTIONS.items() if getattr(sys.flags, flag, False)]
        self.process = subprocess.Popen(
            [sys.executable, *options, "-c", CODE, repr(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={
                **os.environ,
                **dict(zip(map(variable, ("cache_dir", "numba")), self.settings, strict=True)),
            },
            # A buffer has a lock, which a forked child would find held by a thread that it has not.
            bufsize=0,
        )

    def build(self, kernels):
        """Compiles (kind, source) pairs, one after the other: an iterator that ends early where the
        child does."""
        from . import cache

        self.start()
        process = self.process  # another thread may stop it
        if process is None or self.settings != (cache.base(), config.numba):
            return
        import json

        try:
            for kind, source in kernels:
                line = memoryview(json.dumps([kind, source]).encode() + b"\n")
                while line:
                    line = line[process.stdin.write(line) :]
                if not process.stdout.read(1):
                    raise EOFError
                yield
        except (OSError, EOFError, ValueError):  # it died, or it was stopped
            self.usable = False
            self.stop()

    def stop(self):
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.wait()
            self._close(process)

    def abandon(self):
        """In a forked child: the process is the parent's."""
        process, self.process = self.process, None
        if process is not None:
            process.returncode = 0  # not to be waited for here
            self._close(process)

    @staticmethod
    def _close(process):
        for pipe in (process.stdin, process.stdout):
            pipe.close()


def serve():
    """Builds what standard input asks for, a line each, and answers with a line each."""
    import json
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # nothing that is printed may be taken for an answer
    sys.stdin.reconfigure(encoding="utf-8")
    from . import toolchain

    build = toolchain.load()
    make = {"scalar": build.scalar_kernel, "loop": build.loop_kernel}
    for line in sys.stdin:
        kind, source = json.loads(line)
        try:
            make[kind](source)
        except Exception:
            pass  # the parent meets the same error, and has the user to tell
        answers.write("\n")
        answers.flush()
