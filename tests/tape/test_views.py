"""What shares memory with what: views and copies are NumPy's (where PyTorch differs, the test says
so), an element ``x[i]`` is a value, and methods that write in NumPy write here.

Random chains of views, written to at any link, are held against the same chain of NumPy's. Start at
`VIEWS`.
"""

import random
import re
import warnings

import numpy as np
import pytest
from both import LIBRARIES, leaf, library, same

import jitgrad
from jitgrad import numpy as jnp


@pytest.fixture(params=LIBRARIES)
def lib(request):
    yield from library(request.param)


# --- chains of views ------------------------------------------------------------------------------


def _diagonal(x, *args):
    """NumPy's diagonal is a view that cannot be written to; jitgrad's, as PyTorch's, can."""
    out = x.diagonal(*args)
    if isinstance(out, np.ndarray):
        out.flags.writeable = True
    return out


def _slice(draw, n):
    start, stop, step = (
        (draw.choice([None, draw.randint(-n - 1, n + 1)]) for _ in range(2)),
        None,
        None,
    )
    start, stop = start
    step = draw.choice([None, 1, 2, 3, -1, -2])
    return slice(start, stop, step)


def _reshaped(draw, shape):
    """Another shape of as many elements."""
    size, out = int(np.prod(shape)), []
    while size > 1 and len(out) < 3:
        n = draw.choice([d for d in range(1, size + 1) if size % d == 0])
        out.append(n)
        size //= n
    return (*out, size) if size > 1 or not out else tuple(out)


#: Name -> for a shape, what to do with an array or tensor of that shape; None where it cannot be
#: done.
VIEWS = {
    "index": lambda draw, s: (lambda i: lambda x: x[i])(
        (
            *tuple(
                draw.choice(
                    [_slice(draw, n), _slice(draw, n), draw.randrange(n) if n else slice(0)]
                )
                for n in s
            ),
            ...,
        )
    ),
    "new axis": lambda draw, s: lambda x: x[None, ..., None] if len(s) < 3 else x[...],
    "reshape": lambda draw, s: (lambda new: lambda x: x.reshape(new))(_reshaped(draw, s)),
    "ravel": lambda draw, s: lambda x: x.ravel(),
    "flatten": lambda draw, s: lambda x: x.flatten(),
    "transpose": lambda draw, s: (lambda axes: lambda x: x.transpose(axes))(
        draw.sample(range(len(s)), len(s))
    ),
    "T": lambda draw, s: lambda x: x.T,
    "swapaxes": lambda draw, s: (
        (lambda a, b: lambda x: x.swapaxes(a, b))(*(draw.randrange(len(s)) for _ in range(2)))
        if s
        else None
    ),
    "moveaxis": lambda draw, s: (
        (lambda a, b: lambda x: np.moveaxis(x, a, b))(*(draw.randrange(len(s)) for _ in range(2)))
        if s
        else None
    ),
    "expand_dims": lambda draw, s: (lambda a: lambda x: np.expand_dims(x, a))(
        draw.randint(0, len(s))
    ),
    "squeeze": lambda draw, s: lambda x: x.squeeze(),
    "flip": lambda draw, s: (lambda a: lambda x: np.flip(x, a))(
        draw.choice([None, *range(len(s))])
    ),
    "rot90": lambda draw, s: (
        (lambda k: lambda x: np.rot90(x, k))(draw.randrange(4)) if len(s) > 1 else None
    ),
    "split": lambda draw, s: (lambda x: np.array_split(x, 2)[1]) if s else None,
    "atleast": lambda draw, s: lambda x: np.atleast_2d(x),
    "diagonal": lambda draw, s: (
        (lambda k, a: lambda x: _diagonal(x, k, *a))(
            draw.randint(-2, 2), draw.sample(range(len(s)), 2)
        )
        if len(s) > 1
        else None
    ),
    "astype": lambda draw, s: lambda x: x.astype(np.float64, copy=False),
    "list": lambda draw, s: (
        (lambda i: lambda x: x[i])([draw.randrange(s[0])]) if s and s[0] else None
    ),
    "0-d array": lambda draw, s: (
        (lambda i: lambda x: x[np.array(i), ...])(draw.randrange(s[0])) if s else None
    ),
    "mask": lambda draw, s: lambda x: x[x == x],
    "copy": lambda draw, s: lambda x: x.copy(),
}


