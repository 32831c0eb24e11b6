// What tiles would do, for levels without them: nothing calls it there, and it says what the words of simd_tiles.hpp mean.
#pragma once

namespace rankfold::RANKFOLD_LEVEL {

constexpr bool TILES = false;

struct TileUse {
    TileUse() {}
};

RANKFOLD_INLINE void multiply_tiles(const std::int8_t* rows, size_t stride, const std::int8_t* columns, const std::int8_t* others, size_t steps, std::int32_t* sums,
                                    const std::int8_t*, size_t) {
    for (size_t row = 0; row < 32; ++row) {
        for (size_t column = 0; column < 32; ++column) {
            const std::int8_t* const from = (column < 16 ? columns : others) + column % 16 * 4;
            std::int32_t sum = 0;
            for (size_t at = 0; at < 64 * steps; ++at) sum += rows[row * stride + at] * from[at / 4 * 64 + at % 4];
            sums[row / 16 * 512 + column / 16 * 256 + row % 16 * 16 + column % 16] = sum;
        }
    }
}

RANKFOLD_INLINE void turn_tile(const std::int32_t* sums, std::int32_t* out) {
    for (size_t i = 0; i < 256; ++i) out[i % 16 * 16 + i / 16] = sums[i];
}

}  // namespace rankfold::RANKFOLD_LEVEL
