"""Transformations of loop nests. Each is a function of statements to statements (see
`loops.ir`)."""
