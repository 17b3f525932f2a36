"""`jitgrad.nn.functional` against PyTorch: values, gradients, gradients of gradients, float32; and
against finite differences, without PyTorch."""

import inspect

import numpy as np
import pytest

import jitgrad
from jitgrad.nn import functional as F

RNG = np.random.default_rng(0)


def normal(*shape):
    return np.random.default_rng(sum(shape) + len(shape)).standard_normal(shape)


X, Y = normal(3, 4), normal(3, 4) + 0.1
POSITIVE = np.abs(normal(3, 4)) + 0.5
UNIT = 1 / (1 + np.exp(-normal(3, 4)))
LABELS = np.array([2, 0, 3])
SIGNS = np.where(normal(3, 4) > 0, 1.0, -1.0)
MAPS, MAP_LABELS = normal(2, 3, 4), np.array([[0, 1, 2, 2], [1, 1, 0, 2]])
IGNORED = np.array([[0, 1, -100, 2], [1, -100, 0, 2]])
SHARES = np.random.default_rng(1).dirichlet(np.ones(4), 3)
WEIGHT = np.array([0.5, 1.0, 2.0, 0.25])
ALL = ({}, {"reduction": "sum"}, {"reduction": "none"})

#: (name, operands, how many of the first ones are differentiated, all sets of options).
CASES = [
    *((n, [X], 1, [{}]) for n in (
        "relu", "relu6", "selu", "silu", "mish", "hardsigmoid", "hardswish", "tanhshrink",
        "softsign", "sigmoid", "tanh", "logsigmoid",
    )),
    ("gelu", [X], 1, [{}, {"approximate": "tanh"}]),
    ("leaky_relu", [X], 1, [{}, {"negative_slope": 0.3}]),
    ("elu", [X], 1, [{}, {"alpha": 0.3}]),
    ("celu", [X], 1, [{}, {"alpha": 0.3}]),
    ("hardtanh", [X], 1, [{}, {"min_val": -0.3, "max_val": 0.7}]),
    ("hardshrink", [X], 1, [{}, {"lambd": 0.3}]),
    ("softshrink", [X], 1, [{}, {"lambd": 0.3}]),
    ("softplus", [X], 1, [{}, {"beta": 3.0}]),
    ("threshold", [X], 1, [{"threshold": 0.1, "value": 20.0}]),
    ("prelu", [X, np.array([0.25])], 2, [{}]),
    ("prelu", [MAPS, normal(3)], 2, [{}]),
    ("glu", [X], 1, [{}, {"dim": 1}]),
    *((n, [X], 1, [{"dim": 1}, {"dim": 0}]) for n in ("softmax", "softmin", "log_softmax")),
    *((n, [X, Y], 2, ALL) for n in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")),
    ("smooth_l1_loss", [X, Y], 2, [{"beta": 0.3}, {"beta": 0.0}]),
    ("huber_loss", [X, Y], 2, [{"delta": 0.3}]),
    ("gaussian_nll_loss", [X, Y, POSITIVE], 3, [*ALL, {"full": True}]),
    ("gaussian_nll_loss", [X, Y, POSITIVE[:, 0]], 3, [{}]),
    ("poisson_nll_loss", [X, POSITIVE], 1, [*ALL, {"full": True}]),
    ("poisson_nll_loss", [POSITIVE, POSITIVE], 1, [{"log_input": False}]),
    ("hinge_embedding_loss", [X, SIGNS], 1, [*ALL, {"margin": 0.5}]),
    ("margin_ranking_loss", [X, Y, SIGNS], 2, [*ALL, {"margin": 0.5}]),
    ("soft_margin_loss", [X, SIGNS], 1, ALL),
    ("triplet_margin_loss", [X, Y, X + Y], 3, [*ALL, {"margin": 2.0, "p": 3.0, "swap": True}]),
    ("pairwise_distance", [X, Y], 2, [{}, {"p": 3.0, "keepdim": True}]),
    ("cosine_similarity", [X, Y], 2, [{}, {"dim": 0}]),
    ("cosine_embedding_loss", [X, Y, np.array([1.0, -1.0, 1.0])], 2, [*ALL, {"margin": 0.1}]),
    ("nll_loss", [X, LABELS], 1, ALL),
    ("nll_loss", [MAPS, MAP_LABELS], 1, [*ALL, {"weight": WEIGHT[:3]}]),
    ("nll_loss", [MAPS, IGNORED], 1, [*ALL, {"weight": WEIGHT[:3]}]),
    ("cross_entropy", [X, LABELS], 1, [*ALL, {"weight": WEIGHT}, {"label_smoothing": 0.2}]),
    ("cross_entropy", [X[0], LABELS[0]], 1, [*ALL]),
    ("cross_entropy", [MAPS, IGNORED], 1, [
        *ALL,
        *({"weight": WEIGHT[:3], "label_smoothing": 0.2, **o} for o in ALL),
        *({"label_smoothing": 0.2, **o} for o in ALL),
    ]),
    ("cross_entropy", [MAPS, MAP_LABELS], 1, [{"ignore_index": 2, "label_smoothing": 0.1}]),
    ("cross_entropy", [X, SHARES], 2, [
        *ALL, *({"weight": WEIGHT, "label_smoothing": 0.2, **o} for o in ALL)
    ]),
    ("binary_cross_entropy", [UNIT, SHARES], 1, [*ALL, {"weight": POSITIVE}]),
    ("binary_cross_entropy_with_logits", [X, SHARES], 1, [
        *ALL, {"weight": POSITIVE}, {"pos_weight": WEIGHT}
    ]),
    ("kl_div", [X, SHARES], 1, [*ALL, {"reduction": "batchmean"}]),
    ("kl_div", [X, np.log(SHARES)], 2, [{"log_target": True, **o} for o in ALL]),
    ("multilabel_soft_margin_loss", [X, SHARES], 1, [*ALL, {"weight": WEIGHT}]),
    ("multi_margin_loss", [X, LABELS], 1, [*ALL, {"p": 2, "margin": 0.5}, {"weight": WEIGHT}]),
    ("layer_norm", [X], 1, [{"normalized_shape": (4,)}, {"normalized_shape": (3, 4), "eps": 0.1}]),
    ("rms_norm", [X], 1, [{"normalized_shape": (4,), "eps": 1e-6}]),
    ("group_norm", [normal(2, 4, 3)], 1, [{"num_groups": 2}, {"num_groups": 4}]),
    ("instance_norm", [normal(2, 3, 5)], 1, [{}]),
    ("normalize", [X], 1, [{}, {"p": 3.0, "dim": 0}]),
    ("linear", [X, normal(5, 4), normal(5)], 3, [{}]),
    ("bilinear", [X, normal(3, 2), normal(5, 4, 2), normal(5)], 4, [{}]),
    ("pad", [MAPS], 1, [
        {"pad": (1, 2)}, {"pad": (1, 2, 3, 0), "value": 7.0}, {"pad": (-1, 1)},
        *({"pad": (1, 2), "mode": m} for m in ("reflect", "replicate", "circular")),
    ]),
    ("conv1d", [normal(2, 4, 9), normal(6, 4, 3), normal(6)], 3, [
        {}, {"stride": 2}, {"padding": 2}, {"dilation": 2}, {"padding": "same"},
        {"stride": 2, "padding": 1, "dilation": 2},
    ]),
    ("conv1d", [normal(2, 4, 9), normal(6, 2, 3), normal(6)], 3, [{"groups": 2}]),
    ("conv1d", [normal(4, 9), normal(6, 4, 4)], 2, [{}, {"padding": "same"}]),
    ("conv2d", [normal(2, 4, 6, 5), normal(3, 4, 2, 3), normal(3)], 3, [
        {}, {"stride": (2, 1)}, {"padding": (1, 2)}, {"dilation": (2, 1)}, {"padding": "same"},
        {"stride": 2, "padding": 1, "dilation": 2},
    ]),
    ("conv2d", [normal(2, 4, 6, 5), normal(4, 1, 2, 3), normal(4)], 3, [{"groups": 4}]),
    ("conv3d", [normal(1, 2, 3, 4, 3), normal(2, 2, 2, 2, 2), normal(2)], 3, [{}, {"padding": 1}]),
    ("unfold", [normal(2, 3, 5, 4)], 1, [
        {"kernel_size": 2}, {"kernel_size": (3, 2), "padding": 1, "stride": 2, "dilation": (1, 2)}
    ]),
    ("max_pool1d", [normal(2, 3, 9)], 1, [
        {"kernel_size": 2}, {"kernel_size": 3, "stride": 1, "padding": 1, "dilation": 2},
        {"kernel_size": 2, "ceil_mode": True}, {"kernel_size": 3, "stride": 2, "padding": 1,
                                               "ceil_mode": True},
    ]),
    ("max_pool2d", [normal(2, 3, 6, 5)], 1, [
        {"kernel_size": 2}, {"kernel_size": (3, 2), "stride": (1, 2), "padding": 1},
        {"kernel_size": 2, "ceil_mode": True},
    ]),
    ("max_pool3d", [normal(1, 2, 4, 4, 3)], 1, [{"kernel_size": 2, "stride": 1}]),
    ("avg_pool1d", [normal(2, 3, 9)], 1, [
        {"kernel_size": 2}, {"kernel_size": 3, "stride": 1, "padding": 1},
        {"kernel_size": 3, "padding": 1, "count_include_pad": False},
        {"kernel_size": 2, "ceil_mode": True},
        {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True},
    ]),
    ("avg_pool2d", [normal(2, 3, 6, 5)], 1, [
        {"kernel_size": 2}, {"kernel_size": (3, 2), "stride": (1, 2), "padding": 1},
        {"kernel_size": 2, "divisor_override": 3}, {"kernel_size": 2, "ceil_mode": True},
    ]),
    ("avg_pool3d", [normal(1, 2, 4, 4, 3)], 1, [{"kernel_size": 2, "stride": 1}]),
    ("adaptive_avg_pool1d", [normal(2, 3, 7)], 1, [{"output_size": 3}, {"output_size": 1}]),
    ("adaptive_avg_pool2d", [normal(2, 3, 7, 5)], 1, [
        {"output_size": (3, 2)}, {"output_size": (None, 1)}, {"output_size": 1}
    ]),
    ("scaled_dot_product_attention", [normal(2, 3, 4), normal(2, 5, 4), normal(2, 5, 6)], 3, [
        {}, {"scale": 0.3}, {"attn_mask": normal(3, 5) > -1}, {"attn_mask": normal(3, 5)},
    ]),
    ("scaled_dot_product_attention", [normal(2, 5, 4), normal(2, 5, 4), normal(2, 5, 6)], 3, [
        {"is_causal": True}
    ]),
    ("embedding", [np.array([[0, 2], [1, 2]]), normal(3, 4)], 0, [{}, {"padding_idx": 2}]),
]  # fmt: skip
#: Where PyTorch computes with constants of float32.
ROUGH = {"hardsigmoid", "celu"}
pytestmark = pytest.mark.filterwarnings("ignore:reduction:UserWarning",
                                        "ignore:Using padding='same':UserWarning")  # fmt: skip
FLAT = [(n, xs, k, o) for n, xs, k, options in CASES for o in options]
IDS = [f"{n}-{i}" for i, (n, *_) in enumerate(FLAT)]


def converted(lib, x, dtype, grad=False):
    if not isinstance(x, (np.ndarray, np.generic)):
        return x
    x = np.asarray(x)
    if x.dtype.kind == "f":
        x = x.astype(dtype)
    out = lib.tensor(x)
    return out.requires_grad_() if grad else out


def outcome(lib, functions, case, dtype, second=True):
    """The value, the gradients, and the gradients of the sum of their squares."""
    name, arrays, count, options = case
    given = [converted(lib, x, dtype, k < count) for k, x in enumerate(arrays)]
    if name == "embedding":
        given[1].requires_grad_()
    leaves = [x for x in given if x.requires_grad]
    options = {n: converted(lib, x, dtype) for n, x in options.items()}
    out = getattr(functions, name)(*given, **options)
    flat = out.reshape(-1)
    weights = converted(lib, np.linspace(1.0, 2.0, flat.shape[0]), dtype)
    total = (flat * weights).sum()
    grads = lib.autograd.grad(total, leaves, create_graph=second)
    values = [out, *grads]
    if second and any(g.requires_grad for g in grads):
        square = sum((g * g).sum() for g in grads if g.requires_grad)
        try:
            more = lib.autograd.grad(square, leaves, allow_unused=True)
            values += [None if v is None else v + 0 for v in more]
        except RuntimeError:
            if lib is jitgrad:
                raise  # PyTorch has no second derivative of some
    return [None if v is None else v.detach().numpy() for v in values]


@pytest.mark.each("case", FLAT, ids=IDS)
def test_as_pytorch(case):
    torch = pytest.importorskip("torch")
    import torch.nn.functional as theirs

    got = outcome(jitgrad, F, case, np.float64)
    want = outcome(torch, theirs, case, np.float64)
    assert got[0].shape == want[0].shape
    for a, b in zip(got, want, strict=False):
        if a is None and b is None:
            continue
        zero = np.zeros_like(b if a is None else a)
        a, b = (zero if v is None else v for v in (a, b))
        rough = case[0] in ROUGH
        np.testing.assert_allclose(a, b, rtol=1e-6 if rough else 1e-9, atol=1e-11)


@pytest.mark.parametrize("case", [c for c in FLAT if c[3] in ({}, ALL[1])][::2],
                         ids=lambda c: c[0])  # fmt: skip
def test_float32(case):
    torch = pytest.importorskip("torch")
    import torch.nn.functional as theirs

    got = outcome(jitgrad, F, case, np.float32, False)
    want = outcome(torch, theirs, case, np.float32, False)
    for a, b in zip(got, want, strict=True):
        assert a.dtype == np.float32
        np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-5)


