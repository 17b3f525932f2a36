"""Tidying of a form, before and after differentiation: loop variables that never change, loads
and pure actions that are there already, and what nobody needs.

Start at `tidy`.
"""

from .aliases import Aliases, stored_classes
from .apart import Distinct, is_carried
from .form import CALLS, LOOPS, STORES, leaves, like, walk
from .index_values import differ, same_value
from .outside import rule_of

#: What has an effect of its own.
SIDE = ("store", "addto", "check", "call", "tape", "test")
ROUNDS = 3


def tidy(form):
    _settle_lengths(form)
    for _ in range(ROUNDS):
        _drop_steady(form)
        _share(form)
        _sweep(form)
    return form


def _settle_lengths(form):
    """Lengths of arrays that change names in a loop, where all of them have the same."""
    distinct, new = Distinct(form, Aliases(form)), {}
    for a in walk(form.body):
        if a.kind != "dim" or not is_carried(a.args[0]):
            continue
        origins = [v.action for v in distinct.origins(a.args[0]) or ()]
        if all(made is not None and made.kind == "alloc" for made in origins):
            lengths = [made.args[a.attrs["k"]] for made in origins]
            if lengths and all(same_value(lengths[0], n) for n in lengths):
                new[a.out] = lengths[0]
    if new:
        replace(form, new)


def replace(form, new):
    """Puts new values for old ones everywhere."""

    def get(v):
        while v in new:
            v = new[v]
        return v

    def visit(r):
        for a in r.actions:
            a.args = [get(v) for v in a.args]
            if "lengths" in a.attrs:
                a.attrs["lengths"] = [get(v) for v in a.attrs["lengths"]]
            for q in a.regions:
                visit(q)
        r.yields = [get(v) for v in r.yields]

    visit(form.body)
    if form.rets is not None:
        form.rets = like(form.rets, iter([get(v) for v in leaves(form.rets)]))


def keep_phis(loop, keep):
    """Drops all loop variables but those with the numbers `keep`."""
    r, n = loop.regions[0], len(loop.phis)
    first, skip = (1, 3) if loop.kind == "for" else (0, 0)
    brk = loop.attrs.get("brk")
    loop.args = loop.args[:skip] + [loop.args[skip + k] for k in keep]
    r.args = r.args[:first] + [r.args[first + k] for k in keep]
    loop.res = [loop.res[k] for k in keep] + loop.res[n:]
    r.yields = [r.yields[k] for k in keep]
    if brk is not None:
        loop.attrs["brk"] = keep.index(brk)


def _drop_steady(form):
    """Loop variables that are in each turn what they began with."""
    new = {}
    for a in walk(form.body):
        if a.kind not in LOOPS:
            continue
        keep = []
        for k, (phi, y, first) in enumerate(
            zip(a.phis, a.regions[0].yields, a.firsts, strict=True)
        ):
            if (y is phi or y is first) and k != a.attrs.get("brk"):
                new[phi] = new[a.res[k]] = first
            else:
                keep.append(k)
        if len(keep) < len(a.phis):
            keep_phis(a, keep)
    if new:
        replace(form, new)


def _share(form):
    """Pure actions that are there already, and loads of what is known to be there."""
    new = _Sharing(Aliases(form)).run(form.body)
    if new:
        replace(form, new)


class _Sharing:
    """`known` lists (array, index, value) that hold where the walk stands; `pure` has values by
    what computes them."""

    def __init__(self, aliases):
        self.aliases, self.new = aliases, {}

    def run(self, body):
        self.visit(body, [], {})
        return self.new

    def visit(self, region, known, pure):
        pure, kept, checked = dict(pure), [], set()
        for a in region.actions:
            a.args = [self.new.get(v, v) for v in a.args]
            if a.kind == "pure" and self.shared(a, pure):
                continue
            if a.kind == "check" and a.args[0] in checked:
                continue
            kept.append(a)
            if a.kind == "check":
                checked.add(a.args[0])
            elif a.kind == "load":
                self.load(a, known)
            elif a.kind in STORES:
                self.write(a, known)
            elif a.kind == "call":
                known.clear()
            elif a.regions:
                self.inside(a, known, pure)
        region.actions = kept
        region.yields = [self.new.get(v, v) for v in region.yields]

    def shared(self, a, pure):
        operands = tuple([(repr(v.const), v.type) if v.is_const else v for v in a.args])
        key = a.fn, a.out.type, operands
        if key in pure:
            self.new[a.out] = pure[key]
            return True
        pure[key] = a.out
        return False

    def load(self, a, known):
        array, *ix = a.args
        for b, jx, v in known:
            if b is array and v.type == a.out.type and _alike(ix, jx):
                self.new[a.out] = v
                return
        known.append((array, ix, a.out))

    def write(self, a, known):
        array, *ix = a.args
        v, c = ix.pop(), self.aliases.of(array)
        if a.kind == "addto" and any(
            b is array and w.is_const and w.const == 0 and _alike(ix, jx) for b, jx, w in known
        ):
            a.kind = "store"  # 0 plus something
        known[:] = [
            (b, jx, w)
            for b, jx, w in known
            if self.aliases.of(b) is not c or (b is array and any(map(differ, jx, ix)))
        ]
        if a.kind == "store" and v.type == array.type.dtype:
            known.append((array, ix, v))

    def inside(self, a, known, pure):
        written = set().union(*[stored_classes(r, self.aliases) for r in a.regions])
        if any(o.kind == "call" for r in a.regions for o in walk(r)):
            known.clear()
        still = [k for k in known if self.aliases.of(k[0]) not in written]
        for r in a.regions:
            self.visit(r, list(still if a.kind in (*LOOPS, "parts") else known), pure)
        known[:] = still


