// The Python module: typed arrays in, one kernel of one level, the interpreter lock released meanwhile. The only file that knows Python.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstring>

#include "level.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace bound {

using namespace rankfold;

template <typename T, size_t RANK>
using Array = nb::ndarray<T, nb::ndim<RANK>, nb::c_contig, nb::device::cpu>;

const Kernels& kernels_of(const char* name) {
    size_t count;
    const Level* const levels = all_levels(count);
    for (size_t i = 0; i < count; ++i) {
        if (std::strcmp(levels[i].name, name) == 0 && levels[i].here()) return *levels[i].kernels;
    }
    throw nb::value_error("no such level on this machine");
}

nb::list level_names() {
    size_t count;
    const Level* const levels = all_levels(count);
    nb::list names;
    for (size_t i = 0; i < count; ++i) {
        if (levels[i].here()) names.append(levels[i].name);
    }
    return names;
}

using Packed = Array<const std::uint8_t, 3>;
using Numbers = Array<const float, 1>;

void run_lut(Lut* lut, const Packed& tables, const Packed& packed, const Numbers& step, const Numbers& offset, const Array<float, 2>& out) {
    const auto scale = Scale{step.data(), offset.data()};
    nb::gil_scoped_release unlocked;
    lut(tables.data(), packed.data(), scale, out.data(), out.shape(0), out.shape(1), packed.shape(1));
}

void run_lut_top(LutTop* lut, const Packed& tables, const Packed& packed, const Numbers& step, const Numbers& offset, const Numbers& row_scale,
                 std::int64_t first, const Array<float, 2>& top_scores, const Array<std::int64_t, 2>& top_rows) {
    const auto scale = Scale{step.data(), offset.data()};
    nb::gil_scoped_release unlocked;
    lut(tables.data(), packed.data(), scale, row_scale.data(), first, top_scores.data(), top_rows.data(), top_scores.shape(0), row_scale.shape(0),
        packed.shape(1), top_scores.shape(1));
}

void dot8(const char* level, const Array<const std::int16_t, 2>& queries, const Array<const std::int8_t, 2>& rows, const Array<std::int32_t, 2>& out) {
    const Kernels& run = kernels_of(level);
    nb::gil_scoped_release unlocked;
    run.dot8(queries.data(), rows.data(), out.data(), queries.shape(0), rows.shape(0), rows.shape(1));
}

void dot8_top(const char* level, const Array<const std::int16_t, 2>& queries, const Array<const std::int8_t, 2>& rows, const Numbers& step, const Numbers& offset,
              const Numbers& row_scale, float longest, std::int64_t first, const Array<float, 2>& top_scores, const Array<std::int64_t, 2>& top_rows) {
    const Kernels& run = kernels_of(level);
    nb::gil_scoped_release unlocked;
    run.dot8_top(queries.data(), rows.data(), {step.data(), offset.data()}, row_scale.data(), longest, first, top_scores.data(), top_rows.data(), queries.shape(0),
                 rows.shape(0), rows.shape(1), top_scores.shape(1));
}

void interleave(const char* level, const Array<const std::uint8_t, 2>& codes, const Array<std::uint8_t, 3>& out) {
    const Kernels& run = kernels_of(level);
    nb::gil_scoped_release unlocked;
    run.interleave(codes.data(), out.data(), codes.shape(0), codes.shape(1));
}

void lut8(const char* level, const Packed& tables, const Packed& packed, const Numbers& step, const Numbers& offset, const Array<float, 2>& out) {
    run_lut(kernels_of(level).lut8, tables, packed, step, offset, out);
}

void lut4(const char* level, const Packed& tables, const Packed& packed, const Numbers& step, const Numbers& offset, const Array<float, 2>& out) {
    run_lut(kernels_of(level).lut4, tables, packed, step, offset, out);
}

void lut8_top(const char* level, const Packed& tables, const Packed& packed, const Numbers& step, const Numbers& offset, const Numbers& row_scale,
              std::int64_t first, const Array<float, 2>& top_scores, const Array<std::int64_t, 2>& top_rows) {
    run_lut_top(kernels_of(level).lut8_top, tables, packed, step, offset, row_scale, first, top_scores, top_rows);
}

void lut4_top(const char* level, const Packed& tables, const Packed& packed, const Numbers& step, const Numbers& offset, const Numbers& row_scale,
              std::int64_t first, const Array<float, 2>& top_scores, const Array<std::int64_t, 2>& top_rows) {
    run_lut_top(kernels_of(level).lut4_top, tables, packed, step, offset, row_scale, first, top_scores, top_rows);
}