@pytest.mark.each("case", FLAT[::2], ids=IDS[::2])
def test_gradients_against_finite_differences(case):
    name, arrays, count, options = case
    if not count:
        pytest.skip("integers")
    f = getattr(F, name)

    def at(*xs):
        out = f(*map(jitgrad.tensor, xs), *arrays[count:], **options).numpy().reshape(-1)
        return out @ np.linspace(1.0, 2.0, out.size)

    _, *grads = outcome(jitgrad, F, case, np.float64, False)
    floats = [np.asarray(x, float) for x in arrays[:count]]
    for k, g in enumerate(grads):
        d, h = np.random.default_rng(k).standard_normal(g.shape), 1e-6
        ends = [at(*(x + s * h * d if j == k else x for j, x in enumerate(floats)))
                for s in (1, -1)]  # fmt: skip
        np.testing.assert_allclose((g * d).sum(), (ends[0] - ends[1]) / (2 * h), rtol=2e-5,
                                   atol=1e-7)  # fmt: skip


def test_names_and_parameters_are_pytorchs():
    torch = pytest.importorskip("torch")
    left = {"size_average", "reduce", "max_norm", "norm_type", "scale_grad_by_freq", "sparse",
            "return_indices", "_stacklevel", "enable_gqa", "out"}  # fmt: skip
    for name in F.__all__:
        theirs = getattr(torch.nn.functional, name)
        try:
            names = [n for n in inspect.signature(theirs).parameters if n not in left]
        except ValueError:
            continue
        own = [n for n in inspect.signature(getattr(F, name)).parameters if n != "generator"]
        if names not in (["args", "kwargs"], ["input"]):
            assert own == names, name


