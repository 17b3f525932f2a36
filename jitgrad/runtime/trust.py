"""Which folders and files of the disk cache are trusted: those of this user that nobody else can
write to.

What numba keeps of a kernel are pickles and machine code, so whoever can put a file into the cache
runs code as the user. A folder is used only if it is a real folder (no symbolic link) of the user's
own that no other may write to; the folders that jitgrad makes are closed to others altogether. A
file is loaded only if the same holds for it. On systems without POSIX owners the rights of the
user's profile decide, and nothing is checked.

Start at `reason`; `made` and `closed` are for folders, and `seal` and `is_sealed` tell binaries
that were damaged from those that were written.
"""

import hashlib
import os
import stat

#: Rights that only the owner may have on what is loaded.
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
POSIX = hasattr(os, "geteuid")


def reason(path: str, folder: bool = False) -> str | None:
    """Why what is at `path` is not to be trusted, in words that end a sentence; None if it is."""
    try:
        found = os.lstat(path)
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    if stat.S_ISLNK(found.st_mode):
        return "is a symbolic link"
    if not (stat.S_ISDIR if folder else stat.S_ISREG)(found.st_mode):
        return "is no folder" if folder else "is no file"
    if POSIX and found.st_uid != os.geteuid():
        return f"belongs to another user (uid {found.st_uid}, this process has {os.geteuid()})"
    if POSIX and found.st_mode & OTHERS_WRITE:
        return f"can be written to by others (mode {stat.S_IMODE(found.st_mode):04o})"
    return None


def made(path: str) -> str | None:
    """Makes a folder that only the user can enter, unless it is there; why it is not to be trusted,
    or None if it is.

    Raises
    ------
    OSError
        It cannot be made.
    """
    os.makedirs(path, mode=0o700, exist_ok=True)
    return reason(path, folder=True)


def closed(path: str) -> str | None:
    """As `made`, for a folder that holds nothing but jitgrad's: one that others may read is closed
    to them."""
    why = made(path)
    if why is None and POSIX and stat.S_IMODE(os.lstat(path).st_mode) & 0o077:
        os.chmod(path, 0o700)
    return why


def _digests(paths):
    out = []
    for path in sorted(paths):
        with open(path, "rb") as file:
            out.append(f"{hashlib.sha256(file.read()).hexdigest()}  {os.path.basename(path)}\n")
    return "".join(out)


def seal(path: str, files: list[str]) -> None:
    """Closes `files` to others, and writes their digests to `path`, in the form of sha256sum."""
    for file in files:
        os.chmod(file, 0o600)  # a umask that lets the group write is common
    temporary = f"{path}.{os.getpid()}.tmp"
    with open(
        os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
    ) as out:
        out.write(_digests(files))
    os.replace(temporary, path)


def is_sealed(path: str, files: list[str]) -> bool:
    """Whether `files` are to be trusted, and as they were when `seal` wrote `path`."""
    if any(reason(file) for file in (path, *files)):
        return False
    try:
        with open(path, encoding="utf-8") as file:
            return file.read() == _digests(files)
    except (OSError, UnicodeDecodeError):
        return False
