// AVX2 and FMA: 32 bytes at a time.
#pragma once

#include <immintrin.h>

namespace rankfold::RANKFOLD_LEVEL {

// Whole numbers: LANES16 of 16 bits.
constexpr size_t LANES16 = 16;
using I16 = __m256i;
using I32 = __m256i;

RANKFOLD_INLINE I16 load16(const std::int16_t* from) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)); }
RANKFOLD_INLINE I16 widen8(const std::int8_t* from) { return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))); }
RANKFOLD_INLINE I32 zero32() { return _mm256_setzero_si256(); }
RANKFOLD_INLINE I32 add_dot(I32 sum, I16 a, I16 b) { return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b)); }

// The totals of four vectors.
RANKFOLD_INLINE void totals(I32 a, I32 b, I32 c, I32 d, std::int32_t* to) {
    const __m256i pairs = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
    const __m128i four = _mm_add_epi32(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256(pairs, 1));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), four);
}

// Bytes of LUT_ROWS rows, and their sums in 16 bits.
constexpr size_t LUT_ROWS = 32;
constexpr bool MANY_PAYS = true;  // whether tables side by side beat one query after the other
using Bytes = __m256i;

RANKFOLD_INLINE Bytes load_bytes(const std::uint8_t* from) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)); }
RANKFOLD_INLINE Bytes low_nibbles(Bytes x) { return _mm256_and_si256(x, _mm256_set1_epi8(15)); }
RANKFOLD_INLINE Bytes high_nibbles(Bytes x) { return _mm256_and_si256(_mm256_srli_epi16(x, 4), _mm256_set1_epi8(15)); }

// table[index] of 16 entries; an index with its top bit set gives 0.
RANKFOLD_INLINE Bytes look16(const std::uint8_t* table, Bytes index) {
    return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(table))), index);
}

// table[code] of 256 entries: 16 small tables. The top bit blanks one half of them, so two halves are joined by `or`; bits 4 to 6 choose by blends.
RANKFOLD_INLINE Bytes look256(const std::uint8_t* table, Bytes code) {
    const Bytes low = _mm256_and_si256(code, _mm256_set1_epi8(static_cast<char>(0x8f)));
    const Bytes high = _mm256_xor_si256(low, _mm256_set1_epi8(static_cast<char>(0x80)));
    const Bytes bit6 = _mm256_add_epi8(code, code);
    const Bytes bit5 = _mm256_add_epi8(bit6, bit6);
    const Bytes bit4 = _mm256_add_epi8(bit5, bit5);
    const auto either = [&](int part) { return _mm256_or_si256(look16(table + 16 * part, low), look16(table + 16 * part + 128, high)); };
    const auto pair = [&](int part) { return _mm256_blendv_epi8(either(part), either(part + 1), bit4); };
    const auto four = [&](int part) { return _mm256_blendv_epi8(pair(part), pair(part + 2), bit5); };
    return _mm256_blendv_epi8(four(0), four(4), bit6);
}

// `all` takes both bytes of each pair at once, `odd` the upper ones: the lower ones are what remains, modulo 2^16.
struct Sums {
    __m256i all = _mm256_setzero_si256();
    __m256i odd = _mm256_setzero_si256();
};

RANKFOLD_INLINE void add(Sums& sums, Bytes x) {
    sums.all = _mm256_add_epi16(sums.all, x);
    sums.odd = _mm256_add_epi16(sums.odd, _mm256_srli_epi16(x, 8));
}
RANKFOLD_INLINE void store(const Sums& sums, std::uint16_t* to) {
    const __m256i even = _mm256_sub_epi16(sums.all, _mm256_slli_epi16(sums.odd, 8));
    const __m256i first = _mm256_unpacklo_epi16(even, sums.odd);
    const __m256i second = _mm256_unpackhi_epi16(even, sums.odd);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm256_permute2x128_si256(first, second, 0x20));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + 16), _mm256_permute2x128_si256(first, second, 0x31));
}

// Bits of a row against signed bytes: SPREAD bits become bytes of 0 or 1.
constexpr size_t SPREAD = 32;
constexpr size_t PAIR_STEPS = 120;  // so many steps of at most 256 fit 16 bits
using Pairs = __m256i;