@pytest.mark.parametrize("training", [True, False])
def test_batch_norm(training):
    torch = pytest.importorskip("torch")
    import torch.nn.functional as theirs

    ends = []
    for lib, functions in ((jitgrad, F), (torch, theirs)):
        x, w, b = (
            lib.tensor(v, requires_grad=True) for v in (normal(4, 3, 5), normal(3), Y[0, :3])
        )
        mean, var = lib.tensor(X[0, :3]), lib.tensor(POSITIVE[0, :3])
        out = functions.batch_norm(x, mean, var, w, b, training=training, momentum=0.3)
        (out * out * out).sum().backward()
        ends.append([v.detach().numpy() for v in (out, x.grad, w.grad, b.grad, mean, var)])
    for a, b in zip(*ends, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-10)


def test_kinks_are_pytorchs():
    torch = pytest.importorskip("torch")
    import torch.nn.functional as theirs

    points = np.array([-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0, 6.0])
    for name in ("relu", "relu6", "leaky_relu", "elu", "celu", "selu", "hardtanh", "hardsigmoid",
                 "hardswish", "hardshrink", "softshrink", "softsign", "silu", "gelu"):  # fmt: skip
        slopes = []
        for lib, functions in ((jitgrad, F), (torch, theirs)):
            x = lib.tensor(points, requires_grad=True)
            getattr(functions, name)(x).sum().backward()
            slopes.append(x.grad.numpy())
        np.testing.assert_allclose(*slopes, rtol=1e-6, atol=1e-15, err_msg=name)


