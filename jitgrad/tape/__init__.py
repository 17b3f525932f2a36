"""The tape: operations recorded as they are called, run when a value is needed.

`segment` has the automaton that recording walks and the record itself; `execute` runs a segment;
`backward` sweeps over the segments that ran. Start at `segment`.
"""
