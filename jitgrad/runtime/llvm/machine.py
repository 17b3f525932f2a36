"""From LLVM modules to machine code in this process: the passes, the object file, its addresses.

The caller sees to it that one thread at a time does this (`numba.build`). Start at `object_of` and
`addresses`.
"""

import functools

import llvmlite.binding as llvm
from llvmlite import ir


@functools.cache
def _machine():
    """The target machine: this processor, with all it has."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_triple(llvm.get_process_triple())
    static = target.name.startswith("x86")  # as just-in-time code needs it there
    return target.create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=3,
        reloc="static" if static else "default",
        codemodel="jitdefault",
        jit=True,
    )


@functools.cache
def _engine():
    """What links object files into the process."""
    return llvm.create_mcjit_compiler(llvm.parse_assembly(""), _machine())


def new_module(name):
    """An empty module in llvmlite's form."""
    module = ir.Module(name)
    module.triple = llvm.get_process_triple()
    module.data_layout = str(_machine().target_data)
    return module


def object_of(module):
    """The object file of a module, as bytes: LLVM's passes run once, over all of it."""
    parsed = llvm.parse_assembly(str(module))
    parsed.verify()
    options = llvm.create_pipeline_tuning_options()
    options.speed_level = 3
    options.loop_vectorization, options.slp_vectorization = True, False
    builder = llvm.create_pass_builder(_machine(), options)
    builder.getModulePassManager().run(parsed, builder)
    return _machine().emit_object(parsed)


def addresses(binary, names):
    """The addresses of functions in an object file, which is linked into the process."""
    engine = _engine()
    engine.add_object_file(llvm.ObjectFileRef.from_data(binary))
    engine.finalize_object()
    found = [engine.get_function_address(name) for name in names]
    if not all(found):
        raise OSError(f"an object file has none of {', '.join(names)}")
    return found