# --- dropout, labels ------------------------------------------------------------------------------


def test_dropout():
    x = jitgrad.tensor(normal(40, 50), requires_grad=True)
    rng = jitgrad.random.default_rng(0)
    y = F.dropout(x, 0.25, generator=rng)
    keeps = np.random.default_rng(0).random((40, 50)) >= 0.25
    np.testing.assert_allclose(y.detach().numpy(), np.where(keeps, x.detach().numpy() / 0.75, 0))
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), keeps / 0.75)
    assert F.dropout(x, training=False) is x
    assert F.dropout(jitgrad.ones(3), 1.0).tolist() == [0.0, 0.0, 0.0]
    jitgrad.manual_seed(1)
    a = F.dropout(jitgrad.ones(20))
    jitgrad.manual_seed(1)
    assert (F.dropout(jitgrad.ones(20)) == a).all()
    whole = F.dropout2d(jitgrad.ones(5, 6, 3, 3), 0.5).numpy()
    assert (whole.max((2, 3)) == whole.min((2, 3))).all() and 0 < whole.mean() < 2
    with pytest.raises(jitgrad.ArgumentError, match="p=2"):
        F.dropout(x, 2)


def test_dropout_under_jit_draws_anew():
    rng = jitgrad.random.default_rng(0)
    f = jitgrad.jit(lambda x: F.dropout(x, generator=rng))
    theirs = np.random.default_rng(0)
    for _ in range(3):
        want = np.where(theirs.random(50) >= 0.5, 2.0, 0.0)
        np.testing.assert_array_equal(f(jitgrad.ones(50)).numpy(), want)


