// Scans of sign bits: the signed bytes of a query, summed over the set bits of each row.
#include "tiles.hpp"

namespace rankfold::RANKFOLD_LEVEL {

namespace {

// Eight planes of w words -> 64 * w signed bytes, in the order of the bits in memory.
inline void join_planes(const std::uint8_t* planes, std::int8_t* values, size_t bytes) {
    for (size_t byte = 0; byte < bytes; ++byte) {
        for (size_t bit = 0; bit < 8; ++bit) {
            unsigned value = 0;
            for (size_t plane = 0; plane < 8; ++plane) value |= ((planes[plane * bytes + byte] >> bit) & 1u) << plane;
            values[8 * byte + bit] = static_cast<std::int8_t>(value);
        }
    }
}

struct BitsWork {
    const std::int8_t* values;
    const std::uint8_t* rows;
    Scale scale;
    float* out;
    size_t n, bytes;

    template <size_t ROWS, size_t QUERIES>
    inline void tile(size_t first_query, size_t first_row) const {
        constexpr size_t STEP = SPREAD / 8;
        const std::int8_t* const value = values + 8 * first_query * bytes;
        const std::uint8_t* const row = rows + first_row * bytes;
        I32 sums[ROWS * QUERIES];
        for (I32& sum : sums) sum = zero32();
        for (size_t first = 0; first < bytes; first += PAIR_STEPS * STEP) {
            const size_t last = least(first + PAIR_STEPS * STEP, bytes);
            Pairs pairs[ROWS * QUERIES];
            for (Pairs& pair : pairs) pair = zero_pairs();
            for (size_t at = first; at < last; at += STEP) {
                for (size_t i = 0; i < ROWS; ++i) {
                    const Bytes ones = spread(row + i * bytes + at);
                    for (size_t j = 0; j < QUERIES; ++j) pairs[j * ROWS + i] = add_signed(pairs[j * ROWS + i], ones, value + 8 * (j * bytes + at));
                }
            }
            for (size_t i = 0; i < ROWS * QUERIES; ++i) sums[i] = add_pairs(sums[i], pairs[i]);
        }
        std::int32_t dots[ROWS * QUERIES];
        all_totals<ROWS * QUERIES>(sums, dots);
        for (size_t j = 0; j < QUERIES; ++j) {
            const float step = scale.step[first_query + j], offset = scale.offset[first_query + j];
            for (size_t i = 0; i < ROWS; ++i) out[(first_query + j) * n + first_row + i] = step * static_cast<float>(dots[j * ROWS + i]) + offset;
        }
    }
};

}  // namespace

void bits(const std::uint64_t* planes, const std::uint64_t* rows, Scale scale, float* out, size_t q, size_t n, size_t w) {
    const size_t bytes = 8 * w;
    Scratch<std::int8_t> values(q * bytes * 8);
    for (size_t j = 0; j < q; ++j) join_planes(reinterpret_cast<const std::uint8_t*>(planes + j * 8 * w), values.at + j * bytes * 8, bytes);
    over_tiles(BitsWork{values.at, reinterpret_cast<const std::uint8_t*>(rows), scale, out, n, bytes}, q, n, bytes);
}

}  // namespace rankfold::RANKFOLD_LEVEL
