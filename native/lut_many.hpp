// The scan of many queries at once: one table entry of all of them side by side, so that one load and one add serve them all.
#pragma once

#include "simd.hpp"

namespace rankfold::RANKFOLD_LEVEL {

constexpr size_t MANY = LUT_ROWS;         // queries, one a lane
constexpr size_t MANY_GROUPS = 256;       // so many entries of at most 255 fit 16 bits
constexpr size_t MANY_ROWS = 4 * BLOCK;  // whose sums stay in the first cache beside the tables of two groups

// Tables (MANY, g, 256) -> (g, 256, MANY).
inline void turn_tables(const std::uint8_t* tables, size_t g, std::uint8_t* turned) {
    for (size_t group = 0; group < g; ++group) {
        for (size_t query = 0; query < MANY; ++query) {
            const std::uint8_t* const from = tables + (query * g + group) * 256;
            std::uint8_t* const to = turned + group * 256 * MANY + query;
            for (size_t entry = 0; entry < 256; ++entry) to[entry * MANY] = from[entry];
        }
    }
}

// sums[row] += the entries of `count` groups (one or two) for all rows of the blocks.
template <size_t COUNT>
inline void add_groups(const std::uint8_t* turned, const std::uint8_t* packed, size_t g, size_t blocks, Sums* sums) {
    for (size_t block = 0; block < blocks; ++block) {
        const std::uint8_t* const codes = packed + block * g * BLOCK;
        for (size_t row = 0; row < BLOCK; ++row) {
            Sums sum = sums[block * BLOCK + row];
            for (size_t i = 0; i < COUNT; ++i) add(sum, load_bytes(turned + (i * 256 + codes[i * BLOCK + row]) * MANY));
            sums[block * BLOCK + row] = sum;
        }
    }
}

// MANY queries over all rows; calls write(query, first row, 64 sums) for every query and block.
template <typename Write>
inline void scan_many(const std::uint8_t* tables, const std::uint8_t* packed, size_t n, size_t g, std::uint8_t* turned, const Write& write) {
    turn_tables(tables, g, turned);
    for (size_t start = 0; start < n; start += MANY_ROWS) {
        const size_t blocks = (least(MANY_ROWS, n - start) + BLOCK - 1) / BLOCK;
        const std::uint8_t* const codes = packed + start * g;
        Sums sums[MANY_ROWS];
        size_t group = 0;
        for (; group + 4 <= g; group += 4) add_groups<4>(turned + group * 256 * MANY, codes + group * BLOCK, g, blocks, sums);
        for (; group < g; ++group) add_groups<1>(turned + group * 256 * MANY, codes + group * BLOCK, g, blocks, sums);
        for (size_t block = 0; block < blocks; ++block) {
            std::uint16_t stored[BLOCK * MANY];
            for (size_t row = 0; row < BLOCK; ++row) store(sums[block * BLOCK + row], stored + row * MANY);
            for (size_t query = 0; query < MANY; ++query) {
                std::int32_t turned_sums[BLOCK];
                for (size_t row = 0; row < BLOCK; ++row) turned_sums[row] = stored[row * MANY + query];
                write(query, start + block * BLOCK, turned_sums);
            }
        }
    }
}

}  // namespace rankfold::RANKFOLD_LEVEL
