// AMX: tiles of 16 rows by 64 bytes, multiplied by a unit of their own. Beside the words of v4x, for levels that have it.
#pragma once

namespace rankfold::RANKFOLD_LEVEL {

constexpr bool TILES = true;

// Tiles may be used while one of these lives; it gives the unit back.
struct TileUse {
    TileUse() {
        struct alignas(64) {
            std::uint8_t palette = 1, start = 0, unused[14] = {};
            std::uint16_t row_bytes[16] = {};
            std::uint8_t rows[16] = {};
        } all;
        for (size_t tile = 0; tile < 8; ++tile) {
            all.row_bytes[tile] = 64;
            all.rows[tile] = 16;
        }
        _tile_loadconfig(&all);
    }
    ~TileUse() { _tile_release(); }
    TileUse(const TileUse&) = delete;
    TileUse& operator=(const TileUse&) = delete;
};

// sums[half of rows][column half][16][16] = 32 rows, `stride` bytes apart, times 32 columns, over `steps` of 64 bytes. Columns are 16 side by side: four
// bytes of each, then the next four, `columns` and `others` 1024 bytes a step. Meanwhile `lines` lines of 64 bytes a step are asked for from `ahead` on.
RANKFOLD_INLINE void multiply_tiles(const std::int8_t* rows, size_t stride, const std::int8_t* columns, const std::int8_t* others, size_t steps, std::int32_t* sums,
                                    const std::int8_t* ahead, size_t lines) {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (size_t step = 0; step < steps; ++step) {
        _tile_loadd(4, rows + 64 * step, stride);
        _tile_loadd(6, columns + 1024 * step, 64);
        _tile_dpbssd(0, 4, 6);
        _tile_loadd(7, others + 1024 * step, 64);
        _tile_dpbssd(1, 4, 7);
        _tile_loadd(5, rows + 16 * stride + 64 * step, stride);
        _tile_dpbssd(2, 5, 6);
        _tile_dpbssd(3, 5, 7);
        for (size_t line = 0; line < lines; ++line) __builtin_prefetch(ahead + (step * lines + line) * 64, 0, 2);
    }
    _tile_stored(0, sums, 64);
    _tile_stored(1, sums + 256, 64);
    _tile_stored(2, sums + 512, 64);
    _tile_stored(3, sums + 768, 64);
}

// 16 rows of 16 numbers -> 16 columns of 16.
RANKFOLD_INLINE void turn_tile(const std::int32_t* sums, std::int32_t* out) {
    __m512i a[16], b[16];
    for (size_t i = 0; i < 16; ++i) a[i] = _mm512_loadu_si512(sums + 16 * i);
    for (size_t i = 0; i < 16; i += 4) {
        const __m512i one = _mm512_unpacklo_epi32(a[i], a[i + 1]), two = _mm512_unpackhi_epi32(a[i], a[i + 1]);
        const __m512i three = _mm512_unpacklo_epi32(a[i + 2], a[i + 3]), four = _mm512_unpackhi_epi32(a[i + 2], a[i + 3]);
        b[i] = _mm512_unpacklo_epi64(one, three);
        b[i + 1] = _mm512_unpackhi_epi64(one, three);
        b[i + 2] = _mm512_unpacklo_epi64(two, four);
        b[i + 3] = _mm512_unpackhi_epi64(two, four);
    }
    // b[4 * i + j]: rows 4 * i to 4 * i + 3 of columns j, j + 4, j + 8, j + 12.
    for (size_t j = 0; j < 4; ++j) {
        const __m512i one = _mm512_shuffle_i32x4(b[j], b[j + 4], 0x88), two = _mm512_shuffle_i32x4(b[j], b[j + 4], 0xdd);
        const __m512i three = _mm512_shuffle_i32x4(b[j + 8], b[j + 12], 0x88), four = _mm512_shuffle_i32x4(b[j + 8], b[j + 12], 0xdd);
        a[j] = _mm512_shuffle_i32x4(one, three, 0x88);
        a[j + 8] = _mm512_shuffle_i32x4(one, three, 0xdd);
        a[j + 4] = _mm512_shuffle_i32x4(two, four, 0x88);
        a[j + 12] = _mm512_shuffle_i32x4(two, four, 0xdd);
    }
    for (size_t i = 0; i < 16; ++i) _mm512_storeu_si512(out + 16 * i, a[i]);
}

}  // namespace rankfold::RANKFOLD_LEVEL
