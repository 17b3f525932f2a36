"""Partial derivatives of a function of numbers, from form to form: forward mode along one argument.

A partial derivative is a function of the same arguments, so it has partial derivatives again: all
orders. It keeps nothing for a reverse sweep, so that no turn of its loops asks for memory. Start at
`partial`.
"""

from __future__ import annotations

from typing import Any

from .clean import tidy
from .form import Form, Val
from .tangent import TangentWork


def partial(form: Form, k: int, kind: Any) -> Form:
    """The derivative of the number that a form gives by its argument with the number `k`, as a
    number of the type `kind`."""
    return _Along(form, [form.args[k]], f"{form.name}_{form.args[k].hint}").along(kind)


class _Along(TangentWork):
    def along(self, kind: Any) -> Form:
        f, b = self.form, self.b
        args = [Val(v.type, v.hint, None, b.region) for v in f.args]
        env = dict(zip(f.args, args, strict=True))
        with b:
            (by,) = self.wrt
            self.tan[by] = b.const(1, by.type)
            self.clone(f.body, env)
            out = b.cast(self.tangent(f.rets), kind)
            b.region.yields = [out]
        made = Form(self.name, args, b.region, out)
        made.file = f.file
        return tidy(made)