def _write(draw, x, k):
    """Writes to `x`, in one of the ways both libraries have."""
    way = draw.randrange(4)
    if way == 0:
        x += k
    elif way == 1:
        x *= -1.5
    elif way == 2:
        x[...] = k
    elif x.ndim and x.shape[0]:
        x[draw.randrange(x.shape[0])] = k


def run_chain(seed):
    """A chain of views and writes, in NumPy and in jitgrad; what was done, for the message."""
    draw = random.Random(seed)
    a = np.arange(
        float(
            np.prod(
                shape := draw.choice([(6,), (4, 4), (3, 4), (2, 3, 4), (3, 3, 2), (1, 4), (4, 1)])
            )
        )
    )
    a = a.reshape(shape)
    arrays, tensors, did = [a], [jitgrad.tensor(a)], [str(shape)]
    for _ in range(draw.randint(1, 4)):
        of = draw.randrange(len(arrays))
        name = draw.choice(list(VIEWS))
        view = VIEWS[name](draw, arrays[of].shape)
        if view is None:
            continue
        array = view(arrays[of])
        if array.size == 0 or not isinstance(array, np.ndarray):
            continue
        did.append(f"{name} of {of}: {array.shape}")
        arrays.append(array)
        tensors.append(view(tensors[of]))
        if draw.random() < 0.6:
            to, k, state = draw.randrange(len(arrays)), draw.randint(1, 9), draw.getstate()
            did.append(f"write to {to}")
            _write(draw, arrays[to], k)
            draw.setstate(state)
            _write(draw, tensors[to], k)
    to = draw.randrange(len(arrays))
    arrays[to][...] = arrays[to] + 100
    tensors[to][...] = tensors[to] + 100
    for k, (x, t) in enumerate(zip(arrays, tensors, strict=True)):
        np.testing.assert_array_equal(t, x, err_msg=f"seed {seed}, {k}: {did}, then write to {to}")


@pytest.mark.parametrize("seed", range(0, 600, 60))
def test_random_chains_of_views_alias_as_numpys(tier, seed):
    for k in range(seed, seed + (60 if tier == "never" else 4)):
        run_chain(k)


INPUTS = {
    "dense": lambda x: x,
    "strided": lambda x: x[::2, ::2],
    "offset": lambda x: x[1:, 1:],
    "transposed": lambda x: x.T,
    "a diagonal": lambda x: x.diagonal(0, 0, 1),
}
TORCH_VIEWS = {
    "diagonal": lambda x: x.diagonal(1),
    "diagonal below": lambda x: x.diagonal(-1),
    "reshape": lambda x: x.reshape(-1, 1),
    "axes split": lambda x: x.reshape(x.shape[0], 1, -1),
    "ravel": lambda x: x.ravel(),
    "transpose": lambda x: x.T,
    "row": lambda x: x[1],
    "squeeze": lambda x: x[1:2].squeeze(),
    "unsqueeze": lambda x: x.unsqueeze(1),
    "columns": lambda x: x[..., 1:],
    "detach": lambda x: x.detach(),
}


