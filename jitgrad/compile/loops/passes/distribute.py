"""Dear functions in short rows: they are applied to whole tiles.

A loop over ten numbers is one vector of eight and two numbers alone, for which a function of sixty instructions takes
as long as for forty in vectors. So where the innermost loop is short, a stage first *feeds* the arguments of such
functions into memory of the tile, runs each function over all of them in one flat loop, and reads the results where
it goes on. Functions of functions take as many turns as they are deep.

Statements are lines of text by now; what a turn needs of them is found by the names in them. Start at `turns`.
"""

import re

from ...render.values import read, stored

NAME = re.compile(r"\b[a-z]+\d+\b")


class Turn:
    """`feed`: statements of the innermost loop; `applied`: those of the flat loop after it."""

    def __init__(self, feed, applied):
        self.feed, self.applied = feed, applied


def turns(writer, lines, dear, place, buffer, apply):
    """(the turns, the statements that read what they have made, by name) for `lines` of an innermost loop with the
    functions `dear`, a dict name -> (node, arguments).

    `place` is the element of a point; ``buffer(dtype)`` makes memory of a tile; ``apply(name, node, arguments,
    memory)`` is how a turn has a function whose arguments are expressions of the point ``k``."""
    made, level, rank = {}, {}, {}  # name -> its line; functions on the way to it; and below it
    for line in lines:
        name = target(line)
        below = max((level[n] for n in NAME.findall(line.partition(" = ")[2]) if n in level), default=0)
        if name:
            made[name], level[name] = line, below + (name in dear)
            if name in dear:
                rank[name] = below
    out, fed, known = [], {}, {}
    for turn in range(max(rank.values()) + 1):
        feed, applied, results = [], [], {}
        for name in (n for n, r in rank.items() if r == turn):
            node, args = dear[name]
            read_args = []
            for source, arg in zip(node.src, args, strict=True):
                if arg not in fed and writer.depths.get(arg, 0):
                    fed[arg] = buffer(source.dtype)
                    results.setdefault(arg, f"{arg} = {read(f'{fed[arg]}[{place}]', source.dtype)}")
                    feed.append((arg, f"{fed[arg]}[{place}] = {stored(arg, source.dtype)}"))
                read_args.append(read(f"{fed[arg]}[k]", source.dtype) if arg in fed else arg)
            memory = buffer(node.dtype)
            applied.append(apply(name, node, read_args, memory))
            results[name] = f"{name} = {read(f'{memory}[{place}]', node.dtype)}"
        wanted = needed([text for _, text in feed], made, known)
        out.append(Turn([*taken(lines, wanted, known), *[text for _, text in feed]], applied))
        known = results | known
    return out, known


def target(line):
    """The name of the value that a statement makes, or ""."""
    name = line.partition(" = ")[0]
    return name if NAME.fullmatch(name) else ""


def needed(texts, made, known):
    """The names of the statements that make what `texts` read; what is `known` is read."""
    out, stack = set(), NAME.findall(" ".join(texts))
    while stack:
        name = stack.pop()
        if name in made and name not in out:
            out.add(name)
            if name not in known:
                stack.extend(NAME.findall(made[name].partition(" = ")[2]))
    return out


def taken(lines, wanted, known):
    """Those of `lines` that make what is `wanted`, from what is `known`."""
    return [known.get(target(line), line) for line in lines if target(line) in wanted]