RANKFOLD_INLINE Bytes spread(const std::uint8_t* bits) {
    std::uint32_t word;
    std::memcpy(&word, bits, sizeof word);
    const __m256i place = _mm256_setr_epi64x(0x0000000000000000, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
    const __m256i one_bit = _mm256_set1_epi64x(static_cast<long long>(0x8040201008040201ULL));
    const __m256i copies = _mm256_shuffle_epi8(_mm256_set1_epi32(static_cast<int>(word)), place);
    return _mm256_min_epu8(_mm256_and_si256(copies, one_bit), _mm256_set1_epi8(1));
}
RANKFOLD_INLINE Pairs zero_pairs() { return _mm256_setzero_si256(); }
RANKFOLD_INLINE Pairs add_signed(Pairs sum, Bytes ones, const std::int8_t* values) {
    return _mm256_add_epi16(sum, _mm256_maddubs_epi16(ones, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(values))));
}
RANKFOLD_INLINE I32 add_pairs(I32 sum, Pairs pairs) { return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1))); }

// Floats.
constexpr size_t FLOATS = 8;
constexpr size_t NEAREST_VECTORS = 3;  // of rows, against
constexpr size_t NEAREST_CENTROIDS = 4;
using F32 = __m256;
using Mask = __m256;

RANKFOLD_INLINE F32 load(const float* from) { return _mm256_loadu_ps(from); }
RANKFOLD_INLINE void store(float* to, F32 x) { _mm256_storeu_ps(to, x); }
RANKFOLD_INLINE F32 all(float x) { return _mm256_set1_ps(x); }
RANKFOLD_INLINE F32 add(F32 a, F32 b) { return _mm256_add_ps(a, b); }
RANKFOLD_INLINE F32 sub(F32 a, F32 b) { return _mm256_sub_ps(a, b); }
RANKFOLD_INLINE F32 mul(F32 a, F32 b) { return _mm256_mul_ps(a, b); }
RANKFOLD_INLINE F32 quotient(F32 a, F32 b) { return _mm256_div_ps(a, b); }
RANKFOLD_INLINE F32 mul_add(F32 a, F32 b, F32 c) { return _mm256_fmadd_ps(a, b, c); }
RANKFOLD_INLINE F32 magnitude(F32 x) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x); }
RANKFOLD_INLINE F32 higher(F32 a, F32 b) { return _mm256_max_ps(a, b); }  // b where either is not a number
RANKFOLD_INLINE Mask less(F32 a, F32 b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
RANKFOLD_INLINE Mask at_least(F32 a, F32 b) { return _mm256_cmp_ps(a, b, _CMP_GE_OQ); }
RANKFOLD_INLINE unsigned lanes(Mask mask) { return static_cast<unsigned>(_mm256_movemask_ps(mask)); }
RANKFOLD_INLINE F32 choose(Mask mask, F32 yes, F32 no) { return _mm256_blendv_ps(no, yes, mask); }

using Index = __m256i;
RANKFOLD_INLINE Index load_index(const std::int32_t* from) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)); }
RANKFOLD_INLINE void store_index(std::int32_t* to, Index x) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), x); }
RANKFOLD_INLINE Index all_index(std::int32_t x) { return _mm256_set1_epi32(x); }
RANKFOLD_INLINE Index choose_index(Mask mask, Index yes, Index no) { return _mm256_blendv_epi8(no, yes, _mm256_castps_si256(mask)); }
RANKFOLD_INLINE F32 to_float(const std::int32_t* from) { return _mm256_cvtepi32_ps(load_index(from)); }

RANKFOLD_INLINE F32 to_float(Index x) { return _mm256_cvtepi32_ps(x); }

// Whole products of 8-bit numbers, one atom a lane and TOGETHER coordinates at once.
constexpr size_t TOGETHER = 2;
constexpr size_t PRODUCT_ROWS = 4, PRODUCT_VECTORS = 2;
constexpr int MOVED_UP = 0;
using AtomPart = std::int16_t;
using RowPart = std::int16_t;
RANKFOLD_INLINE Index load_atoms(const AtomPart* from) { return load16(from); }
RANKFOLD_INLINE Index spread_row(const RowPart* from) {
    std::int32_t two;
    std::memcpy(&two, from, sizeof two);
    return _mm256_set1_epi32(two);
}
RANKFOLD_INLINE Index add_products(Index sum, Index atoms, Index row) { return add_dot(sum, atoms, row); }

