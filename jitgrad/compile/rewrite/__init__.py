"""Graph to graph: rules of algebra that make the same values of fewer or better operations. Start
at `simplify`."""