@pytest.mark.parametrize("view", TORCH_VIEWS)
@pytest.mark.parametrize("form", INPUTS)
def test_views_of_every_layout_alias_as_pytorchs(form, view):
    torch = pytest.importorskip("torch")
    if form == "a diagonal" and view in ("diagonal", "diagonal below", "transpose", "row"):
        return  # what needs two axes; a "row" would be an element
    ours, theirs = jitgrad.tensor(np.arange(36.0).reshape(6, 6)), torch.arange(36.0).reshape(6, 6)
    for x in (ours, theirs):
        v = TORCH_VIEWS[view](INPUTS[form](x))
        v += 100.0
    same(ours, theirs)
    ours += 1.0
    same(TORCH_VIEWS[view](INPUTS[form](ours)), TORCH_VIEWS[view](INPUTS[form](theirs + 1.0)))


def test_diagonal_of_a_view_is_a_view(tier):
    x = jitgrad.zeros(3, 3)
    d = x[1:, 1:].diagonal()
    d += 1
    assert x.tolist() == [[0, 0, 0], [0, 1, 0], [0, 0, 1]]
    d = x.T.diagonal()
    x += 1
    assert d.tolist() == [1, 2, 2]


def test_diagonal_of_a_view_written_has_gradients(tier):
    p = jitgrad.ones(3, 3, requires_grad=True)
    y = p * 2
    d = y[1:, :-1].diagonal()
    d *= jitgrad.tensor([10.0, 100.0])
    y.sum().backward()
    assert p.grad.tolist() == [[2, 2, 2], [20, 2, 2], [2, 200, 2]]


@pytest.mark.parametrize(
    "view", [lambda x: x[::2], lambda x: x[::-1], lambda x: x.reshape(2, 3).T, lambda x: x[1:][::3]]
)
def test_ravel_of_what_does_not_lie_in_order_is_a_copy(lib, view):
    if lib is not jitgrad and view(np.arange(6.0)).strides[0] < 0:
        return
    x = lib.arange(6.0)
    y = view(x).ravel()
    y += 100
    same(x, np.arange(6.0))
    z = x[1:4].ravel()
    z += 100
    same(x, [0, 101, 102, 103, 4, 5])


def test_view_never_copies(lib):
    x = lib.arange(6.0)
    x.view(2, 3)[1, 2] = 50.0
    x[2:].view(-1, 2)[0, 0] = 20.0
    same(x, [0, 1, 20, 3, 4, 50])
    with pytest.raises(RuntimeError):
        x.view(2, 3).t().view(6)


def test_index_of_no_dimensions():
    """A 0-d array is an index array, whose result is a copy, as in NumPy; a 0-d tensor stands for
    the integer it is, as NumPy's own numbers do, and PyTorch's tensors."""
    n = np.arange(6.0).reshape(2, 3)
    for index, is_view in (
        (np.array(1), False),
        ((np.array(1), slice(None)), False),
        (np.int64(1), True),
    ):
        x, a = jitgrad.tensor(n), n.copy()
        for t in (x, a):
            y = t[index]
            y += 100
        same(x, a)
        assert (a[1, 0] > 100) == is_view
    x = jitgrad.tensor(n)
    row = x[jitgrad.tensor(1)]
    row += 100
    assert x[1].tolist() == [103, 104, 105]


# --- elements -------------------------------------------------------------------------------------


def test_elements_are_swapped(tier):
    x = jitgrad.tensor([1.0, 2.0])
    x[0], x[1] = x[1], x[0]
    assert x.tolist() == [2, 1]
    m = jitgrad.tensor([[1.0, 2.0], [3.0, 4.0]])
    m[0, 0], m[1, 1], m[-1, 0] = m[1, 1], m[-1, 0], m[0, 0]
    assert m.tolist() == [[4, 2], [1, 3]]


def test_gradient_of_swapped_elements(tier):
    p = jitgrad.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = p * 1.0
    y[0], y[1], y[2] = y[2], y[0], y[1]
    (y * jitgrad.tensor([1.0, 10.0, 100.0])).sum().backward()
    assert p.grad.tolist() == [10, 100, 1]


