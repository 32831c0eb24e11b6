// SSE4.2: 16 bytes at a time.
#pragma once

#include <nmmintrin.h>

namespace rankfold::RANKFOLD_LEVEL {

// Whole numbers: LANES16 of 16 bits.
constexpr size_t LANES16 = 8;
using I16 = __m128i;
using I32 = __m128i;

RANKFOLD_INLINE I16 load16(const std::int16_t* from) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)); }
RANKFOLD_INLINE I16 widen8(const std::int8_t* from) { return _mm_cvtepi8_epi16(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from))); }
RANKFOLD_INLINE I32 zero32() { return _mm_setzero_si128(); }
RANKFOLD_INLINE I32 add_dot(I32 sum, I16 a, I16 b) { return _mm_add_epi32(sum, _mm_madd_epi16(a, b)); }

// The totals of four vectors.
RANKFOLD_INLINE void totals(I32 a, I32 b, I32 c, I32 d, std::int32_t* to) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm_hadd_epi32(_mm_hadd_epi32(a, b), _mm_hadd_epi32(c, d)));
}

// Bytes of LUT_ROWS rows, and their sums in 16 bits.
constexpr size_t LUT_ROWS = 16;
constexpr bool MANY_PAYS = true;  // whether tables side by side beat one query after the other
using Bytes = __m128i;

RANKFOLD_INLINE Bytes load_bytes(const std::uint8_t* from) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)); }
RANKFOLD_INLINE Bytes low_nibbles(Bytes x) { return _mm_and_si128(x, _mm_set1_epi8(15)); }
RANKFOLD_INLINE Bytes high_nibbles(Bytes x) { return _mm_and_si128(_mm_srli_epi16(x, 4), _mm_set1_epi8(15)); }

// table[index] of 16 entries; an index with its top bit set gives 0.
RANKFOLD_INLINE Bytes look16(const std::uint8_t* table, Bytes index) { return _mm_shuffle_epi8(load_bytes(table), index); }

// table[code] of 256 entries: 16 small tables. The top bit blanks one half of them, so two halves are joined by `or`; bits 4 to 6 choose by blends.
RANKFOLD_INLINE Bytes look256(const std::uint8_t* table, Bytes code) {
    const Bytes low = _mm_and_si128(code, _mm_set1_epi8(static_cast<char>(0x8f)));
    const Bytes high = _mm_xor_si128(low, _mm_set1_epi8(static_cast<char>(0x80)));
    const Bytes bit6 = _mm_add_epi8(code, code);
    const Bytes bit5 = _mm_add_epi8(bit6, bit6);
    const Bytes bit4 = _mm_add_epi8(bit5, bit5);
    const auto either = [&](int part) { return _mm_or_si128(look16(table + 16 * part, low), look16(table + 16 * part + 128, high)); };
    const auto pair = [&](int part) { return _mm_blendv_epi8(either(part), either(part + 1), bit4); };
    const auto four = [&](int part) { return _mm_blendv_epi8(pair(part), pair(part + 2), bit5); };
    return _mm_blendv_epi8(four(0), four(4), bit6);
}

// `all` takes both bytes of each pair at once, `odd` the upper ones: the lower ones are what remains, modulo 2^16.
struct Sums {
    __m128i all = _mm_setzero_si128();
    __m128i odd = _mm_setzero_si128();
};

RANKFOLD_INLINE void add(Sums& sums, Bytes x) {
    sums.all = _mm_add_epi16(sums.all, x);
    sums.odd = _mm_add_epi16(sums.odd, _mm_srli_epi16(x, 8));
}
RANKFOLD_INLINE void store(const Sums& sums, std::uint16_t* to) {
    const __m128i even = _mm_sub_epi16(sums.all, _mm_slli_epi16(sums.odd, 8));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm_unpacklo_epi16(even, sums.odd));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + 8), _mm_unpackhi_epi16(even, sums.odd));
}

