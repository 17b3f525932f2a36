"""The quick subset, for the inner loop: ``pytest -m quick``, under half a minute on two cores.

It touches every folder of the package: the order of imports, the texts of kernels, values and
derivatives of all operations by NumPy, the tape, `jit`, and some compiled programs. `QUICK` is the
one list of it; tests/test_quick.py fails where a line of it is stale or a folder is missing.
"""

#: Of which files all tests that compile nothing (`tier` is not "always") belong to it: None; or
#: which test functions do, compiled or not.
QUICK = {
    "test_layers.py": None,
    "test_quick.py": None,
    "test_project.py": None,
    "base/test_config.py": None,
    "ir/test_ir.py": None,
    "ops/test_registry.py": None,
    "ops/test_nonsmooth.py": None,
    "autograd/test_function.py": None,
    "autodiff/test_random_gradients.py": ("test_outputs_and_intermediates", "test_mixed_dtypes"),
    "compile/test_kernel_texts.py": None,
    "compile/test_simplify.py": None,
    "compile/test_loop_ir.py": None,
    "compile/test_kernel_counts.py": ("test_lengths_of_one_make_few_layouts",),
    "interpret/test_first_run.py": None,
    "runtime/test_tiers.py": ("test_gradients_at_the_edges",),
    "tape/test_backward.py": None,
    "tape/test_views.py": None,
    "tape/test_writes.py": None,
    "control/test_loop.py": None,
    "loops/test_njit.py": ("test_refused", "test_which_arguments"),
    "tracing/test_jit.py": None,
    "tracing/test_control_flow.py": None,
    "tracing/test_transforms.py": None,
    "frontend/test_modes.py": None,
    "frontend/test_docs.py": None,
    "numpy/test_namespace.py": None,
    "random/test_generator.py": ("test_values_are_numpys", "test_each_call_draws_anew"),
    "nn/test_functional.py": ("test_gradients_against_finite_differences",),
    "scipy/test_special.py": ("test_values_are_scipys_at_edges", "test_slopes_at_edges"),
    "interop/test_names.py": None,
    "optim/test_pure.py": None,
    "optim/test_jit_steps.py": None,
    "scipy/test_optimize.py": ("test_derivatives_of_roots", "test_wrong_uses_are_typed_errors"),
    "scipy/test_sparse.py": ("test_under_transforms", "test_wrong_uses_are_typed_errors"),
    "scipy/test_integrate.py": ("test_quad", "test_wrong_uses_are_typed_errors"),
    "diagnostics/test_explain.py": None,
    "cli/test_cli.py": ("test_the_hand_written_gradient_is_right",),
}


def is_quick(file, function, params):
    """Whether a test of a file (its path from tests/) belongs to the subset."""
    if file not in QUICK:
        return False
    chosen = QUICK[file]
    return params.get("tier") != "always" if chosen is None else function in chosen
