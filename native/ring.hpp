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

// Where the window of each coordinate begins: a coordinate after the last bit reads what the first one reads.
RANKFOLD_INLINE void find_offsets(const Trellis& trellis, size_t* offset) {
    size_t bits = 0;
    for (size_t j = 0; j < trellis.m; ++j) {
        offset[j] = bits % (8 * trellis.bytes);
        bits += trellis.advance[j];
    }
}

// A copy of a ring that goes on past its end for eight bytes.
RANKFOLD_INLINE void unroll_ring(const std::uint8_t* ring, size_t bytes, std::uint8_t* to) {
    if (bytes < 16) {
        for (size_t i = 0; i < bytes; ++i) to[i] = ring[i];
        for (size_t i = 0; i < 8; ++i) to[bytes + i] = to[i];  // of a short ring, what was just written
        return;
    }
    for (size_t at = 0; at + 16 <= bytes; at += 16) std::memcpy(to + at, ring + at, 16);
    std::memcpy(to + bytes - 16, ring + bytes - 16, 16);
    std::memcpy(to + bytes, ring, 8);
}

// Sets bits of a ring of zeros; they do not pass its end.
RANKFOLD_INLINE void put_bits(std::uint8_t* ring, size_t first, std::uint32_t bits) {
    const std::uint32_t placed = bits << (first & 7);
    ring[first >> 3] |= static_cast<std::uint8_t>(placed);
    if (placed >> 8) ring[(first >> 3) + 1] |= static_cast<std::uint8_t>(placed >> 8);
}

}  // namespace rankfold::RANKFOLD_LEVEL