// Bits of a row against signed bytes: SPREAD bits become bytes of 0 or 1.
constexpr size_t SPREAD = 16;
constexpr size_t PAIR_STEPS = 120;  // so many steps of at most 256 fit 16 bits
using Pairs = __m128i;

RANKFOLD_INLINE Bytes spread(const std::uint8_t* bits) {
    std::uint16_t word;
    std::memcpy(&word, bits, sizeof word);
    const __m128i place = _mm_set_epi64x(0x0101010101010101, 0);
    const __m128i one_bit = _mm_set1_epi64x(static_cast<long long>(0x8040201008040201ULL));
    const __m128i copies = _mm_shuffle_epi8(_mm_cvtsi32_si128(word), place);
    return _mm_min_epu8(_mm_and_si128(copies, one_bit), _mm_set1_epi8(1));
}
RANKFOLD_INLINE Pairs zero_pairs() { return _mm_setzero_si128(); }
RANKFOLD_INLINE Pairs add_signed(Pairs sum, Bytes ones, const std::int8_t* values) {
    return _mm_add_epi16(sum, _mm_maddubs_epi16(ones, _mm_loadu_si128(reinterpret_cast<const __m128i*>(values))));
}
RANKFOLD_INLINE I32 add_pairs(I32 sum, Pairs pairs) { return _mm_add_epi32(sum, _mm_madd_epi16(pairs, _mm_set1_epi16(1))); }

// Floats.
constexpr size_t FLOATS = 4;
constexpr size_t NEAREST_VECTORS = 2;  // of rows, against
constexpr size_t NEAREST_CENTROIDS = 4;
using F32 = __m128;
using Mask = __m128;

RANKFOLD_INLINE F32 load(const float* from) { return _mm_loadu_ps(from); }
RANKFOLD_INLINE void store(float* to, F32 x) { _mm_storeu_ps(to, x); }
RANKFOLD_INLINE F32 all(float x) { return _mm_set1_ps(x); }
RANKFOLD_INLINE F32 add(F32 a, F32 b) { return _mm_add_ps(a, b); }
RANKFOLD_INLINE F32 sub(F32 a, F32 b) { return _mm_sub_ps(a, b); }
RANKFOLD_INLINE F32 mul(F32 a, F32 b) { return _mm_mul_ps(a, b); }
RANKFOLD_INLINE F32 quotient(F32 a, F32 b) { return _mm_div_ps(a, b); }
RANKFOLD_INLINE F32 mul_add(F32 a, F32 b, F32 c) { return _mm_add_ps(_mm_mul_ps(a, b), c); }
RANKFOLD_INLINE F32 magnitude(F32 x) { return _mm_andnot_ps(_mm_set1_ps(-0.0f), x); }
RANKFOLD_INLINE F32 higher(F32 a, F32 b) { return _mm_max_ps(a, b); }  // b where either is not a number
RANKFOLD_INLINE Mask less(F32 a, F32 b) { return _mm_cmplt_ps(a, b); }
RANKFOLD_INLINE Mask at_least(F32 a, F32 b) { return _mm_cmpge_ps(a, b); }
RANKFOLD_INLINE unsigned lanes(Mask mask) { return static_cast<unsigned>(_mm_movemask_ps(mask)); }
RANKFOLD_INLINE F32 choose(Mask mask, F32 yes, F32 no) { return _mm_blendv_ps(no, yes, mask); }

using Index = __m128i;
RANKFOLD_INLINE Index load_index(const std::int32_t* from) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)); }
RANKFOLD_INLINE void store_index(std::int32_t* to, Index x) { _mm_storeu_si128(reinterpret_cast<__m128i*>(to), x); }
RANKFOLD_INLINE Index all_index(std::int32_t x) { return _mm_set1_epi32(x); }
RANKFOLD_INLINE Index choose_index(Mask mask, Index yes, Index no) { return _mm_blendv_epi8(no, yes, _mm_castps_si128(mask)); }
RANKFOLD_INLINE F32 to_float(const std::int32_t* from) { return _mm_cvtepi32_ps(load_index(from)); }

