// The order in which dot products of queries and rows are made: by small tiles, within chunks of rows that stay in the first cache.
#pragma once

#include "simd.hpp"

namespace rankfold::RANKFOLD_LEVEL {

// Calls work.tile<ROWS, QUERIES>(query, row) until all q * n pairs are covered. A tile has one pair or a multiple of four.
template <typename Work>
inline void over_tiles(const Work& work, size_t q, size_t n, size_t row_bytes) {
    const size_t chunk = (16384 / (row_bytes + 1) + 4) / 4 * 4;
    for (size_t first = 0; first < n; first += chunk) {
        const size_t last = least(first + chunk, n);
        size_t j = 0;
        for (; j + 4 <= q; j += 4) {
            size_t i = first;
            for (; i + 2 <= last; i += 2) work.template tile<2, 4>(j, i);
            for (; i < last; ++i) work.template tile<1, 4>(j, i);
        }
        for (; j < q; ++j) {
            size_t i = first;
            for (; i + 4 <= last; i += 4) work.template tile<4, 1>(j, i);
            for (; i < last; ++i) work.template tile<1, 1>(j, i);
        }
    }
}

// The totals of COUNT vectors.
template <size_t COUNT>
RANKFOLD_INLINE void all_totals(const I32* sums, std::int32_t* to) {
    static_assert(COUNT == 1 || COUNT % 4 == 0, "totals come in fours");
    if constexpr (COUNT == 1) {
        std::int32_t four[4];
        totals(sums[0], zero32(), zero32(), zero32(), four);
        to[0] = four[0];
    } else {
        for (size_t i = 0; i < COUNT; i += 4) totals(sums[i], sums[i + 1], sums[i + 2], sums[i + 3], to + i);
    }
}

}  // namespace rankfold::RANKFOLD_LEVEL