void bits(const char* level, const Array<const std::uint64_t, 3>& planes, const Array<const std::uint64_t, 2>& rows, const Numbers& step,
          const Numbers& offset, const Array<float, 2>& out) {
    const Kernels& run = kernels_of(level);
    nb::gil_scoped_release unlocked;
    run.bits(planes.data(), rows.data(), {step.data(), offset.data()}, out.data(), planes.shape(0), rows.shape(0), rows.shape(1));
}

void nearest(const char* level, const Array<const float, 2>& x, const Array<const float, 2>& centroids, const Numbers& half_norms,
             const Array<std::int32_t, 1>& best, const Array<float, 1>& score) {
    const Kernels& run = kernels_of(level);
    nb::gil_scoped_release unlocked;
    run.nearest(x.data(), centroids.data(), half_norms.data(), best.data(), score.data(), x.shape(0), centroids.shape(0), x.shape(1));
}

void beam(const char* level, const Array<const float, 2>& dots, const Numbers& cross, const Array<const float, 2>& half_norms,
          const Array<std::uint8_t, 2>& codes, const Array<float, 1>& cost, size_t width) {
    const Kernels& run = kernels_of(level);
    nb::gil_scoped_release unlocked;
    run.beam(dots.data(), cross.data(), half_norms.data(), codes.data(), cost.data(), dots.shape(0), half_norms.shape(0), half_norms.shape(1), width);
}

void select(const char* level, const Array<const float, 2>& scores, std::int64_t first, const Array<float, 2>& top_scores,
            const Array<std::int64_t, 2>& top_rows) {
    const Kernels& run = kernels_of(level);
    nb::gil_scoped_release unlocked;
    run.select(scores.data(), first, top_scores.data(), top_rows.data(), scores.shape(0), scores.shape(1), top_scores.shape(1));
}

using Bytes = Array<const std::uint8_t, 1>;
using Tables = Array<const std::int8_t, 2>;

Trellis trellis_of(const Numbers& reach, const Bytes& advance, const Bytes& which, const Tables& tables, size_t bytes) {
    return {reach.data(), advance.data(), which.data(), tables.data(), reach.shape(0), bytes, tables.shape(0), tables.shape(1)};
}

void trellis_encode(const char* level, const Array<const float, 2>& targets, const Numbers& reach, const Bytes& advance, const Bytes& which,
                    const Tables& tables, const Array<std::uint8_t, 2>& out, const Array<float, 1>& cost) {
    const Kernels& run = kernels_of(level);
    const Trellis trellis = trellis_of(reach, advance, which, tables, out.shape(1));
    nb::gil_scoped_release unlocked;
    run.trellis_encode(targets.data(), trellis, out.data(), cost.data(), targets.shape(0));
}

void trellis_decode(const char* level, const Array<const std::uint8_t, 2>& codes, const Numbers& reach, const Bytes& advance, const Bytes& which,
                    const Tables& tables, const Array<float, 2>& out) {
    const Kernels& run = kernels_of(level);
    const Trellis trellis = trellis_of(reach, advance, which, tables, codes.shape(1));
    nb::gil_scoped_release unlocked;
    run.trellis_decode(codes.data(), trellis, out.data(), codes.shape(0));
}

void trellis_scan(const char* level, const Array<const std::int16_t, 2>& queries, const Array<const std::uint8_t, 2>& codes, const Bytes& advance,
                  const Bytes& which, const Tables& tables, const Numbers& step, const Numbers& offset, const Array<float, 2>& out) {
    const Kernels& run = kernels_of(level);
    const Trellis trellis = {nullptr, advance.data(), which.data(), tables.data(), advance.shape(0), codes.shape(1), tables.shape(0), tables.shape(1)};
    nb::gil_scoped_release unlocked;
    run.trellis_scan(queries.data(), codes.data(), trellis, {step.data(), offset.data()}, out.data(), queries.shape(0), codes.shape(0));
}

void trellis_top(const char* level, const Array<const std::int16_t, 2>& queries, const Array<const std::uint8_t, 2>& codes, const Bytes& advance,
                 const Bytes& which, const Tables& tables, const Numbers& step, const Numbers& offset, const Numbers& row_scale, std::int64_t first,
                 const Array<float, 2>& top_scores, const Array<std::int64_t, 2>& top_rows) {
    const Kernels& run = kernels_of(level);
    const Trellis trellis = {nullptr, advance.data(), which.data(), tables.data(), advance.shape(0), codes.shape(1), tables.shape(0), tables.shape(1)};
    nb::gil_scoped_release unlocked;
    run.trellis_top(queries.data(), codes.data(), trellis, {step.data(), offset.data()}, row_scale.data(), first, top_scores.data(), top_rows.data(),
                    queries.shape(0), codes.shape(0), top_scores.shape(1));
}