def _alike(ix, jx):
    return all(map(same_value, ix, jx))


def _sweep(form):
    """Actions whose results nobody needs, and stores to arrays that nobody reads."""
    while _Sweep(form).run():
        pass


class _Sweep:
    def __init__(self, form):
        self.form, self.aliases, self.changed = form, Aliases(form), False
        self.used, self.loaded = set(form.body.yields), set()
        for a in walk(form.body):
            self.used.update(a.args)
            for r in a.regions:
                self.used.update(r.yields)
            if a.kind in ("load", "call", "tape", *CALLS):
                self.loaded |= self.aliases.of_all(a.args)
        arrays = [*form.args, *form.body.yields, *[v for _, v in form.globals.values()]]
        self.outer = self.aliases.of_all(arrays)

    def run(self):
        self.visit(self.form.body)
        return self.changed

    def visit(self, region):
        kept = []
        for a in region.actions:
            for r in a.regions:
                self.visit(r)
            if self.dead(a):
                self.changed = True
                continue
            kept.append(a)
            if a.kind == "if":
                self.drop_results(a)
            elif a.kind in LOOPS and drop_unread(a, self.used):
                self.changed = True
        region.actions = kept

    def dead(self, a):
        unused = not any(v in self.used for v in a.res)
        if a.kind in ("pure", "load", "dim", "view", "alloc", "lib"):
            return unused
        if a.kind == "outside":
            return unused and rule_of(a.attrs["function"]) is not None
        if a.kind in STORES:
            c = self.aliases.of(a.args[0])
            return c not in self.outer and c not in self.loaded
        if a.kind == "if":
            return unused and not any(r.actions for r in a.regions)
        if a.kind == "for" and unused and not a.left_early:
            return not any(has_effect(o) for o in walk(a.regions[0]))
        return False

    def drop_results(self, a):
        keep = [k for k, v in enumerate(a.res) if v in self.used]
        if len(keep) < len(a.res):
            a.res = [a.res[k] for k in keep]
            for r in a.regions:
                r.yields = [r.yields[k] for k in keep]
            self.changed = True


def has_effect(a):
    if a.kind == "outside":
        return rule_of(a.attrs["function"]) is None
    return a.kind in SIDE or a.kind == "while"


def drop_unread(loop, used):
    """Drops what a loop carries if it serves nothing but itself."""
    phis, r = loop.phis, loop.regions[0]
    needed = _Needed(loop, phis)
    for o in walk(r):
        if has_effect(o) or o.regions:
            needed.add(*o.args)
        if o.regions:
            for q in o.regions:
                for y, res in zip(q.yields, o.res, strict=False):
                    if o.kind in LOOPS or res in used:
                        needed.add(y)
    for k, v in enumerate(loop.res[: len(phis)]):
        if v in used or k == loop.attrs.get("brk") or v.is_array:
            needed.add(phis[k], r.yields[k])
    keep = [k for k, p in enumerate(phis) if p in needed.found]
    if len(keep) == len(phis):
        return False
    keep_phis(loop, keep)
    return True


class _Needed:
    """What is needed to have values of a loop's turn, through its variables."""

    def __init__(self, loop, phis):
        self.region, self.phis, self.found = loop.regions[0], phis, set()

    def add(self, *values):
        stack = list(values)
        while stack:
            v = stack.pop()
            if v in self.found:
                continue
            self.found.add(v)
            a = v.action
            if a is not None and a.region is not None and a.region.within(self.region):
                stack.extend(a.args)
                for q in a.regions:
                    stack.extend(q.yields)
            elif v in self.phis:
                stack.append(self.region.yields[self.phis.index(v)])
