// Exact dot products of 16-bit queries with 8-bit rows, by tiles.
#pragma once

#include "tiles.hpp"

namespace rankfold::RANKFOLD_LEVEL {

constexpr size_t AHEAD_BYTES = 2048;

struct Dot8Work {
    const std::int16_t* queries;
    const std::int8_t* rows;
    std::int32_t* out;
    size_t n, d;

    template <size_t ROWS, size_t QUERIES>
    inline void tile(size_t first_query, size_t first_row) const {
        const std::int16_t* const query = queries + first_query * d;
        const std::int8_t* const row = rows + first_row * d;
        // With one query the work waits for memory: ask for the rows after the next ones.
        if (QUERIES == 1) {
            for (size_t at = 0; at < ROWS * d; at += 64) __builtin_prefetch(row + AHEAD_BYTES + at);
        }
        I32 sums[ROWS * QUERIES];
        for (I32& sum : sums) sum = zero32();
        const size_t whole = d / LANES16 * LANES16;
        for (size_t at = 0; at < whole; at += LANES16) {
            I16 wide[ROWS];
            for (size_t i = 0; i < ROWS; ++i) wide[i] = widen8(row + i * d + at);
            for (size_t j = 0; j < QUERIES; ++j) {
                const I16 part = load16(query + j * d + at);
                for (size_t i = 0; i < ROWS; ++i) sums[j * ROWS + i] = add_dot(sums[j * ROWS + i], wide[i], part);
            }
        }
        std::int32_t dots[ROWS * QUERIES];
        all_totals<ROWS * QUERIES>(sums, dots);
        for (size_t j = 0; j < QUERIES; ++j) {
            for (size_t i = 0; i < ROWS; ++i) {
                std::int32_t dot = dots[j * ROWS + i];
                for (size_t at = whole; at < d; ++at) dot += std::int32_t(query[j * d + at]) * row[i * d + at];
                out[(first_query + j) * n + first_row + i] = dot;
            }
        }
    }
};

}  // namespace rankfold::RANKFOLD_LEVEL