def test_labels_under_jit():
    x = jitgrad.tensor(X)
    f = jitgrad.jit(lambda x, y: F.cross_entropy(x, y))
    for labels in ([2, 0, 3], [0, -100, 1], [1, 1, 1]):
        y = jitgrad.tensor(labels)
        np.testing.assert_allclose(f(x, y).item(), F.cross_entropy(x, y).item(), rtol=1e-13)
    assert len(f.plans()) == 1
    for wrong in ([0, 4, 1], [0, -1, 1]):
        for g in (f, F.cross_entropy):
            with pytest.raises(jitgrad.IndexOutOfRange):
                g(x, jitgrad.tensor(wrong))
    e = jitgrad.jit(F.embedding)
    assert e(jitgrad.tensor([1, 0]), x).tolist() == [x.tolist()[1], x.tolist()[0]]
    h = jitgrad.jit(lambda i: F.one_hot(i, 3))
    assert h(jitgrad.tensor([2, 0])).tolist() == [[0, 0, 1], [1, 0, 0]]
    for g, i in ((lambda i: e(i, x), [0, -1]), (lambda i: F.embedding(i, x), [0, -1]),
                 (h, [3]), (h, [-1])):  # fmt: skip
        with pytest.raises(jitgrad.IndexOutOfRange):
            g(jitgrad.tensor(i))


def test_one_hot():
    assert F.one_hot(jitgrad.tensor([1, 0, 2])).tolist() == np.eye(3)[[1, 0, 2]].tolist()
    for wrong in ([-1], [4]):
        with pytest.raises(jitgrad.IndexOutOfRange):
            F.one_hot(jitgrad.tensor(wrong), 3)