RANKFOLD_INLINE F32 to_float(Index x) { return _mm_cvtepi32_ps(x); }

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
    return _mm_set1_epi32(two);
}
RANKFOLD_INLINE Index add_products(Index sum, Index atoms, Index row) { return add_dot(sum, atoms, row); }

// Trellis search.
constexpr size_t TRELLIS_VECTORS = 4;  // of rows, searched together
RANKFOLD_INLINE F32 lower(F32 a, F32 b) { return _mm_min_ps(a, b); }
// x with its last bits replaced by `tag`, and those bits of x, moved up and joined to others.
RANKFOLD_INLINE F32 tagged(F32 x, std::uint32_t mask, std::uint32_t tag) {
    const __m128i keep = _mm_set1_epi32(static_cast<int>(~mask)), put = _mm_set1_epi32(static_cast<int>(tag));
    return _mm_castsi128_ps(_mm_or_si128(_mm_and_si128(_mm_castps_si128(x), keep), put));
}
RANKFOLD_INLINE Index join_bits(Index joined, F32 x, std::uint32_t mask, int up) {
    const __m128i bits = _mm_and_si128(_mm_castps_si128(x), _mm_set1_epi32(static_cast<int>(mask)));
    return _mm_or_si128(joined, _mm_slli_epi32(bits, up));
}
RANKFOLD_INLINE void store_bytes(std::uint8_t* to, Index x) {
    const __m128i words = _mm_packus_epi32(x, x), bytes = _mm_packus_epi16(words, words);
    const int four = _mm_cvtsi128_si32(bytes);
    std::memcpy(to, &four, sizeof four);
}

// Windows of eight bits of one row: groups of eight coordinates begin at `byte`; each window is cut from a word by a product and a shift.
constexpr size_t WINDOW_BYTES = 1 << 30;  // of a row that one look can reach: any
struct Windows {
    std::uint32_t byte[LUT_ROWS / 8];
    std::uint8_t place[2 * LUT_ROWS];
    std::uint16_t factor[LUT_ROWS];
};

RANKFOLD_INLINE void put_window(Windows& windows, size_t slot, size_t bit) {
    windows.place[2 * slot] = static_cast<std::uint8_t>(bit / 8);
    windows.place[2 * slot + 1] = static_cast<std::uint8_t>(bit / 8 + 1);
    windows.factor[slot] = static_cast<std::uint16_t>(256u >> bit % 8);
}
RANKFOLD_INLINE void put_group(Windows& windows, size_t group, size_t byte) { windows.byte[group] = static_cast<std::uint32_t>(byte); }
RANKFOLD_INLINE __m128i cut(const Windows& windows, int half, const std::uint8_t* from) {
    const __m128i words = _mm_shuffle_epi8(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)), load_bytes(windows.place + 16 * half));
    return _mm_srli_epi16(_mm_mullo_epi16(words, _mm_loadu_si128(reinterpret_cast<const __m128i*>(windows.factor + 8 * half))), 8);
}
RANKFOLD_INLINE Bytes look(const Windows& windows, const std::uint8_t* row) {
    return _mm_packus_epi16(cut(windows, 0, row + windows.byte[0]), cut(windows, 1, row + windows.byte[1]));
}
RANKFOLD_INLINE void store_bytes(std::int8_t* to, Bytes x) { _mm_storeu_si128(reinterpret_cast<__m128i*>(to), x); }

// Values against a part of one query.
struct QueryPart {
    std::int16_t value[LUT_ROWS];
};
struct ByteDots {
    I32 sum = _mm_setzero_si128();
};

RANKFOLD_INLINE std::int32_t put_query(QueryPart& part, size_t slot, std::int16_t value) { return part.value[slot] = value, 0; }
RANKFOLD_INLINE void add(ByteDots& dots, Bytes values, const QueryPart& part) {
    dots.sum = add_dot(dots.sum, _mm_cvtepi8_epi16(values), load16(part.value));
    dots.sum = add_dot(dots.sum, _mm_cvtepi8_epi16(_mm_srli_si128(values, 8)), load16(part.value + LANES16));
}
RANKFOLD_INLINE I32 joined(const ByteDots& dots) { return dots.sum; }