// Trellis search.
constexpr size_t TRELLIS_VECTORS = 2;  // of rows, searched together
RANKFOLD_INLINE F32 lower(F32 a, F32 b) { return _mm256_min_ps(a, b); }
// x with its last bits replaced by `tag`, and those bits of x, moved up and joined to others.
RANKFOLD_INLINE F32 tagged(F32 x, std::uint32_t mask, std::uint32_t tag) {
    const __m256i keep = _mm256_set1_epi32(static_cast<int>(~mask)), put = _mm256_set1_epi32(static_cast<int>(tag));
    return _mm256_castsi256_ps(_mm256_or_si256(_mm256_and_si256(_mm256_castps_si256(x), keep), put));
}
RANKFOLD_INLINE Index join_bits(Index joined, F32 x, std::uint32_t mask, int up) {
    const __m256i bits = _mm256_and_si256(_mm256_castps_si256(x), _mm256_set1_epi32(static_cast<int>(mask)));
    return _mm256_or_si256(joined, _mm256_slli_epi32(bits, up));
}
RANKFOLD_INLINE void store_bytes(std::uint8_t* to, Index x) {
    const __m128i words = _mm_packus_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_packus_epi16(words, words));
}

// Windows of eight bits of one row: groups of eight coordinates begin at `byte`; each window is cut from a word by a product and a shift.
constexpr size_t WINDOW_BYTES = 1 << 30;  // of a row that one look can reach: any
struct Windows {
    std::uint32_t byte[LUT_ROWS / 8];
    std::uint8_t place[2 * LUT_ROWS];
    std::uint16_t factor[LUT_ROWS];
};

RANKFOLD_INLINE void put_window(Windows& windows, size_t slot, size_t bit) {
    const size_t at = slot / 16 * 8 + slot % 8 + (slot / 8 % 2) * 16;  // groups 0 and 2 are one vector, 1 and 3 the other: packing then restores the order
    windows.place[2 * at] = static_cast<std::uint8_t>(bit / 8);
    windows.place[2 * at + 1] = static_cast<std::uint8_t>(bit / 8 + 1);
    windows.factor[at] = static_cast<std::uint16_t>(256u >> bit % 8);
}
RANKFOLD_INLINE void put_group(Windows& windows, size_t group, size_t byte) { windows.byte[group] = static_cast<std::uint32_t>(byte); }
RANKFOLD_INLINE __m256i cut(const Windows& windows, int half, const std::uint8_t* low, const std::uint8_t* high) {
    const __m128i first = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(low)), second = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(high));
    const __m256i place = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(windows.place + 32 * half));
    const __m256i factor = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(windows.factor + 16 * half));
    return _mm256_srli_epi16(_mm256_mullo_epi16(_mm256_shuffle_epi8(_mm256_set_m128i(second, first), place), factor), 8);
}
RANKFOLD_INLINE Bytes look(const Windows& windows, const std::uint8_t* row) {
    const __m256i even = cut(windows, 0, row + windows.byte[0], row + windows.byte[2]), odd = cut(windows, 1, row + windows.byte[1], row + windows.byte[3]);
    return _mm256_packus_epi16(even, odd);
}
RANKFOLD_INLINE void store_bytes(std::int8_t* to, Bytes x) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), x); }

// Values against a part of one query.
struct QueryPart {
    std::int16_t value[LUT_ROWS];
};
struct ByteDots {
    I32 sum = _mm256_setzero_si256();
};

RANKFOLD_INLINE std::int32_t put_query(QueryPart& part, size_t slot, std::int16_t value) { return part.value[slot] = value, 0; }
RANKFOLD_INLINE void add(ByteDots& dots, Bytes values, const QueryPart& part) {
    dots.sum = add_dot(dots.sum, _mm256_cvtepi8_epi16(_mm256_castsi256_si128(values)), load16(part.value));
    dots.sum = add_dot(dots.sum, _mm256_cvtepi8_epi16(_mm256_extracti128_si256(values, 1)), load16(part.value + LANES16));
}
RANKFOLD_INLINE I32 joined(const ByteDots& dots) { return dots.sum; }

// Sparse codes. Numbers of 1 to 16 bits, 32 of them: eight begin at a byte, the last four of these at the first or the fifth bit of one.
struct Unpacking {
    __m256i place, shift, mask;
    size_t bits;
};