using Whole = Array<const std::int16_t, 1>;
using Rows = Array<const std::uint8_t, 2>;

void sparse_scan(const char* level, const Array<const std::int16_t, 2>& queries, const Rows& index, size_t index_bits, const Bytes& profile,
                 const Array<const std::int16_t, 2>& profiles, const Rows& codes, const Whole& levels, const Bytes& scale, const Numbers& scales, const Bytes& fine,
                 const Numbers& fines, const Bytes& detail, const Array<const std::int16_t, 2>& details, const Numbers& step, const Array<float, 2>& out) {
    const Kernels& run = kernels_of(level);
    SparseRows rows = {};
    rows.index = index.data(), rows.codes = codes.data(), rows.profile = profile.data(), rows.scale = scale.data();
    rows.fine = fine.shape(0) ? fine.data() : nullptr;
    rows.detail = detail.data(), rows.details = details.shape(0) ? details.data() : nullptr;
    rows.profiles = profiles.shape(0) ? profiles.data() : nullptr;
    rows.levels = levels.data(), rows.scales = scales.data(), rows.fines = fines.data();
    rows.latents = queries.shape(1), rows.index_bits = index_bits, rows.index_bytes = index.shape(1), rows.code_bytes = codes.shape(1);
    rows.level_count = levels.shape(0), rows.k = profiles.shape(1);
    nb::gil_scoped_release unlocked;
    run.sparse_scan(queries.data(), rows, step.data(), out.data(), queries.shape(0), index.shape(0));
}

using Starts = Array<const std::uint32_t, 1>;
using Longs = Array<const std::int64_t, 1>;

void inverted_top(const char* level, const Starts& starts, const Array<const std::uint16_t, 1>& local, const Array<const std::int8_t, 1>& value,
                  const Array<const float, 2>& step, std::int64_t first, size_t rows, size_t window, size_t begin, size_t end, const Array<const std::int32_t, 2>& latent,
                  const Array<const float, 2>& weight, const Bytes& hidden, const Longs& barred_starts, const Longs& barred,
                  const Array<float, 2>& top_scores, const Array<std::int64_t, 2>& top_rows) {
    const Kernels& run = kernels_of(level);
    const Postings postings = {starts.data(), local.data(), value.data(), step.data(), first, rows, window, step.shape(1)};
    const Asked asked = {latent.data(), weight.data(), hidden.shape(0) ? hidden.data() : nullptr, barred_starts.data(), barred.data(), latent.shape(1)};
    nb::gil_scoped_release unlocked;
    run.inverted_top(postings, asked, begin, end, top_scores.data(), top_rows.data(), latent.shape(0), top_rows.shape(1));
}

using Counts = Array<const std::uint16_t, 2>;
using Chosen = Array<const std::int32_t, 1>;

void rans_encode(const char* level, const Array<const std::uint8_t, 2>& planes, const Counts& counts, const Chosen& chosen,
                 const Array<std::uint32_t, 1>& states, const Array<std::uint16_t, 1>& words, const Array<std::int64_t, 1>& used) {
    const Kernels& run = kernels_of(level);
    nb::gil_scoped_release unlocked;
    run.rans_encode(planes.data(), counts.data(), chosen.data(), states.data(), words.data(), used.data(), planes.shape(0), planes.shape(1));
}

void rans_decode(const char* level, const Array<const std::uint32_t, 1>& states, const Array<const std::uint16_t, 1>& words, const Counts& counts,
                 const Chosen& chosen, const Array<std::uint8_t, 2>& planes, const Array<std::int64_t, 1>& left) {
    const Kernels& run = kernels_of(level);
    nb::gil_scoped_release unlocked;
    run.rans_decode(states.data(), words.data(), counts.data(), chosen.data(), planes.data(), left.data(), words.shape(0), planes.shape(0), planes.shape(1));
}

void omp(const char* level, const Array<const float, 2>& start, const Array<const float, 2>& gram, const Array<std::int32_t, 2>& index,
         const Array<float, 2>& value) {
    const Kernels& run = kernels_of(level);
    nb::gil_scoped_release unlocked;
    run.omp(start.data(), gram.data(), index.data(), value.data(), start.shape(0), start.shape(1), index.shape(1));
}

