"""What is noted of an operation while its thread looks for nan: see `base.anomaly`. Start at
`noted`."""

from typing import Any

from ..base.anomaly import here, note, users_line
from ..base.origins import Noted, Origin
from ..ir import Node, toposort
from ..ops import Entry
from .keys import WRITE, decode
from .segment import Segment, State


def noted(seg: Segment, key: tuple, node: Node) -> Noted:
    """What is known of the record of `key`, whose node is `node`.

    In a trace, where it is part of a larger graph, its nodes are noted, too."""
    opcode = key[0]
    swept = here.swept
    if seg.tracing is None and swept is not None:
        origin = swept
    else:
        name = "a write" if opcode is WRITE else opcode.name or node.op.name
        origin = Origin(name, (users_line(),))
    if seg.tracing is not None:
        note_nodes(key, node, origin)
    return Noted(origin, None if isinstance(opcode, Entry) else here.origins)


def note_nodes(key: tuple, node: Node, origin: Origin) -> None:
    """Notes the nodes between the operands of a record and its result."""
    operands: tuple[Any, ...] = decode(key)[0] if isinstance(key[0], Entry) else ()
    ends = {x.node for x in operands if type(x) is State}
    known = here.origins
    if not isinstance(key[0], Entry):  # its own nodes were noted where they were traced
        if node not in known:
            note(node, origin)
        return
    for n in toposort([node], lambda n: () if n in ends or n in known else n.src):
        if n.src and n not in ends and n not in known:
            known[n] = origin._replace(whole=False)
    if node not in ends:
        note(node, origin)
