// What a level provides. Sizes: q queries, n rows, d dimensions, g groups, k kept or centroids, w words of 64 bits.
// The arguments are described, and checked, in rankfold/kernels/__init__.py.
#pragma once

#include <cstddef>
#include <cstdint>

namespace rankfold {

using std::size_t;

constexpr size_t BLOCK = 64;

struct Scale {
    const float* step;
    const float* offset;
};

// Rings of `bytes` bytes for m coordinates, whose windows look into `count` tables of `size` values.
struct Trellis {
    const float* reach;
    const std::uint8_t* advance;
    const std::uint8_t* which;
    const std::int8_t* tables;
    size_t m, bytes, count, size;
};

// Rows of k nonzeros. `index` holds k numbers a row, in rows of index_bytes: indices of index_bits, or with profiles a sign above each. Values are those of
// the row's profile, plus those of its detail where there are details, or without profiles levels[code], codes in rows of code_bytes. Scales of a row: scales[scale], times fines[fine] where there is one.
struct SparseRows {
    const std::uint8_t *index, *codes, *profile, *detail, *scale, *fine;
    const std::int16_t *profiles, *details, *levels;
    const float *scales, *fines;
    size_t latents, index_bits, index_bytes, code_bytes, level_count, k;
};
// Rows first, first + 1, ... by latent: in window w of rows the list of latent l is starts[l * windows + w] to the next start, a row within the window and a
// value each, whose unit is step[l * windows + w].
struct Postings {
    const std::uint32_t* starts;
    const std::uint16_t* local;
    const std::int8_t* value;
    const float* step;
    std::int64_t first;
    size_t n, window, windows;
};

// Queries of `lists` latents and weights each; rows that none may get, as bytes or nullptr, and sorted lists of rows that one query may not get.
struct Asked {
    const std::int32_t* latent;
    const float* weight;
    const std::uint8_t* hidden;
    const std::int64_t *barred_starts, *barred;
    size_t lists;
};

using Dot8 = void(const std::int16_t* queries, const std::int8_t* rows, std::int32_t* out, size_t q, size_t n, size_t d);
using Dot8Top = void(const std::int16_t* queries, const std::int8_t* rows, Scale scale, const float* row_scale, float longest, std::int64_t first_row,
                     float* top_scores, std::int64_t* top_rows, size_t q, size_t n, size_t d, size_t k);
using Interleave = void(const std::uint8_t* codes, std::uint8_t* out, size_t n, size_t g);
using Lut = void(const std::uint8_t* tables, const std::uint8_t* packed, Scale scale, float* out, size_t q, size_t n, size_t g);
using LutTop = void(const std::uint8_t* tables, const std::uint8_t* packed, Scale scale, const float* row_scale, std::int64_t first_row, float* top_scores,
                    std::int64_t* top_rows, size_t q, size_t n, size_t g, size_t k);
using Bits = void(const std::uint64_t* planes, const std::uint64_t* rows, Scale scale, float* out, size_t q, size_t n, size_t w);
using Nearest = void(const float* x, const float* centroids, const float* half_norms, std::int32_t* best, float* score, size_t n, size_t k, size_t d);
using Beam = void(const float* dots, const float* cross, const float* half_norms, std::uint8_t* codes, float* cost, size_t n, size_t levels, size_t size, size_t width);
using Select = void(const float* scores, std::int64_t first, float* top_scores, std::int64_t* top_rows, size_t q, size_t n, size_t k);
using TrellisEncode = void(const float* targets, const Trellis& trellis, std::uint8_t* codes, float* cost, size_t n);
using TrellisDecode = void(const std::uint8_t* codes, const Trellis& trellis, float* out, size_t n);
using TrellisScan = void(const std::int16_t* queries, const std::uint8_t* codes, const Trellis& trellis, Scale scale, float* out, size_t q, size_t n);
using TrellisTop = void(const std::int16_t* queries, const std::uint8_t* codes, const Trellis& trellis, Scale scale, const float* row_scale,
                        std::int64_t first_row, float* top_scores, std::int64_t* top_rows, size_t q, size_t n, size_t k);
using SparseScan = void(const std::int16_t* queries, const SparseRows& rows, const float* step, float* out, size_t q, size_t n);
using InvertedTop = void(const Postings& postings, const Asked& asked, size_t begin, size_t end, float* top_scores, std::int64_t* top_rows, size_t q, size_t k);
using RansEncode = void(const std::uint8_t* planes, const std::uint16_t* counts, const std::int32_t* chosen, std::uint32_t* states, std::uint16_t* words,
                        std::int64_t* used, size_t w, size_t n);
using RansDecode = void(const std::uint32_t* states, const std::uint16_t* words, const std::uint16_t* counts, const std::int32_t* chosen,
                        std::uint8_t* planes, std::int64_t* left, size_t length, size_t w, size_t n);
using Omp = void(const float* start, const float* gram, std::int32_t* index, float* value, size_t n, size_t h, size_t k);
using TopkRows = void(const float* x, const float* encoder, const float* bias, std::int32_t* index, float* value, size_t n, size_t h, size_t d, size_t k);

struct Kernels {
    Dot8* dot8;
    Dot8Top* dot8_top;
    Interleave* interleave;
    Lut* lut8;
    Lut* lut4;
    LutTop* lut8_top;
    LutTop* lut4_top;
    Bits* bits;
    Nearest* nearest;
    Beam* beam;
    Select* select;
    RansEncode* rans_encode;
    RansDecode* rans_decode;
    TrellisEncode* trellis_encode;
    TrellisDecode* trellis_decode;
    TrellisScan* trellis_scan;
    TrellisTop* trellis_top;
    SparseScan* sparse_scan;
    InvertedTop* inverted_top;
    Omp* omp;
    TopkRows* topk_rows;
};

#ifdef RANKFOLD_LEVEL
namespace RANKFOLD_LEVEL {
Dot8 dot8;
Dot8Top dot8_top;
Interleave interleave;
Lut lut8;
Lut lut4;
LutTop lut8_top;
LutTop lut4_top;
Bits bits;
Nearest nearest;
Beam beam;
Select select;
TrellisEncode trellis_encode;
TrellisDecode trellis_decode;
TrellisScan trellis_scan;
TrellisTop trellis_top;
SparseScan sparse_scan;
InvertedTop inverted_top;
RansEncode rans_encode;
RansDecode rans_decode;
Omp omp;
TopkRows topk_rows;
}  // namespace RANKFOLD_LEVEL
#endif

}  // namespace rankfold
