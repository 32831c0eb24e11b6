// AVX-512 with byte permutes (VBMI) and integer dot products (VNNI): 64 bytes at a time.
#pragma once

#include <immintrin.h>

namespace rankfold::RANKFOLD_LEVEL {

// Whole numbers: LANES16 of 16 bits.
constexpr size_t LANES16 = 32;
using I16 = __m512i;
using I32 = __m512i;

RANKFOLD_INLINE I16 load16(const std::int16_t* from) { return _mm512_loadu_si512(from); }
RANKFOLD_INLINE I16 widen8(const std::int8_t* from) { return _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from))); }
RANKFOLD_INLINE I32 zero32() { return _mm512_setzero_si512(); }
RANKFOLD_INLINE I32 add_dot(I32 sum, I16 a, I16 b) { return _mm512_dpwssd_epi32(sum, a, b); }

RANKFOLD_INLINE __m256i halves(I32 x) { return _mm256_add_epi32(_mm512_castsi512_si256(x), _mm512_extracti64x4_epi64(x, 1)); }

// The totals of four vectors.
RANKFOLD_INLINE void totals(I32 a, I32 b, I32 c, I32 d, std::int32_t* to) {
    const __m256i pairs = _mm256_hadd_epi32(_mm256_hadd_epi32(halves(a), halves(b)), _mm256_hadd_epi32(halves(c), halves(d)));
    const __m128i four = _mm_add_epi32(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256(pairs, 1));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), four);
}

// Bytes of LUT_ROWS rows, and their sums in 16 bits.
constexpr size_t LUT_ROWS = 64;
constexpr bool MANY_PAYS = false;  // whether tables side by side beat one query after the other
using Bytes = __m512i;

RANKFOLD_INLINE Bytes load_bytes(const std::uint8_t* from) { return _mm512_loadu_si512(from); }
RANKFOLD_INLINE Bytes low_nibbles(Bytes x) { return _mm512_and_si512(x, _mm512_set1_epi8(15)); }
RANKFOLD_INLINE Bytes high_nibbles(Bytes x) { return _mm512_and_si512(_mm512_srli_epi16(x, 4), _mm512_set1_epi8(15)); }

// table[index] of 16 entries.
RANKFOLD_INLINE Bytes look16(const std::uint8_t* table, Bytes index) {
    return _mm512_shuffle_epi8(_mm512_broadcast_i32x4(_mm_loadu_si128(reinterpret_cast<const __m128i*>(table))), index);
}

// table[code] of 256 entries: the table lies in four registers, each permute looks into two of them by the low seven bits, the top bit chooses.
RANKFOLD_INLINE Bytes look256(const std::uint8_t* table, Bytes code) {
    const Bytes low = _mm512_permutex2var_epi8(load_bytes(table), code, load_bytes(table + 64));
    const Bytes high = _mm512_permutex2var_epi8(load_bytes(table + 128), code, load_bytes(table + 192));
    return _mm512_mask_blend_epi8(_mm512_movepi8_mask(code), low, high);
}

// `all` takes both bytes of each pair at once, `odd` the upper ones: the lower ones are what remains, modulo 2^16.
struct Sums {
    __m512i all = _mm512_setzero_si512();
    __m512i odd = _mm512_setzero_si512();
};

RANKFOLD_INLINE void add(Sums& sums, Bytes x) {
    sums.all = _mm512_add_epi16(sums.all, x);
    sums.odd = _mm512_add_epi16(sums.odd, _mm512_srli_epi16(x, 8));
}
RANKFOLD_INLINE void store(const Sums& sums, std::uint16_t* to) {
    const __m512i even = _mm512_sub_epi16(sums.all, _mm512_slli_epi16(sums.odd, 8));
    const __m512i first = _mm512_unpacklo_epi16(even, sums.odd);   // rows 0-7, 16-23, 32-39, 48-55
    const __m512i second = _mm512_unpackhi_epi16(even, sums.odd);  // rows 8-15, 24-31, 40-47, 56-63
    __m128i* const at = reinterpret_cast<__m128i*>(to);
    _mm_storeu_si128(at + 0, _mm512_extracti32x4_epi32(first, 0));
    _mm_storeu_si128(at + 1, _mm512_extracti32x4_epi32(second, 0));
    _mm_storeu_si128(at + 2, _mm512_extracti32x4_epi32(first, 1));
    _mm_storeu_si128(at + 3, _mm512_extracti32x4_epi32(second, 1));
    _mm_storeu_si128(at + 4, _mm512_extracti32x4_epi32(first, 2));
    _mm_storeu_si128(at + 5, _mm512_extracti32x4_epi32(second, 2));
    _mm_storeu_si128(at + 6, _mm512_extracti32x4_epi32(first, 3));
    _mm_storeu_si128(at + 7, _mm512_extracti32x4_epi32(second, 3));
}

