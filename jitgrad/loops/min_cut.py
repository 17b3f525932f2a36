"""The minimum cut: the cheapest set of values from which all that is wanted can be computed.

Start at `min_cut`.
"""

#: How to have a value: from a tape only, or at no cost.
SOURCE, FREE = "source", "free"
_INFINITE = 1 << 40


class _Network:
    """Places and arcs with room; arc ``e ^ 1`` is the way back of arc ``e``."""

    def __init__(self, places):
        self.out = [[] for _ in range(places)]
        self.to, self.room = [], []

    def arc(self, a, b, room):
        self.out[a].append(len(self.to))
        self.to.append(b)
        self.room.append(room)
        self.out[b].append(len(self.to))
        self.to.append(a)
        self.room.append(0)

    def levels(self):
        """How far each place is from place 0, over arcs with room."""
        level, queue = {0: 0}, [0]
        for a in queue:
            for e in self.out[a]:
                if self.room[e] and self.to[e] not in level:
                    level[self.to[e]] = level[a] + 1
                    queue.append(self.to[e])
        return level

    def fill(self, level):
        """Sends as much as goes along shortest paths from place 0 to place 1."""
        tried, path, a = [0] * len(self.out), [], 0
        while True:
            if a == 1:
                a = self.push(path)
            e = self.next_arc(a, tried, level)
            if e is not None:
                path.append(e)
                a = self.to[e]
            elif path:
                a = self.to[path.pop() ^ 1]
                tried[a] += 1
            else:
                return

    def push(self, path):
        """Fills a path; gives the place where it is full."""
        least = min([self.room[e] for e in path])
        for e in path:
            self.room[e] -= least
            self.room[e ^ 1] += least
        k = next(k for k, e in enumerate(path) if not self.room[e])
        a = self.to[path[k] ^ 1]
        del path[k:]
        return a

    def next_arc(self, a, tried, level):
        while tried[a] < len(self.out[a]):
            e = self.out[a][tried[a]]
            if self.room[e] and level.get(self.to[e]) == level[a] + 1:
                return e
            tried[a] += 1
        return None

    def before_end(self):
        """The places from which place 1 can still be reached."""
        near, queue = {1}, [1]
        for b in queue:
            for e in self.out[b]:
                if self.room[e ^ 1] and self.to[e] not in near:
                    near.add(self.to[e])
                    queue.append(self.to[e])
        return near


def min_cut(price, ways, wanted):
    """The cheapest set of values without which no source reaches a wanted one; of several the one
    nearest to what is wanted.

    `price` has that of each value, `ways` how to have it: `SOURCE`, `FREE`, or the values that it
    is computed from. A value is an arc of its price.

    Source: E. A. Dinic, *Algorithm for solution of a problem of maximum flow in networks with power
    estimation*, Soviet Math. Doklady 11 (1970).
    """
    number = {v: 2 * k + 2 for k, v in enumerate(ways)}
    net = _Network(2 * len(number) + 2)
    for v, way in ways.items():
        net.arc(number[v], number[v] + 1, price[v])
        if way is SOURCE:
            net.arc(0, number[v], _INFINITE)
        elif way is not FREE:
            for a in way:
                net.arc(number[a] + 1, number[v], _INFINITE)
    for v in wanted:
        net.arc(number[v] + 1, 1, _INFINITE)
    while 1 in (level := net.levels()):
        net.fill(level)
    near = net.before_end()
    return {v for v in ways if number[v] + 1 in near and number[v] not in near}