void topk_rows(const char* level, const Array<const float, 2>& x, const Array<const float, 2>& encoder, const Numbers& bias,
               const Array<std::int32_t, 2>& index, const Array<float, 2>& value) {
    const Kernels& run = kernels_of(level);
    nb::gil_scoped_release unlocked;
    run.topk_rows(x.data(), encoder.data(), bias.data(), index.data(), value.data(), x.shape(0), encoder.shape(0), x.shape(1), index.shape(1));
}

}  // namespace bound

NB_MODULE(_native, module) {
    const auto array = [](const char* name) { return nb::arg(name).noconvert(); };
    module.doc() = "Compiled kernels; rankfold.kernels checks the arguments.";
    module.def("levels", bound::level_names);
    module.def("dot8", bound::dot8, "level"_a, array("queries"), array("rows"), array("out"));
    module.def("dot8_top", bound::dot8_top, "level"_a, array("queries"), array("rows"), array("step"), array("offset"), array("row_scale"), "longest"_a, "first"_a,
               array("top_scores"), array("top_rows"));
    module.def("interleave", bound::interleave, "level"_a, array("codes"), array("out"));
    module.def("lut8", bound::lut8, "level"_a, array("tables"), array("packed"), array("step"), array("offset"), array("out"));
    module.def("lut4", bound::lut4, "level"_a, array("tables"), array("packed"), array("step"), array("offset"), array("out"));
    module.def("lut8_top", bound::lut8_top, "level"_a, array("tables"), array("packed"), array("step"), array("offset"), array("row_scale"), "first"_a,
               array("top_scores"), array("top_rows"));
    module.def("lut4_top", bound::lut4_top, "level"_a, array("tables"), array("packed"), array("step"), array("offset"), array("row_scale"), "first"_a,
               array("top_scores"), array("top_rows"));
    module.def("bits", bound::bits, "level"_a, array("planes"), array("rows"), array("step"), array("offset"), array("out"));
    module.def("nearest", bound::nearest, "level"_a, array("x"), array("centroids"), array("half_norms"), array("best"), array("score"));
    module.def("beam", bound::beam, "level"_a, array("dots"), array("cross"), array("half_norms"), array("codes"), array("cost"), "width"_a);
    module.def("select", bound::select, "level"_a, array("scores"), "first"_a, array("top_scores"), array("top_rows"));
    module.def("trellis_encode", bound::trellis_encode, "level"_a, array("targets"), array("reach"), array("advance"), array("which"), array("tables"),
               array("out"), array("cost"));
    module.def("trellis_decode", bound::trellis_decode, "level"_a, array("codes"), array("reach"), array("advance"), array("which"), array("tables"),
               array("out"));
    module.def("trellis_scan", bound::trellis_scan, "level"_a, array("queries"), array("codes"), array("advance"), array("which"), array("tables"),
               array("step"), array("offset"), array("out"));
    module.def("trellis_top", bound::trellis_top, "level"_a, array("queries"), array("codes"), array("advance"), array("which"), array("tables"), array("step"),
               array("offset"), array("row_scale"), "first"_a, array("top_scores"), array("top_rows"));
    module.def("sparse_scan", bound::sparse_scan, "level"_a, array("queries"), array("index"), "index_bits"_a, array("profile"), array("profiles"),
               array("codes"), array("levels"), array("scale"), array("scales"), array("fine"), array("fines"), array("detail"), array("details"), array("step"), array("out"));
    module.def("inverted_top", bound::inverted_top, "level"_a, array("starts"), array("local"), array("value"), array("step"), "first"_a, "rows"_a, "window"_a, "begin"_a, "end"_a,
               array("latent"), array("weight"), array("hidden"), array("barred_starts"), array("barred"), array("top_scores"), array("top_rows"));
    module.def("rans_encode", bound::rans_encode, "level"_a, array("planes"), array("counts"), array("chosen"), array("states"), array("words"), array("used"));
    module.def("rans_decode", bound::rans_decode, "level"_a, array("states"), array("words"), array("counts"), array("chosen"), array("planes"), array("left"));
    module.def("omp", bound::omp, "level"_a, array("start"), array("gram"), array("index"), array("value"));
    module.def("topk_rows", bound::topk_rows, "level"_a, array("x"), array("encoder"), array("bias"), array("index"), array("value"));
}