def test_elements_are_shuffled():
    got, want = jitgrad.arange(20.0), list(range(20))
    for x in (got, want):
        random.Random(3).shuffle(x)
    assert got.tolist() == want
    got, want = jitgrad.arange(20), np.arange(20)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # NumPy warns for whatever is not its own
        np.random.default_rng(3).shuffle(got)
    np.random.default_rng(3).shuffle(want)
    assert got.tolist() == want.tolist()


def test_rows_are_shuffled_by_an_index():
    """Rows are views, in NumPy as here: where they are exchanged one by one NumPy warns, and an
    index is right."""
    x, order = (
        jitgrad.tensor(np.arange(12.0).reshape(4, 3)),
        np.random.default_rng(0).permutation(4),
    )
    with pytest.warns(UserWarning, match="duplicates"):
        np.random.default_rng(0).shuffle(x.clone())
    x[:] = x[order]
    assert x.tolist() == np.arange(12.0).reshape(4, 3)[order].tolist()


def test_an_element_is_a_value():
    x = jitgrad.tensor([1.0, 2.0])
    s, t = x[0], x[()]
    s += 1
    t += 10
    assert (s.item(), x.tolist()) == (2.0, [11, 12])
    x[0] += 1
    assert x[0].item() == 12 and s.item() == 2.0
    s.add_(1)  # its own by now
    assert s.item() == 3.0
    z = jitgrad.tensor(5.0)
    for v in (z[()], z.clone()):
        v += 1
    assert z.item() == 5.0
    assert not np.shares_memory(x, x[0]) and np.shares_memory(x, x[0, ...])


def test_elements_of_iteration_are_values():
    x = jitgrad.tensor([1.0, 2.0])
    for v in x:
        v += 1
    assert x.tolist() == [1, 2]
    for row in x.reshape(2, 1):
        row += 1
    assert x.tolist() == [2, 3]


LOST = {
    "add_": lambda e: e.add_(1.0),
    "mul_": lambda e: e.mul_(2.0),
    "neg_": lambda e: e.neg_(),
    "fill_": lambda e: e.fill_(1.0),
    "fill": lambda e: e.fill(1.0),
    "zero_": lambda e: e.zero_(),
    "copy_": lambda e: e.copy_(1.0),
    "out=": lambda e: np.add(1.0, 2.0, out=e),
    "out= of a reduction": lambda e: jitgrad.sum(jitgrad.ones(3), axis=0, out=e),
    "copyto": lambda e: np.copyto(e, 1.0),
    "item assignment": lambda e: e.__setitem__(..., 1.0),
    "item assignment of 0-d": lambda e: e.__setitem__((), 1.0),
    "a view of it": lambda e: e.reshape(1).fill_(1.0),
    "another view": lambda e: e[None].add_(1.0),
    "detached": lambda e: e.detach().zero_(),
    "ufunc.at": lambda e: np.add.at(e, (), 1.0),
}
ELEMENTS = {
    "int": lambda x: x[1],
    "from behind": lambda x: x[-1],
    "np.int64": lambda x: x[np.int64(1)],
    "a 0-d array": lambda x: x[np.array(1)],
    "a 0-d tensor": lambda x: x[jitgrad.tensor(1)],
    "two": lambda x: x.reshape(2, 2)[0, 1],
    "looked at": lambda x: _looked(x[1]),
    "used": lambda x: _used(x[1]),
    "of iteration": lambda x: next(iter(x)),
    "with a hook": lambda x: _hooked(x[1]),
}


def _looked(e):
    e.item()
    return e


def _used(e):
    e.item()
    (e * 2).item()
    return e


def _hooked(e):
    e.grad = jitgrad.tensor(1.0)
    return e


@pytest.mark.each("element", ELEMENTS)
@pytest.mark.each("write", LOST)
def test_no_write_to_an_element_is_lost(write, element):
    x = jitgrad.tensor([1.0, 2.0, 3.0, 4.0])
    e = ELEMENTS[element](x)
    before = e.item()
    with pytest.raises(jitgrad.AliasError, match=re.escape("x[i] = value")):
        LOST[write](e)
    assert x.tolist() == [1, 2, 3, 4] and e.item() == before