// Bits of a row against signed bytes: SPREAD bits become bytes of 0 or 1.
constexpr size_t SPREAD = 64;
constexpr size_t PAIR_STEPS = 4096;  // sums are 32 bits wide here
using Pairs = __m512i;

RANKFOLD_INLINE Bytes spread(const std::uint8_t* bits) {
    std::uint64_t word;
    std::memcpy(&word, bits, sizeof word);
    return _mm512_maskz_set1_epi8(static_cast<__mmask64>(word), 1);
}
RANKFOLD_INLINE Pairs zero_pairs() { return _mm512_setzero_si512(); }
RANKFOLD_INLINE Pairs add_signed(Pairs sum, Bytes ones, const std::int8_t* values) { return _mm512_dpbusd_epi32(sum, ones, _mm512_loadu_si512(values)); }
RANKFOLD_INLINE I32 add_pairs(I32 sum, Pairs pairs) { return _mm512_add_epi32(sum, pairs); }

// Floats.
constexpr size_t FLOATS = 16;
constexpr size_t NEAREST_VECTORS = 3;  // of rows, against
constexpr size_t NEAREST_CENTROIDS = 8;
using F32 = __m512;
using Mask = __mmask16;

RANKFOLD_INLINE F32 load(const float* from) { return _mm512_loadu_ps(from); }
RANKFOLD_INLINE void store(float* to, F32 x) { _mm512_storeu_ps(to, x); }
RANKFOLD_INLINE F32 all(float x) { return _mm512_set1_ps(x); }
RANKFOLD_INLINE F32 add(F32 a, F32 b) { return _mm512_add_ps(a, b); }
RANKFOLD_INLINE F32 sub(F32 a, F32 b) { return _mm512_sub_ps(a, b); }
RANKFOLD_INLINE F32 mul(F32 a, F32 b) { return _mm512_mul_ps(a, b); }
RANKFOLD_INLINE F32 quotient(F32 a, F32 b) { return _mm512_div_ps(a, b); }
RANKFOLD_INLINE F32 mul_add(F32 a, F32 b, F32 c) { return _mm512_fmadd_ps(a, b, c); }
RANKFOLD_INLINE F32 magnitude(F32 x) { return _mm512_abs_ps(x); }
RANKFOLD_INLINE F32 higher(F32 a, F32 b) { return _mm512_max_ps(a, b); }  // b where either is not a number
RANKFOLD_INLINE Mask less(F32 a, F32 b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
RANKFOLD_INLINE Mask at_least(F32 a, F32 b) { return _mm512_cmp_ps_mask(a, b, _CMP_GE_OQ); }
RANKFOLD_INLINE unsigned lanes(Mask mask) { return static_cast<unsigned>(mask); }
RANKFOLD_INLINE F32 choose(Mask mask, F32 yes, F32 no) { return _mm512_mask_blend_ps(mask, no, yes); }

using Index = __m512i;
RANKFOLD_INLINE Index load_index(const std::int32_t* from) { return _mm512_loadu_si512(from); }
RANKFOLD_INLINE void store_index(std::int32_t* to, Index x) { _mm512_storeu_si512(to, x); }
RANKFOLD_INLINE Index all_index(std::int32_t x) { return _mm512_set1_epi32(x); }
RANKFOLD_INLINE Index choose_index(Mask mask, Index yes, Index no) { return _mm512_mask_blend_epi32(mask, no, yes); }
RANKFOLD_INLINE F32 to_float(const std::int32_t* from) { return _mm512_cvtepi32_ps(load_index(from)); }

RANKFOLD_INLINE F32 to_float(Index x) { return _mm512_cvtepi32_ps(x); }

// Whole products of 8-bit numbers, one atom a lane and TOGETHER coordinates at once; one factor may have no sign and is moved up.
constexpr size_t TOGETHER = 4;
constexpr size_t PRODUCT_ROWS = 6, PRODUCT_VECTORS = 4;
constexpr int MOVED_UP = 128;
using AtomPart = std::uint8_t;
using RowPart = std::int8_t;
RANKFOLD_INLINE Index load_atoms(const AtomPart* from) { return _mm512_loadu_si512(from); }
RANKFOLD_INLINE Index spread_row(const RowPart* from) {
    std::int32_t four;
    std::memcpy(&four, from, sizeof four);
    return _mm512_set1_epi32(four);
}
RANKFOLD_INLINE Index add_products(Index sum, Index atoms, Index row) { return _mm512_dpbusd_epi32(sum, atoms, row); }

// Trellis search.
constexpr size_t TRELLIS_VECTORS = 1;  // of rows, searched together
RANKFOLD_INLINE F32 lower(F32 a, F32 b) { return _mm512_min_ps(a, b); }
// x with its last bits replaced by `tag`, and those bits of x, moved up and joined to others.
RANKFOLD_INLINE F32 tagged(F32 x, std::uint32_t mask, std::uint32_t tag) {
    const __m512i keep = _mm512_set1_epi32(static_cast<int>(~mask)), put = _mm512_set1_epi32(static_cast<int>(tag));
    return _mm512_castsi512_ps(_mm512_ternarylogic_epi32(_mm512_castps_si512(x), keep, put, 0xea));
}
RANKFOLD_INLINE Index join_bits(Index joined, F32 x, std::uint32_t mask, int up) {
    const __m512i bits = _mm512_and_si512(_mm512_castps_si512(x), _mm512_set1_epi32(static_cast<int>(mask)));
    return _mm512_or_si512(joined, _mm512_slli_epi32(bits, static_cast<unsigned>(up)));
}
RANKFOLD_INLINE void store_bytes(std::uint8_t* to, Index x) { _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_cvtepi32_epi8(x)); }

