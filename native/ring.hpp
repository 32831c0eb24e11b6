// Rows of trellis codes: rings of bits that overlapping windows read.
#pragma once

#include "simd.hpp"

namespace rankfold::RANKFOLD_LEVEL {

// The bits from `first` on, round the ring of `bytes` bytes; at most 12 of them are wanted.
RANKFOLD_INLINE std::uint32_t window_at(const std::uint8_t* ring, size_t bytes, size_t first, std::uint32_t mask) {
    const size_t byte = first >> 3;
    std::uint32_t found;
    if (byte + 2 < bytes) {
        found = static_cast<std::uint32_t>(ring[byte]) | static_cast<std::uint32_t>(ring[byte + 1]) << 8 | static_cast<std::uint32_t>(ring[byte + 2]) << 16;
    } else {
        found = static_cast<std::uint32_t>(ring[byte]) | static_cast<std::uint32_t>(ring[(byte + 1) % bytes]) << 8 |
                static_cast<std::uint32_t>(ring[(byte + 2) % bytes]) << 16;
    }
    return (found >> (first & 7)) & mask;
}

// Sets bits of a ring of zeros; they do not pass its end.
RANKFOLD_INLINE void put_bits(std::uint8_t* ring, size_t first, std::uint32_t bits) {
    const std::uint32_t placed = bits << (first & 7);
    ring[first >> 3] |= static_cast<std::uint8_t>(placed);
    if (placed >> 8) ring[(first >> 3) + 1] |= static_cast<std::uint8_t>(placed >> 8);
}

}  // namespace rankfold::RANKFOLD_LEVEL
