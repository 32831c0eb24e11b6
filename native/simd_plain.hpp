// The vector types of GCC and Clang: any processor, 16 bytes at a time.
#pragma once

namespace rankfold::RANKFOLD_LEVEL {

typedef std::int8_t Int8x8 __attribute__((vector_size(8)));
typedef std::int16_t Int16x8 __attribute__((vector_size(16)));
typedef std::int32_t Int32x8 __attribute__((vector_size(32)));
typedef std::uint8_t UInt8x16 __attribute__((vector_size(16)));
typedef std::uint16_t UInt16x16 __attribute__((vector_size(32)));
typedef std::int8_t Int8x16 __attribute__((vector_size(16)));
typedef std::int16_t Int16x16 __attribute__((vector_size(32)));
typedef std::int32_t Int32x4 __attribute__((vector_size(16)));
typedef float Float4 __attribute__((vector_size(16)));

template <typename V>
RANKFOLD_INLINE V from_memory(const void* from) {
    V x;
    std::memcpy(&x, from, sizeof x);
    return x;
}

// Whole numbers: LANES16 of 16 bits.
constexpr size_t LANES16 = 8;
using I16 = Int16x8;
using I32 = Int32x8;

RANKFOLD_INLINE I16 load16(const std::int16_t* from) { return from_memory<I16>(from); }
RANKFOLD_INLINE I16 widen8(const std::int8_t* from) { return __builtin_convertvector(from_memory<Int8x8>(from), I16); }
RANKFOLD_INLINE I32 zero32() { return I32{}; }
RANKFOLD_INLINE I32 add_dot(I32 sum, I16 a, I16 b) { return sum + __builtin_convertvector(a, I32) * __builtin_convertvector(b, I32); }

RANKFOLD_INLINE std::int32_t total(I32 x) { return ((x[0] + x[1]) + (x[2] + x[3])) + ((x[4] + x[5]) + (x[6] + x[7])); }

// The totals of four vectors.
RANKFOLD_INLINE void totals(I32 a, I32 b, I32 c, I32 d, std::int32_t* to) {
    to[0] = total(a);
    to[1] = total(b);
    to[2] = total(c);
    to[3] = total(d);
}

// Bytes of LUT_ROWS rows, and their sums in 16 bits.
constexpr size_t LUT_ROWS = 16;
constexpr bool MANY_PAYS = true;  // whether tables side by side beat one query after the other
using Bytes = UInt8x16;

RANKFOLD_INLINE Bytes load_bytes(const std::uint8_t* from) { return from_memory<Bytes>(from); }
RANKFOLD_INLINE Bytes low_nibbles(Bytes x) { return x & 15; }
RANKFOLD_INLINE Bytes high_nibbles(Bytes x) { return x >> 4; }

// table[code]: one load an entry.
RANKFOLD_INLINE Bytes look256(const std::uint8_t* table, Bytes code) {
    std::uint8_t codes[LUT_ROWS], found[LUT_ROWS];
    std::memcpy(codes, &code, sizeof codes);
    for (size_t lane = 0; lane < LUT_ROWS; ++lane) found[lane] = table[codes[lane]];
    return from_memory<Bytes>(found);
}
RANKFOLD_INLINE Bytes look16(const std::uint8_t* table, Bytes index) { return look256(table, index); }

struct Sums {
    UInt16x16 rows{};
};

RANKFOLD_INLINE void add(Sums& sums, Bytes x) { sums.rows += __builtin_convertvector(x, UInt16x16); }
RANKFOLD_INLINE void store(const Sums& sums, std::uint16_t* to) { std::memcpy(to, &sums.rows, sizeof sums.rows); }

// Bits of a row against signed bytes: SPREAD bits become bytes of 0 or 255.
constexpr size_t SPREAD = 16;
constexpr size_t PAIR_STEPS = 120;  // so many steps of at most 128 fit 16 bits
using Pairs = Int16x16;

RANKFOLD_INLINE Bytes spread(const std::uint8_t* bits) {
    const std::uint8_t a = bits[0], b = bits[1];
    const Bytes copies = {a, a, a, a, a, a, a, a, b, b, b, b, b, b, b, b};
    const Bytes one_bit = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    return reinterpret_cast<Bytes>((copies & one_bit) != 0);
}
RANKFOLD_INLINE Pairs zero_pairs() { return Pairs{}; }
RANKFOLD_INLINE Pairs add_signed(Pairs sum, Bytes ones, const std::int8_t* values) {
    return sum + __builtin_convertvector(reinterpret_cast<Int8x16>(ones) & from_memory<Int8x16>(values), Pairs);
}
RANKFOLD_INLINE I32 add_pairs(I32 sum, Pairs pairs) {
    std::int16_t lane[16];
    std::memcpy(lane, &pairs, sizeof lane);
    const auto half = [&](size_t first) { return __builtin_convertvector(from_memory<Int16x8>(lane + first), I32); };
    return sum + half(0) + half(8);
}

// Floats.
constexpr size_t FLOATS = 4;
constexpr size_t NEAREST_VECTORS = 2;  // of rows, against
constexpr size_t NEAREST_CENTROIDS = 4;
using F32 = Float4;
using Mask = Int32x4;

RANKFOLD_INLINE F32 load(const float* from) { return from_memory<F32>(from); }
RANKFOLD_INLINE void store(float* to, F32 x) { std::memcpy(to, &x, sizeof x); }
RANKFOLD_INLINE F32 all(float x) { return F32{x, x, x, x}; }
RANKFOLD_INLINE F32 add(F32 a, F32 b) { return a + b; }
RANKFOLD_INLINE F32 sub(F32 a, F32 b) { return a - b; }
RANKFOLD_INLINE F32 mul(F32 a, F32 b) { return a * b; }
RANKFOLD_INLINE F32 quotient(F32 a, F32 b) { return a / b; }
RANKFOLD_INLINE F32 mul_add(F32 a, F32 b, F32 c) { return a * b + c; }
RANKFOLD_INLINE F32 magnitude(F32 x) { return reinterpret_cast<F32>(reinterpret_cast<Int32x4>(x) & 0x7fffffff); }
RANKFOLD_INLINE F32 higher(F32 a, F32 b) { return a > b ? a : b; }  // b where either is not a number
RANKFOLD_INLINE Mask less(F32 a, F32 b) { return a < b; }
RANKFOLD_INLINE Mask at_least(F32 a, F32 b) { return a >= b; }
RANKFOLD_INLINE unsigned lanes(Mask mask) {
    return static_cast<unsigned>((mask[0] & 1) | (mask[1] & 2) | (mask[2] & 4) | (mask[3] & 8));
}
RANKFOLD_INLINE F32 choose(Mask mask, F32 yes, F32 no) { return mask ? yes : no; }

using Index = Int32x4;
RANKFOLD_INLINE Index load_index(const std::int32_t* from) { return from_memory<Index>(from); }
RANKFOLD_INLINE void store_index(std::int32_t* to, Index x) { std::memcpy(to, &x, sizeof x); }
RANKFOLD_INLINE Index all_index(std::int32_t x) { return Index{x, x, x, x}; }
RANKFOLD_INLINE Index choose_index(Mask mask, Index yes, Index no) { return mask ? yes : no; }
RANKFOLD_INLINE F32 to_float(const std::int32_t* from) { return __builtin_convertvector(load_index(from), F32); }

RANKFOLD_INLINE F32 to_float(Index x) { return __builtin_convertvector(x, F32); }

// Whole products of 8-bit numbers, one atom a lane and TOGETHER coordinates at once.
constexpr size_t TOGETHER = 1;
constexpr size_t PRODUCT_ROWS = 4, PRODUCT_VECTORS = 2;
constexpr int MOVED_UP = 0;
using AtomPart = std::int32_t;
using RowPart = std::int32_t;
RANKFOLD_INLINE Index load_atoms(const AtomPart* from) { return load_index(from); }
RANKFOLD_INLINE Index spread_row(const RowPart* from) { return all_index(*from); }
RANKFOLD_INLINE Index add_products(Index sum, Index atoms, Index row) { return sum + atoms * row; }

// Trellis search.
constexpr size_t TRELLIS_VECTORS = 4;  // of rows, searched together
RANKFOLD_INLINE F32 lower(F32 a, F32 b) { return a < b ? a : b; }
// x with its last bits replaced by `tag`, and those bits of x, moved up and joined to others.
RANKFOLD_INLINE F32 tagged(F32 x, std::uint32_t mask, std::uint32_t tag) {
    return reinterpret_cast<F32>((reinterpret_cast<Index>(x) & static_cast<std::int32_t>(~mask)) | static_cast<std::int32_t>(tag));
}
RANKFOLD_INLINE Index join_bits(Index joined, F32 x, std::uint32_t mask, int up) {
    return joined | (reinterpret_cast<Index>(x) & static_cast<std::int32_t>(mask)) << up;
}
RANKFOLD_INLINE void store_bytes(std::uint8_t* to, Index x) {
    for (size_t lane = 0; lane < FLOATS; ++lane) to[lane] = static_cast<std::uint8_t>(x[lane]);
}

// Windows of eight bits of one row: groups of eight coordinates begin at `byte`.
constexpr size_t WINDOW_BYTES = 1 << 30;  // of a row that one look can reach: any
struct Windows {
    std::uint32_t byte[LUT_ROWS / 8];
    std::uint8_t bit[LUT_ROWS];
};

RANKFOLD_INLINE void put_window(Windows& windows, size_t slot, size_t bit) { windows.bit[slot] = static_cast<std::uint8_t>(bit); }
RANKFOLD_INLINE void put_group(Windows& windows, size_t group, size_t byte) { windows.byte[group] = static_cast<std::uint32_t>(byte); }
RANKFOLD_INLINE Bytes look(const Windows& windows, const std::uint8_t* row) {
    std::uint8_t found[LUT_ROWS];
    for (size_t slot = 0; slot < LUT_ROWS; ++slot) {
        const std::uint8_t* const at = row + windows.byte[slot / 8] + windows.bit[slot] / 8;
        found[slot] = static_cast<std::uint8_t>((at[0] | at[1] << 8) >> windows.bit[slot] % 8);
    }
    return from_memory<Bytes>(found);
}
RANKFOLD_INLINE void store_bytes(std::int8_t* to, Bytes x) { std::memcpy(to, &x, sizeof x); }

// Values against a part of one query.
struct QueryPart {
    std::int16_t value[LUT_ROWS];
};
struct ByteDots {
    I32 sum{};
};

RANKFOLD_INLINE std::int32_t put_query(QueryPart& part, size_t slot, std::int16_t value) { return part.value[slot] = value, 0; }
RANKFOLD_INLINE void add(ByteDots& dots, Bytes values, const QueryPart& part) {
    std::int8_t value[LUT_ROWS];
    std::memcpy(value, &values, sizeof value);
    for (size_t at = 0; at < LUT_ROWS; at += LANES16) dots.sum = add_dot(dots.sum, widen8(value + at), load16(part.value + at));
}
RANKFOLD_INLINE I32 joined(const ByteDots& dots) { return dots.sum; }

// Sparse codes. Numbers of 1 to 16 bits, 32 of them.
struct Unpacking {
    std::uint32_t bits, mask;
};

RANKFOLD_INLINE Unpacking unpacking(size_t bits) { return {static_cast<std::uint32_t>(bits), (1u << bits) - 1}; }
RANKFOLD_INLINE void unpack32(const Unpacking& how, const std::uint8_t* from, std::uint16_t* to) {
    for (std::uint32_t j = 0, bit = 0; j < 32; ++j, bit += how.bits) {
        const std::uint8_t* const at = from + bit / 8;
        const std::uint32_t word = static_cast<std::uint32_t>(at[0]) | static_cast<std::uint32_t>(at[1]) << 8 | static_cast<std::uint32_t>(at[2]) << 16;
        to[j] = static_cast<std::uint16_t>(word >> bit % 8 & how.mask);
    }
}

// 32 numbers, each an index with a sign in the bit above it: leaves the indices, and writes `values` with those signs.
RANKFOLD_INLINE void split32(std::uint16_t* numbers, size_t index_bits, const std::int16_t* values, std::int16_t* to) {
    for (size_t j = 0; j < 32; ++j) {
        const std::int32_t turn = -(numbers[j] >> index_bits & 1);
        to[j] = static_cast<std::int16_t>((values[j] ^ turn) - turn);
        numbers[j] = static_cast<std::uint16_t>(numbers[j] & ((1u << index_bits) - 1));
    }
}

// Values of 32 codes below `count`, by a table of 256.
RANKFOLD_INLINE void level32(const std::int16_t* levels, size_t, const std::uint16_t* codes, std::int16_t* to) {
    for (size_t j = 0; j < 32; ++j) to[j] = levels[codes[j]];
}

// sum + table[index] * value, 32 of them.
RANKFOLD_INLINE I32 add_found32(I32 sum, const std::int16_t* table, const std::uint16_t* index, const std::int16_t* value) {
    for (size_t j = 0; j < 32; j += 8) {
        std::int32_t product[8];
        for (size_t lane = 0; lane < 8; ++lane) product[lane] = table[index[j + lane]] * value[j + lane];
        sum += from_memory<I32>(product);
    }
    return sum;
}

constexpr bool PAIRS_JOINED = false;  // by add_two, within 16 bytes

// LANES16 queries' products with two numbers; the order of queries is `query_place`, which is none here.
struct QuerySums {
    I32 all{};
};

RANKFOLD_INLINE void add_two(QuerySums& sums, const std::int16_t* one, const std::int16_t* other, const std::int16_t* values) {
    sums.all += __builtin_convertvector(load16(one), I32) * values[0] + __builtin_convertvector(load16(other), I32) * values[1];
}
RANKFOLD_INLINE void store(const QuerySums& sums, std::int32_t* to) { std::memcpy(to, &sums.all, sizeof sums.all); }

// Whole numbers `stride` apart, as floats.
RANKFOLD_INLINE F32 float_column(const std::int32_t* from, size_t stride) {
    return F32{static_cast<float>(from[0]), static_cast<float>(from[stride]), static_cast<float>(from[2 * stride]), static_cast<float>(from[3 * stride])};
}

}  // namespace rankfold::RANKFOLD_LEVEL