# --- methods that write ---------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [-1, 0, 1])
def test_sort_is_in_place(tier, axis):
    n = np.random.default_rng(0).standard_normal((4, 5))
    x, a = jitgrad.tensor(n), n.copy()
    view = x[1:]
    assert x.sort(axis) is None and a.sort(axis) is None
    same(x, a)
    same(view, a[1:])


def test_sort_of_a_view_sorts_its_base():
    x, a = jitgrad.tensor([3.0, 1.0, 2.0, 0.0]), np.array([3.0, 1.0, 2.0, 0.0])
    for t in (x, a):
        t[::2].sort()
    same(x, a)


def test_gradient_of_sort_in_place(tier):
    p = jitgrad.tensor([3.0, 1.0, 2.0], requires_grad=True)
    y = p * 2
    y.sort()
    (y * jitgrad.tensor([1.0, 10.0, 100.0])).sum().backward()
    assert p.grad.tolist() == [200, 2, 20]


@pytest.mark.parametrize(
    "call",
    [
        lambda x: x.sort(dim=0), lambda x: x.sort(descending=True), lambda x: x.sort(0, True),
        lambda x: x.sort(axis=0, dim=0), lambda x: x.sort(axis=None), lambda x: x.sort(order="f"),
    ],
)  # fmt: skip
def test_sort_as_pytorch_spells_it_says_where_to_go(call):
    x = jitgrad.tensor([3.0, 1.0, 2.0])
    with pytest.raises(jitgrad.ArgumentError, match="jitgrad.sort"):
        call(x)
    assert x.tolist() == [3, 1, 2]


def test_writing_methods_refuse_leaves_and_elements():
    p = jitgrad.tensor([3.0, 1.0, 2.0], requires_grad=True)
    for write in (
        lambda: p.sort(),
        lambda: p.partition(1),
        lambda: p.put(0, 1.0),
        lambda: p.fill(1.0),
    ):
        with pytest.raises(jitgrad.AliasError):
            write()
    with pytest.raises(jitgrad.JitgradError):
        p[0].sort()
    assert p.tolist() == [3, 1, 2]


def test_partition_put_and_fill_write():
    n = np.random.default_rng(0).standard_normal((4, 5))
    x, a = jitgrad.tensor(n), n.copy()
    x.partition(2, 0), a.partition(2, 0)
    same(x[2], a[2])
    x, a = jitgrad.tensor(n), n.copy()
    x.put([0, -1, 7], [1.0, 2.0]), a.put([0, -1, 7], [1.0, 2.0])
    same(x, a)
    x.fill(3.0)
    same(x, np.full((4, 5), 3.0))


@pytest.mark.parametrize(
    "write",
    [
        lambda x: np.nditer(x, op_flags=["readwrite"]),
        lambda x: np.asarray(x).__setitem__(0, 1.0),
        lambda x: np.asarray(x).sort(),
        lambda x: np.ravel(x.numpy()).__iadd__(1.0),
        lambda x: x.__array__().fill(0.0),
    ],
)
def test_arrays_of_the_values_cannot_be_written_to(write):
    x = jitgrad.tensor([3.0, 1.0])
    with pytest.raises(ValueError, match=r"read-only|readonly|not writeable|writable"):
        write(x)
    assert x.tolist() == [3, 1]


# --- modes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "write", [lambda v: v.mul_(2.0), lambda v: v.__setitem__(0, 1.0), lambda v: v.zero_()]
)
def test_write_through_a_view_made_without_gradients_is_refused(lib, write):
    p = leaf(lib, [1.0, 2.0])
    y = p * 3.0
    with lib.no_grad():
        v = y[:]
    with pytest.raises(RuntimeError, match="no_grad"):
        write(v)
    y.sum().backward()
    same(p.grad, [3.0, 3.0])
    with lib.no_grad():
        write(y[:])


