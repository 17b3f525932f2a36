"""Index maps: which axes of a graph have one length for every shape, and which element of an
operand a point of a loop nest reads. Start at `dims`, then `maps`."""
