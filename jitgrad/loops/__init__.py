"""Differentiable numba: the gradient of a function with loops, branches and writes, as source.

A function of the user becomes a typed form (`form.Form`), which is differentiated as a whole and
printed as a Python function again, which numba compiles:

    front       the syntax tree is executed on abstract values: the form
    clean       what nobody needs is dropped
    plan        what depends on what, what is kept for the reverse sweep, what is computed again
    adjoint     the forward sweep with tapes, and the operations in reverse order: a form
    tangent     forward mode, of a form or of an adjoint: a form
    emit        a form as readable Python
    derive      all of these for one choice of types, compiled and kept on disk
    by_element  functions of numbers as elementwise operations, by `partial` derivatives

Start at `derive`, then `form`. The users' names are in `jitgrad.tracing.njit`.
"""