def test_what_is_filled_still_requires_grad(lib):
    p = leaf(lib, [1.0, 2.0])
    y = p * 3.0
    v = y[:1]
    v.fill_(7.0)
    y.sum().backward()
    same(p.grad, [0.0, 3.0])
    p.grad = None
    y = p * 3.0
    z = y * y
    y.fill_(1.0) if lib is jitgrad else None  # PyTorch refuses to overwrite what the product needs
    z.sum().backward()
    same(p.grad, [18.0, 36.0])


def test_namespace_functions_leave_their_operand():
    x = jitgrad.tensor([3.0, 1.0, 2.0])
    assert jnp.sort(x).tolist() == jitgrad.sort(x).tolist() == np.sort(x).tolist() == [1, 2, 3]
    assert x.tolist() == [3, 1, 2]


@pytest.mark.parametrize(
    "index",
    [slice(1.0, None), (slice(None), slice(0, 2.0)), (1.0, slice(None)), 1.0],
)
def test_a_float_is_no_index_though_it_equals_one(index):
    """What a view records is looked up by its index, and 1.0 is found where 1 is."""
    x = jitgrad.tensor(np.arange(6.0).reshape(2, 3))
    for known in (slice(1, None), (slice(None), slice(0, 2)), (1, slice(None)), 1):
        same(x[known], x.numpy()[known])
    with pytest.raises((IndexError, TypeError)):
        x[index]
    assert x.reshape(3, 2).shape == (3, 2)
    with pytest.raises(ValueError, match="expected an integer or sequence of integers"):
        x.reshape(3.0, 2)


def test_other_integers_index_as_python_does():
    x = np.arange(12.0).reshape(3, 4)
    t = jitgrad.tensor(x)
    for index in [
        np.int64(1),
        (np.int32(1), slice(None)),
        (slice(np.int64(1), None), 2),
        (-1, -1),
        (Ellipsis, 1),
        (None, 1),
        (slice(None), None, slice(1, 3)),
    ]:
        for _ in range(2):
            same(t[index], x[index])


# --- views that are pending, whose parents do not know them yet -----------------------------------


def test_pending_views_follow_a_write_wherever_it_comes_from(tier):
    x, p = jitgrad.zeros(4), jitgrad.tensor([1.0, 2.0], requires_grad=True)
    row, far, part = x[1:], x[1:][1:], x.reshape(2, 2)[0]
    x[2] = 5.0
    same(row, [0.0, 5.0, 0.0])
    far[0] = 7.0  # a view that was materialised, and one that was not
    other = part[:1]
    other[0] = 3.0
    same(x, [3.0, 0.0, 7.0, 0.0])
    same(row, [0.0, 7.0, 0.0])
    same(part, [3.0, 0.0])
    y = p * 2.0
    v, w = y[:1], y[1:]
    y *= p
    (v.sum() + 10.0 * w.sum()).backward()
    same(p.grad, [4.0, 80.0])


def test_pending_views_follow_a_write_of_a_jitted_function(tier):
    @jitgrad.jit
    def shift(x):
        x += 1.0

    x = jitgrad.zeros(3)
    for turn in range(1, 4):
        row = x[1:]
        shift(x)
        same(row, [turn, turn])


def test_many_pending_views_follow_a_write():
    x = jitgrad.tensor([1.0, 2.0, 3.0])
    rows = [x[k:] for k in range(40)]
    x[2] = 9.0
    for k, row in enumerate(rows[:4]):
        same(row, [1.0, 2.0, 9.0][k:])


def test_dropped_views_leave_nothing_with_their_parent():
    x = jitgrad.zeros(4)
    for _ in range(1000):
        x[1:]
    kept = x[2:]
    x.sum().item()
    assert [view() for view in x._x.children if view() is not None] == [kept]
    assert len(x._x.children) < 200  # where another thread has recorded, each view was noted
    x[3] = 1.0
    same(kept, [0.0, 1.0])