def test_in_place_activations():
    x = jitgrad.tensor([-1.0, 2.0], requires_grad=True)
    y = x * 1
    assert F.relu(y, inplace=True) is y and y.tolist() == [0.0, 2.0]
    y.sum().backward()
    assert x.grad.tolist() == [0.0, 1.0]


def test_numbers_that_are_large():
    for x in (800.0, -800.0):
        t = jitgrad.tensor([x, 0.0], requires_grad=True)
        for target in ([1.0, 0.0], [0.0, 1.0]):
            F.binary_cross_entropy_with_logits(t, target).backward()
        F.cross_entropy(t[None], jitgrad.tensor([1])).backward()
        for f in (F.mish, F.gelu, F.silu, F.elu, F.selu, F.celu, F.logsigmoid, F.softplus):
            f(t).sum().backward()
        assert np.isfinite(t.grad.numpy()).all()
    edge = jitgrad.tensor([0.0, 1.0], requires_grad=True)
    loss = F.binary_cross_entropy(edge, [1.0, 0.0], reduction="none")
    assert loss.tolist() == [100.0, 100.0]
    loss.sum().backward()
    assert np.isfinite(edge.grad.numpy()).all()


def test_what_is_refused():
    x, labels = jitgrad.tensor(X), jitgrad.tensor(LABELS)
    for f in (
        lambda: F.mse_loss(x, x[0]),
        lambda: F.cross_entropy(x, labels[:2]),
        lambda: F.cross_entropy(x, labels, weight=jitgrad.ones(3)),
        lambda: F.linear(x, jitgrad.ones(2, 3)),
        lambda: F.conv2d(x, x),
        lambda: F.conv1d(jitgrad.ones(1, 3, 5), jitgrad.ones(2, 2, 3)),
        lambda: F.conv1d(jitgrad.ones(1, 3, 5), jitgrad.ones(2, 3, 9)),
        lambda: F.glu(jitgrad.ones(3)),
        lambda: F.layer_norm(x, 3),
        lambda: F.batch_norm(jitgrad.ones(1, 3), None, None, training=True),
    ):
        with pytest.raises(jitgrad.ShapeError, match="expected|broadcast"):
            f()
    for f in (
        lambda: F.mse_loss(x, x, reduction="average"),
        lambda: F.softmax(x),
        lambda: F.pad(x, (1, 1), mode="mirror"),
        lambda: F.conv1d(jitgrad.ones(1, 1, 5), jitgrad.ones(1, 1, 3), padding="half"),
        lambda: F.batch_norm(x, None, None),
        lambda: F.max_pool1d(jitgrad.ones(1, 8), 2, padding=2),
    ):
        with pytest.raises(jitgrad.ArgumentError, match="expected"):
            f()
    with pytest.raises(jitgrad.DTypeError, match="integers"):
        F.embedding(jitgrad.ones(2), x)
    with pytest.raises(jitgrad.DTypeError, match="expected a float"):
        F.mse_loss(labels, labels)


def test_what_cannot_be_updated_or_drawn_from_is_refused():
    x = jitgrad.ones(4, 3)
    with pytest.raises(jitgrad.ArgumentError, match="running averages of type ndarray"):
        F.batch_norm(x, np.zeros(3), np.ones(3), training=True)
    with pytest.raises(jitgrad.ArgumentError, match="generator of type int"):
        F.dropout(x, generator=3)


@pytest.mark.parametrize("size, stride", [(0, None), (-1, None), (2, 0)])
@pytest.mark.parametrize("pool", [F.max_pool2d, F.avg_pool2d])
def test_windows_and_groups_without_elements_are_refused(pool, size, stride):
    with pytest.raises(jitgrad.ArgumentError, match="expected at least 1"):
        pool(jitgrad.ones(1, 1, 4, 4), size, stride)
    with pytest.raises(jitgrad.ShapeError, match="0 groups"):
        F.group_norm(jitgrad.ones(2, 4), 0)
