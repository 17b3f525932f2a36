"""jitgrad's threads among those that threadpoolctl counts and limits, where that package is
installed.

threadpoolctl finds pools by the libraries that a process has loaded. Ours is in no library, so it
is found by LLVM's, which is loaded before there can be a kernel. Start at `register`.
"""

from ..base.config import config


def register():
    """Makes ``threadpoolctl.threadpool_limits`` reach `config.num_threads`; nothing where it is not
    installed."""
    try:
        import threadpoolctl
    except ImportError:
        return
    if not hasattr(threadpoolctl, "LibController"):  # before 3.2 there is no way to join
        return

    class Controller(threadpoolctl.LibController):
        """The setting, as a pool."""

        user_api = internal_api = "jitgrad"
        filename_prefixes = ("libllvmlite", "llvmlite")

        def get_num_threads(self):
            return config.num_threads

        def set_num_threads(self, num_threads):
            config.num_threads = max(1, num_threads)

        def get_version(self):
            return None

    threadpoolctl.register(Controller)
