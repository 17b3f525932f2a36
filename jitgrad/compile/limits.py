"""The limits of the compiler: every threshold that a decision compares a size or a cost with, in
one place.

They are `now`, one frozen object. Tests replace it as a whole, so that arrays of a few elements go
through what large arrays do (``limits.now = replace(limits.now, grain=16)``). Sizes alone decide,
never the number of threads: results do not depend on it. Each limit says its unit and its reason,
and the workload of `benchmarks/programs.py` that set it, where one did.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    # ------------------------------------------------------------------ kernels and launches
    #: Points of one chunk of a launch, of the weight of an addition: a step of fewer is small.
    grain: int = 1 << 15
    #: Values computed by one kernel: two kernels compute again what both need, and take longer to
    #: compile.
    kernel_values: int = 4000
    #: Arrays that one kernel reads and writes.
    kernel_arrays: int = 40
    #: Chunks of a step with partial results that are arrays, at most; and points per element of
    #: these.
    partial_chunks: int = 64
    partial_points: int = 8

    #: Bytes of an array that a kernel of a group leaves, and of all that a group does, at most: a
    #: plan keeps them as long as it lives, and a kernel over more takes longer than its launch.
    group_array: int = 1 << 15
    group_memory: int = 1 << 19

    # ------------------------------------------------------------------ rewrite
    #: Products with so many rows or columns are taken apart into products with vectors, in one pass
    #: over the other operand; from so many elements on, since then a pass over memory counts
    #: (regression).
    skinny: int = 4
    skinny_elements: int = 1 << 12
    #: Multiplications of a matrix product in the body of a loop up to which kernels do it: BLAS
    #: takes 0.07 us for as many from a driver. And of a product of stacks of matrices, which may
    #: need Python (10 us).
    loop_product: int = 1 << 8
    loop_stack_product: int = 1 << 14
    #: Work of a kernel beside products in the body of a loop up to which a driver runs it in one
    #: piece, on one thread: more is worth a turn run from Python.
    driven_work: int = 1 << 18
    #: Elements of the largest array that the body of a loop computes up to which sizes are part of
    #: its kernels: LLVM unrolls and vectorises what goes over a small state (ode_loop).
    literal_points: int = 256
    #: Statements, and bytes of memory on the stack, of a kernel that does all turns of a loop;
    #: beyond, a driver calls the kernels of a turn. The time to compile grows faster than the
    #: number of statements (1750: 6 s), and the stack of a thread may be as small as 512 KiB.
    loop_statements: int = 2000
    loop_stack: int = 1 << 17
    #: Lanes that a kernel runs all turns of a loop for at once, and elements of the arrays of a
    #: turn for so many. LLVM unrolls loops over fewer lanes before it looks for vectors, and does
    #: not find all (orbits: 16 lanes 42 ms, 32 22, 64 8.1, 128 21: they leave the first cache).
    lanes: int = 64
    lane_points: int = 1024
    #: Nested operations that a factor is looked for in.
    factor_depth: int = 12

    # ------------------------------------------------------------------ schedule
    #: Flops from which a value is materialised when it is wanted in two contexts.
    recomputed_flops: int = 20
    #: Flops of a number from which it is materialised when a loop reads it: below, each chunk of a
    #: launch computes it again (norm, logsumexp). And when two kernels read it: a scalar kernel
    #: costs a call (variance).
    hoisted_flops: int = 9
    shared_number_flops: int = 3
    #: Flops from which an elementwise value is materialised when the innermost loop goes over an
    #: axis that it has not, and would compute it again at each point (normalized_rows, logistic;
    #: below, as in least_squares, a store and a load cost more).
    repeated_flops: int = 8
    #: Contexts from which any value is materialised: bounds the growth of repeated stencils.
    contexts: int = 4
    #: Pads within pads from which a value is materialised: compile time grows with the square of
    #: their number.
    nested_pads: int = 2
    #: Parts that a sum of pads along the last axis consists of, from which those of
    #: `recomputed_flops` are materialised: two are computed faster in a loop that is cut between
    #: them (a gated linear unit: 0.7 ms against 1.2; the four gates of an LSTM: 3.8 against 1.0).
    padded_parts: int = 3
    #: And elements of the whole: of fewer, another loop is not worth it (writes_in_a_loop).
    parted_elements: int = 64
    #: Flops from which several stages of a step share a value: a store and loads of the first
    #: cache.
    shared_flops: int = 8
    #: Outer points from which a large step may have several stages: they are what is run in
    #: parallel.
    outer_points: int = 16
    #: Steps with a stage over the same space that a value may join: the last ones.
    considered_steps: int = 32
    #: Points of a unit of a large step of several stages: what is not in the cache any more when
    #: the next stage comes is read as fast by another kernel, which is cut along any axis. And
    #: columns of a unit, at least.
    unit_points: int = 1 << 16
    unit_columns: int = 64
    #: Points per element of a reduction over outer axes, of which each chunk has a partial result.
    reduced_points: int = 16
    #: The most that a sum may grow by when its operand is padded, as a factor, unless it has fewer
    #: elements: then a launch is what counts (rosenbrock).
    padded_growth: int = 2
    padded_elements: int = 4096

    # ------------------------------------------------------------------ loops of simple nests
    #: Columns of one block (form "column"), and elements of one block of a long inner loop (form
    #: "rows").
    block_columns: int = 1024
    block_inner: int = 16384
    #: Blocks of rows that a column reduction is split in, where its columns are few.
    column_parts: int = 16
    #: Offsets along the last axis that are part of a kernel's text, at most (rosenbrock).
    baked_offset: int = 2
    #: Blocks of one chunk of a scan over everything. 8 were as fast in the cache, but half as fast
    #: where four arrays come from memory (weighted_cumsum).
    scan_lanes: int = 4
    #: Values of float32 that are summed in float32, before their sum is added to one of float64.
    sum_block: int = 1024

    # ------------------------------------------------------------------ tiles of row programs
    #: Points of one tile of columns, at most: as wide as the cache allows, since narrow ones read
    #: memory in short pieces (64 x 256 x 512, float32: 9 ms with tiles of 128 columns, 3.3 with
    #: 512).
    tile_points: int = 1 << 17
    #: Bytes that the stages touch in a tile of rows: those stay in the first cache.
    tile_bytes: int = 1 << 14
    #: The bounds of a tile of columns and of rows.
    tile_columns: tuple = (64, 1024)
    tile_rows: tuple = (1, 512)
    #: Length of an axis up to which it is no tile of a large step, if there is another.
    tile_length: int = 32
    #: Flops from which a column stage computes a value of the tile once, not at each iteration of
    #: its inner loops.
    fixed_flops: int = 4

    # ------------------------------------------------------------------ transformations of loops
    #: Length of an innermost loop of a large step up to which it is part of the kernel, one for
    #: each: LLVM unrolls it, and the rows are in vectors (of numbers that lie so far apart; LLVM
    #: reads up to eight together; distances).
    unrolled: int = 8
    #: Length of a loop up to which joint stages do not share it: what is left of it after whole
    #: vectors takes too long.
    joint_length: int = 32
    #: Bytes of an innermost loop up to which what is left of it after whole vectors (of so many
    #: bytes) takes longer than they: a function of 60 instructions takes 25 ns for one number, and
    #: 1 to 5 for eight. Flops from which a function is such a one.
    ragged_bytes: int = 256
    vector_bytes: int = 64
    expensive_flops: int = 8
    #: Bytes of rows that are prefetched; the processor is good at longer ones. How many bytes
    #: ahead, in arrays of so many bytes, which do not stay in the second cache (regression).
    prefetched_row: tuple = (64, 2048)
    prefetched_ahead: int = 1 << 14
    prefetched_array: int = 1 << 18
    #: Rows that are jammed where they have a sum each, and where they have one sum; flops per
    #: number, and bytes of rows with a sum each, at most: four longer ones were asked for in too
    #: large pieces (regression).
    jammed_sums: int = 4
    jammed_rows: int = 8
    jammed_flops: int = 8
    jammed_bytes: int = 512
    #: Rows of a scan that an expensive stage interleaves: a vector of float64. Elements of a piece
    #: of a row: what is fed of all rows is in memory of a fixed size, and in the first cache. Flops
    #: from which a scan alone makes its elements wait so long that its rows are interleaved in
    #: large steps.
    interleaved_rows: int = 8
    interleaved_piece: int = 128
    interleaved_flops: int = 4

    # ------------------------------------------------------------------ calls
    #: Columns of a tile of the rows that are added up by indices, or more (the gradients of `take`
    #: and `take_along_axis` in `benchmarks/asv/bench_ops.py`).
    call_tile: int = 32
    #: Outer units from which the axes behind are not cut into tiles.
    call_units: int = 64
    #: Parts of the positions, at most, if each row is named so often on average: each part adds up
    #: in an array of its own.
    scatter_parts: int = 64
    scatter_repeats: int = 8
    #: Width of rows up to which it is part of the code, from `grain` elements on.
    scatter_width: int = 8
    #: Rows of matrices up to which they are factorised and solved in loops of ours, and columns of
    #: their right sides.
    small_matrix: int = 16


now = Limits()
