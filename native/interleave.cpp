// Rows of codes -> blocks of 64 rows, group by group.
#include "simd.hpp"

namespace rankfold::RANKFOLD_LEVEL {

void interleave(const std::uint8_t* codes, std::uint8_t* out, size_t n, size_t g) {
    for (size_t first = 0; first < n; first += BLOCK, out += g * BLOCK) {
        const size_t rows = least(BLOCK, n - first);
        if (rows < BLOCK) std::memset(out, 0, g * BLOCK);
        const std::uint8_t* const from = codes + first * g;
        for (size_t group = 0; group < g; ++group) {
            for (size_t row = 0; row < rows; ++row) out[group * BLOCK + row] = from[row * g + group];
        }
    }
}

}  // namespace rankfold::RANKFOLD_LEVEL
