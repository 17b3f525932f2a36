"""Copies that stand for memory which is shared in numba: reshaped and transposed arrays, and arrays
that a branch chooses. Part of the front.

The form has no such views, so these are copied; that means the same as long as nobody writes to the
copy or to what it is of while both are looked at. `check_copies` refuses what does. Start at
`SharedArrays.copy_of`.
"""

from ..base.errors import NotDifferentiable
from .aliases import Aliases
from .form import MAKERS, STORES, walk


class _Copy:
    """`array` stands for memory of `sources`; `before` are the stores that come before it, or fill
    it."""

    def __init__(self, array, sources, before, loc, what):
        self.array, self.sources, self.before = array, sources, before
        self.loc, self.what = loc, what


class SharedArrays:
    def copy_of(self, arr, what):
        """An array in memory for an array expression that numba has as a view."""
        out = self.materialise(arr)
        self.note_copy(out, arr.reads, what)
        return out

    def note_copy(self, out, sources, what, sides=()):
        """Notes that `out` stands for memory of `sources`; `sides` are regions that belong to no
        action yet."""
        sources = [x for x in sources if not self.is_nameless(x)]
        if sources:
            self.copies.append(_Copy(out, sources, self.stores(sides), self.b.loc, what))

    def is_nameless(self, array):
        """Whether no name stands for an array that has just been made: then the copy is the only
        one."""
        root = self.root(array)
        if root is None or root.action is None or root.action.kind not in MAKERS:
            return False
        return not any(
            self.root(v) is root
            for env in (self.env, *self.envs)
            for tree in env.values()
            for v in self.arrays_in(tree)
        )

    def arrays_in(self, tree):
        if isinstance(tree, tuple):
            for t in tree:
                yield from self.arrays_in(t)
        elif getattr(tree, "is_array", False):
            yield tree

    def stores(self, sides):
        """Those that there are so far."""
        regions = [*self.b.region.up(), *sides]
        return {id(a): a for r in regions for a in walk(r) if a.kind in STORES}

    def is_copy(self, array):
        return any(self.root(c.array) is self.root(array) for c in self.copies)

    def check_copies(self, body):
        """Refuses writes to either of an array and its copy that come behind it."""
        if not self.copies:
            return
        aliases, made = Aliases(_Body(body)), {id(a) for a in walk(body)}
        copies = [c for c in self.copies if id(c.array.action) in made]  # not of earlier rounds
        for a in walk(body):
            if a.kind not in STORES:
                continue
            to = aliases.of(a.args[0])
            for c in copies:
                if id(a) in c.before:
                    continue
                if to is aliases.of(c.array) or to in aliases.of_all(c.sources):
                    raise NotDifferentiable(
                        f"got a write to an array after {c.what} of it was made, which is the same "
                        "memory in numba; make it a copy with .copy()",
                        a.loc,
                    )


class _Body:
    def __init__(self, body):
        self.body = body