// Sparse codes. Numbers of 1 to 16 bits, 32 of them.
struct Unpacking {
    std::uint32_t bits, mask;
};

RANKFOLD_INLINE Unpacking unpacking(size_t bits) { return {static_cast<std::uint32_t>(bits), (1u << bits) - 1}; }
RANKFOLD_INLINE void unpack32(const Unpacking& how, const std::uint8_t* from, std::uint16_t* to) {
    for (std::uint32_t j = 0, bit = 0; j < 32; ++j, bit += how.bits) {
        std::uint32_t word;
        std::memcpy(&word, from + bit / 8, sizeof word);
        to[j] = static_cast<std::uint16_t>(word >> bit % 8 & how.mask);
    }
}

// 32 numbers, each an index with a sign in the bit above it: leaves the indices, and writes `values` with those signs.
RANKFOLD_INLINE void split32(std::uint16_t* numbers, size_t index_bits, const std::int16_t* values, std::int16_t* to) {
    const __m128i sign = _mm_set1_epi16(static_cast<short>(1u << index_bits));
    for (size_t at = 0; at < 32; at += LANES16) {
        __m128i* const place = reinterpret_cast<__m128i*>(numbers + at);
        const __m128i number = _mm_loadu_si128(place), turn = _mm_cmpeq_epi16(_mm_and_si128(number, sign), sign);
        _mm_storeu_si128(place, _mm_andnot_si128(sign, number));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to + at), _mm_sub_epi16(_mm_xor_si128(load16(values + at), turn), turn));
    }
}

// Values of 32 codes below `count`, by a table of 256.
RANKFOLD_INLINE void level32(const std::int16_t* levels, size_t, const std::uint16_t* codes, std::int16_t* to) {
    for (size_t j = 0; j < 32; ++j) to[j] = levels[codes[j]];
}

// sum + table[index] * value, 32 of them.
RANKFOLD_INLINE I32 add_found32(I32 sum, const std::int16_t* table, const std::uint16_t* index, const std::int16_t* value) {
    for (size_t j = 0; j < 32; j += 4) {
        std::int32_t product[4];
        for (size_t lane = 0; lane < 4; ++lane) product[lane] = table[index[j + lane]] * value[j + lane];
        sum = _mm_add_epi32(sum, _mm_loadu_si128(reinterpret_cast<const __m128i*>(product)));
    }
    return sum;
}

constexpr bool PAIRS_JOINED = true;  // by add_two, within 16 bytes

// LANES16 queries' products with two numbers; sums come in order where queries stand in the order of `query_place`.
struct QuerySums {
    __m128i low = _mm_setzero_si128();
    __m128i high = _mm_setzero_si128();
};

RANKFOLD_INLINE void add_two(QuerySums& sums, const std::int16_t* one, const std::int16_t* other, const std::int16_t* values) {
    std::int32_t both;
    std::memcpy(&both, values, sizeof both);
    const __m128i a = load16(one), b = load16(other), value = _mm_set1_epi32(both);
    sums.low = add_dot(sums.low, _mm_unpacklo_epi16(a, b), value);
    sums.high = add_dot(sums.high, _mm_unpackhi_epi16(a, b), value);
}
RANKFOLD_INLINE void store(const QuerySums& sums, std::int32_t* to) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), sums.low);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + 4), sums.high);
}

// Whole numbers `stride` apart, as floats.
RANKFOLD_INLINE F32 float_column(const std::int32_t* from, size_t stride) {
    return _mm_cvtepi32_ps(_mm_setr_epi32(from[0], from[stride], from[2 * stride], from[3 * stride]));
}

}  // namespace rankfold::RANKFOLD_LEVEL