RANKFOLD_INLINE Unpacking unpacking(size_t bits) {
    std::uint8_t place[32];
    std::uint32_t shift[8];
    for (size_t j = 0; j < 8; ++j) {
        const size_t bit = j % 4 * bits + j / 4 * (4 * bits % 8);
        for (size_t i = 0; i < 4; ++i) place[4 * j + i] = static_cast<std::uint8_t>(bit / 8 + i);
        shift[j] = static_cast<std::uint32_t>(bit % 8);
    }
    Unpacking how;
    std::memcpy(&how.place, place, sizeof place);
    std::memcpy(&how.shift, shift, sizeof shift);
    how.mask = _mm256_set1_epi32((1 << bits) - 1);
    how.bits = bits;
    return how;
}
RANKFOLD_INLINE void unpack32(const Unpacking& how, const std::uint8_t* from, std::uint16_t* to) {
    const auto eight = [&](size_t which) {
        const std::uint8_t* const at = from + which * how.bits;
        const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at)), high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + how.bits / 2));
        return _mm256_and_si256(_mm256_srlv_epi32(_mm256_shuffle_epi8(_mm256_set_m128i(high, low), how.place), how.shift), how.mask);
    };
    for (size_t half = 0; half < 2; ++half) {
        const __m256i words = _mm256_packus_epi32(eight(2 * half), eight(2 * half + 1));
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + 16 * half), _mm256_permute4x64_epi64(words, 0xd8));
    }
}

// 32 numbers, each an index with a sign in the bit above it: leaves the indices, and writes `values` with those signs.
RANKFOLD_INLINE void split32(std::uint16_t* numbers, size_t index_bits, const std::int16_t* values, std::int16_t* to) {
    const __m256i sign = _mm256_set1_epi16(static_cast<short>(1u << index_bits));
    for (size_t at = 0; at < 32; at += LANES16) {
        __m256i* const place = reinterpret_cast<__m256i*>(numbers + at);
        const __m256i number = _mm256_loadu_si256(place), turn = _mm256_cmpeq_epi16(_mm256_and_si256(number, sign), sign);
        _mm256_storeu_si256(place, _mm256_andnot_si256(sign, number));
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + at), _mm256_sub_epi16(_mm256_xor_si256(load16(values + at), turn), turn));
    }
}

// Values of 32 codes below `count`, by a table of 256.
RANKFOLD_INLINE void level32(const std::int16_t* levels, size_t, const std::uint16_t* codes, std::int16_t* to) {
    for (size_t j = 0; j < 32; ++j) to[j] = levels[codes[j]];
}

// sum + table[index] * value, 32 of them; the table has one entry to spare at either end.
RANKFOLD_INLINE I32 add_found8(I32 sum, const std::int16_t* table, const std::uint16_t* index, const std::int16_t* value) {
    const __m256i place = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(index)));
    const __m256i alone = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(value)));  // beside it 0: the next entry counts nothing
    return add_dot(sum, _mm256_i32gather_epi32(reinterpret_cast<const int*>(table), place, 2), alone);
}

RANKFOLD_INLINE I32 add_found32(I32 sum, const std::int16_t* table, const std::uint16_t* index, const std::int16_t* value) {
    for (size_t j = 0; j < 32; j += 8) sum = add_found8(sum, table, index + j, value + j);
    return sum;
}

constexpr bool PAIRS_JOINED = true;  // by add_two, within 16 bytes

// LANES16 queries' products with two numbers; sums come in order where queries stand in the order of `query_place`.
struct QuerySums {
    __m256i low = _mm256_setzero_si256();
    __m256i high = _mm256_setzero_si256();
};

RANKFOLD_INLINE void add_two(QuerySums& sums, const std::int16_t* one, const std::int16_t* other, const std::int16_t* values) {
    std::int32_t both;
    std::memcpy(&both, values, sizeof both);
    const __m256i a = load16(one), b = load16(other), value = _mm256_set1_epi32(both);
    sums.low = add_dot(sums.low, _mm256_unpacklo_epi16(a, b), value);
    sums.high = add_dot(sums.high, _mm256_unpackhi_epi16(a, b), value);
}
RANKFOLD_INLINE void store(const QuerySums& sums, std::int32_t* to) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), sums.low);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + 8), sums.high);
}

// Whole numbers `stride` apart, as floats.
RANKFOLD_INLINE F32 float_column(const std::int32_t* from, size_t stride) {
    const __m256i line = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i place = _mm256_mullo_epi32(line, _mm256_set1_epi32(static_cast<int>(stride)));
    return _mm256_cvtepi32_ps(_mm256_i32gather_epi32(reinterpret_cast<const int*>(from), place, 4));
}

}  // namespace rankfold::RANKFOLD_LEVEL