// Windows of eight bits of one row: places of the bytes of eight groups of eight coordinates, and the first bit of each window in its group.
constexpr size_t WINDOW_BYTES = 64;  // of a row that one look can reach
struct Windows {
    std::uint8_t place[LUT_ROWS], shift[LUT_ROWS];
};

RANKFOLD_INLINE void put_window(Windows& windows, size_t slot, size_t bit) { windows.shift[slot] = static_cast<std::uint8_t>(bit); }
RANKFOLD_INLINE void put_group(Windows& windows, size_t group, size_t byte) {
    for (size_t i = 0; i < 8; ++i) windows.place[8 * group + i] = static_cast<std::uint8_t>(byte + i);
}
RANKFOLD_INLINE Bytes look(const Windows& windows, const std::uint8_t* row) {
    const __m512i spread = _mm512_permutexvar_epi8(_mm512_loadu_si512(windows.place), _mm512_loadu_si512(row));
    return _mm512_multishift_epi64_epi8(_mm512_loadu_si512(windows.shift), spread);
}
RANKFOLD_INLINE void store_bytes(std::int8_t* to, Bytes x) { _mm512_storeu_si512(to, x); }

// Values against a part of one query, whose two bytes go apart: products need one factor without a sign, so values are moved up by 128,
// and `put_query` returns what that adds to a sum.
struct QueryPart {
    std::int8_t low[LUT_ROWS], high[LUT_ROWS];
};
struct ByteDots {
    __m512i low = _mm512_setzero_si512();
    __m512i high = _mm512_setzero_si512();
};

RANKFOLD_INLINE std::int32_t put_query(QueryPart& part, size_t slot, std::int16_t value) {
    part.low[slot] = static_cast<std::int8_t>(value);
    part.high[slot] = static_cast<std::int8_t>((value - part.low[slot]) / 256);
    return 128 * (part.low[slot] + 256 * part.high[slot]);
}
RANKFOLD_INLINE void add(ByteDots& dots, Bytes values, const QueryPart& part) {
    const __m512i moved = _mm512_xor_si512(values, _mm512_set1_epi8(static_cast<char>(0x80)));
    dots.low = _mm512_dpbusd_epi32(dots.low, moved, _mm512_loadu_si512(part.low));
    dots.high = _mm512_dpbusd_epi32(dots.high, moved, _mm512_loadu_si512(part.high));
}
RANKFOLD_INLINE I32 joined(const ByteDots& dots) { return _mm512_add_epi32(dots.low, _mm512_slli_epi32(dots.high, 8)); }

// Sparse codes. Numbers of 1 to 16 bits, 32 of them: each eight bytes are cut into four, which begin at the first or the fifth bit of a byte.
struct Unpacking {
    std::uint8_t place[64], shift[64];
    std::uint16_t mask;
};

RANKFOLD_INLINE Unpacking unpacking(size_t bits) {
    Unpacking how;
    for (size_t i = 0; i < 64; ++i) {
        const size_t four = i / 8, first = 4 * bits * four;
        how.place[i] = static_cast<std::uint8_t>(first / 8 + i % 8);
        how.shift[i] = static_cast<std::uint8_t>((first % 8 + i % 8 / 2 * bits + i % 2 * 8) % 64);
    }
    how.mask = static_cast<std::uint16_t>((1u << bits) - 1);
    return how;
}
RANKFOLD_INLINE void unpack32(const Unpacking& how, const std::uint8_t* from, std::uint16_t* to) {
    const __m512i spread = _mm512_permutexvar_epi8(_mm512_loadu_si512(how.place), _mm512_loadu_si512(from));
    const __m512i cut = _mm512_multishift_epi64_epi8(_mm512_loadu_si512(how.shift), spread);
    _mm512_storeu_si512(to, _mm512_and_si512(cut, _mm512_set1_epi16(static_cast<short>(how.mask))));
}

// 32 numbers, each an index with a sign in the bit above it: leaves the indices, and writes `values` with those signs.
RANKFOLD_INLINE void split32(std::uint16_t* numbers, size_t index_bits, const std::int16_t* values, std::int16_t* to) {
    const __m512i number = _mm512_loadu_si512(numbers), sign = _mm512_set1_epi16(static_cast<short>(1u << index_bits)), value = _mm512_loadu_si512(values);
    _mm512_storeu_si512(numbers, _mm512_andnot_si512(sign, number));
    _mm512_storeu_si512(to, _mm512_mask_sub_epi16(value, _mm512_test_epi16_mask(number, sign), _mm512_setzero_si512(), value));
}

// Values of 32 codes below `count`, by a table of 256.
RANKFOLD_INLINE void level32(const std::int16_t* levels, size_t count, const std::uint16_t* codes, std::int16_t* to) {
    const __m512i code = _mm512_loadu_si512(codes);
    const auto look = [&](size_t at) { return _mm512_permutex2var_epi16(_mm512_loadu_si512(levels + at), code, _mm512_loadu_si512(levels + at + 32)); };
    __m512i found = look(0);
    if (count > 64) {
        const __mmask32 bit6 = _mm512_test_epi16_mask(code, _mm512_set1_epi16(64)), bit7 = _mm512_test_epi16_mask(code, _mm512_set1_epi16(128));
        found = _mm512_mask_blend_epi16(bit6, found, look(64));
        if (count > 128) found = _mm512_mask_blend_epi16(bit7, found, _mm512_mask_blend_epi16(bit6, look(128), look(192)));
    }
    _mm512_storeu_si512(to, found);
}

// sum + table[index] * value, 32 of them; the table has one entry to spare at either end.
RANKFOLD_INLINE I32 add_found32(I32 sum, const std::int16_t* table, const std::uint16_t* index, const std::int16_t* value) {
    const __m512i places = _mm512_loadu_si512(index), zero = _mm512_setzero_si512();
    // A look-up finds two neighbours. Of even places the lower one is wanted, of odd places the upper one, so these look one entry before.
    // Into zeros: without, each gather waits for what its register held before.
    const __m512i even = _mm512_mask_i32gather_epi32(zero, 0xffff, _mm512_and_si512(places, _mm512_set1_epi32(0xffff)), table, 2);
    const __m512i odd = _mm512_mask_i32gather_epi32(zero, 0xffff, _mm512_srli_epi32(places, 16), table - 1, 2);
    return _mm512_dpwssd_epi32(sum, _mm512_mask_blend_epi16(0xaaaaaaaa, even, odd), _mm512_loadu_si512(value));
}

constexpr bool PAIRS_JOINED = true;  // by add_two, within 16 bytes

// LANES16 queries' products with two numbers: query i stands at place `query_place(i)`, so that sums come in order.
struct QuerySums {
    __m512i low = _mm512_setzero_si512();
    __m512i high = _mm512_setzero_si512();
};

RANKFOLD_INLINE void add_two(QuerySums& sums, const std::int16_t* one, const std::int16_t* other, const std::int16_t* values) {
    std::int32_t both;
    std::memcpy(&both, values, sizeof both);
    const __m512i a = load16(one), b = load16(other), value = _mm512_set1_epi32(both);
    sums.low = _mm512_dpwssd_epi32(sums.low, _mm512_unpacklo_epi16(a, b), value);
    sums.high = _mm512_dpwssd_epi32(sums.high, _mm512_unpackhi_epi16(a, b), value);
}
RANKFOLD_INLINE void store(const QuerySums& sums, std::int32_t* to) {
    _mm512_storeu_si512(to, sums.low);
    _mm512_storeu_si512(to + 16, sums.high);
}

// Whole numbers `stride` apart, as floats.
RANKFOLD_INLINE F32 float_column(const std::int32_t* from, size_t stride) {
    const __m512i line = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i place = _mm512_mullo_epi32(line, _mm512_set1_epi32(static_cast<int>(stride)));
    return _mm512_cvtepi32_ps(_mm512_mask_i32gather_epi32(_mm512_setzero_si512(), 0xffff, place, from, 4));
}

}  // namespace rankfold::RANKFOLD_LEVEL
