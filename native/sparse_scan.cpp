// Scans of sparse codes: rows of k signed atoms of a dictionary, whose products with the query are looked up.
#include "tiles.hpp"

namespace rankfold::RANKFOLD_LEVEL {

namespace {

constexpr size_t STEP = 32;          // numbers unpacked at once
constexpr size_t QUERIES = 32;       // scored together: their products with one atom lie side by side
constexpr size_t ALONE = 1;          // queries that are faster one after the other
constexpr size_t PROFILES = 256;
constexpr float MOST_SCALE = 3e38f;
constexpr size_t PAST_END = 72;      // bytes that are read after the last number of a row

// Where query i of QUERIES stands beside an atom: pairs of 16 bits are joined within 16 bytes, and sums then come in order.
RANKFOLD_INLINE size_t query_place(size_t i) {
    if (!PAIRS_JOINED) return i;
    const size_t half = i % LANES16 / (LANES16 / 2), within = i % (LANES16 / 2);
    return i / LANES16 * LANES16 + within / 4 * 8 + 4 * half + within % 4;
}

inline std::int16_t* at_a_line(std::int16_t* memory) {
    return reinterpret_cast<std::int16_t*>((reinterpret_cast<std::uintptr_t>(memory) + 63) / 64 * 64);
}

// How the rows of a block are read. A value: of a copy that nothing else points to, the compiler knows that no store changes it.
struct Reading {
    const std::uint8_t *numbers, *codes, *profile, *detail;
    const std::int16_t *profiles, *details, *levels;
    size_t k, stride, number_bytes, code_bytes, index_bits, number_bits, code_bits, level_count;
    Unpacking cut_number, cut_code;
};

enum class Values { LEVELS, PROFILES, DETAILED };

// Numbers j, j + 1, ... of one row: STEP indices and values, values of 0 after the last.
template <Values VALUES>
RANKFOLD_INLINE void unpack(const Reading& how, size_t row, size_t j, std::uint16_t* index, std::int16_t* value) {
    unpack32(how.cut_number, how.numbers + row * how.number_bytes + j / 8 * how.number_bits, index);
    if constexpr (VALUES != Values::LEVELS) {
        const std::int16_t* size = how.profiles + how.profile[row] * how.stride + j;
        std::int16_t sums[STEP];
        if constexpr (VALUES == Values::DETAILED) {
            const std::int16_t* const detail = how.details + how.detail[row] * how.stride + j;
            for (size_t i = 0; i < STEP; ++i) sums[i] = static_cast<std::int16_t>(size[i] + detail[i]);
            size = sums;
        }
        split32(index, how.index_bits, size, value);
    } else {
        std::uint16_t code[STEP];
        unpack32(how.cut_code, how.codes + row * how.code_bytes + j / 8 * how.code_bits, code);
        level32(how.levels, how.level_count, code, value);
        if (how.k - j < STEP) std::memset(value + (how.k - j), 0, (STEP - (how.k - j)) * sizeof(std::int16_t));
    }
}

// Rows by blocks.
class Blocks {
  public:
    Blocks(const SparseRows& rows, size_t n)
        : rows(rows), n(n), stride((rows.k + STEP - 1) / STEP * STEP), margin(BLOCK * (rows.index_bytes + rows.code_bytes) + 2 * PAST_END),
          profiles(padded(rows.profiles) ? PROFILES * stride : 0), details(padded(rows.details) ? PROFILES * stride : 0),
          levels(PROFILES) {
        std::memset(levels.at, 0, PROFILES * sizeof(std::int16_t));
        std::memcpy(levels.at, rows.levels, rows.level_count * sizeof(std::int16_t));
        whole.profiles = spread_out(rows.profiles, profiles.at), whole.details = spread_out(rows.details, details.at);
        whole.levels = levels.at;
        whole.k = rows.k, whole.stride = stride, whole.number_bytes = rows.index_bytes, whole.code_bytes = rows.code_bytes;
        whole.index_bits = rows.index_bits, whole.number_bits = rows.index_bits + (rows.profiles ? 1 : 0);
        whole.code_bits = bits_of(rows.level_count), whole.level_count = rows.level_count;
        whole.cut_number = unpacking(whole.number_bits), whole.cut_code = unpacking(whole.code_bits);
    }

    size_t width() const { return stride; }

    Reading at(size_t first, size_t count) const {
        Reading how = whole;
        how.numbers = reach(rows.index, rows.index_bytes, first, count, margin.at);
        how.codes = reach(rows.codes, rows.code_bytes, first, count, margin.at + BLOCK * rows.index_bytes + PAST_END);
        how.profile = rows.profile + first, how.detail = rows.detail + first;
        return how;
    }

    float scale(size_t row) const {
        const float whole = rows.scales[rows.scale[row]] * (rows.fine ? rows.fines[rows.fine[row]] : 1.0f);
        return whole < MOST_SCALE ? whole : MOST_SCALE;
    }

    // Where the row of the next block begins that is as far from its start.
    const std::uint8_t* ahead(size_t row) const { return rows.index + (row + BLOCK) * rows.index_bytes; }

  private:
    const SparseRows& rows;
    size_t n, stride;
    Scratch<std::uint8_t> margin;             // the last rows, with room after them
    Scratch<std::int16_t> profiles, details;  // (256, stride), filled up with zeros, where rows of them are no whole steps
    Scratch<std::int16_t> levels;             // (256,)

    Reading whole = {};

    bool padded(const std::int16_t* book) const { return book && stride != rows.k; }

    const std::int16_t* spread_out(const std::int16_t* book, std::int16_t* to) const {
        if (!padded(book)) return book;
        std::memset(to, 0, PROFILES * stride * sizeof(std::int16_t));
        for (size_t i = 0; i < PROFILES; ++i) std::memcpy(to + i * stride, book + i * rows.k, rows.k * sizeof(std::int16_t));
        return to;
    }

    static size_t bits_of(size_t count) {
        size_t bits = 1;
        while (static_cast<size_t>(1) << bits < count) ++bits;
        return bits;
    }

    // The bytes of the block's rows, with at least PAST_END readable bytes after them.
    const std::uint8_t* reach(const std::uint8_t* all, size_t bytes, size_t first, size_t count, std::uint8_t* to) const {
        if ((first + count) * bytes + PAST_END <= n * bytes) return all + first * bytes;
        if (bytes) std::memcpy(to, all + first * bytes, count * bytes);
        std::memset(to + count * bytes, 0, PAST_END);
        return to;
    }
};

// The sum of one row for one query, by lanes; its numbers never leave the registers. ONE: rows of at most STEP nonzeros.
template <Values VALUES, bool ONE>
RANKFOLD_INLINE I32 sum_row(const Reading& how, const std::int16_t* table, size_t row) {
    I32 sum = zero32();
    for (size_t j = 0; j == 0 || (!ONE && j < how.k); j += STEP) {
        std::uint16_t index[STEP];
        std::int16_t value[STEP];
        unpack<VALUES>(how, row, j, index, value);
        sum = add_found32(sum, table, index, value);
    }
    return sum;
}

// One query over `count` rows, and the next block's asked for meanwhile.
template <Values VALUES, bool ONE>
inline void sum_block(const Reading& how, const std::int16_t* table, const std::uint8_t* ahead, size_t count, std::int32_t* sums) {
    const auto sum = [&](size_t row) {
        __builtin_prefetch(ahead + row * how.number_bytes);
        return sum_row<VALUES, ONE>(how, table, row);
    };
    size_t row = 0;
    for (; row + 4 <= count; row += 4) totals(sum(row), sum(row + 1), sum(row + 2), sum(row + 3), sums + row);
    for (; row < count; ++row) {
        const I32 one = sum(row);
        all_totals<1>(&one, sums + row);
    }
}

// One query. An index beyond the last latent means the last one.
inline void scan_alone(const Blocks& blocks, const SparseRows& rows, const std::int16_t* query, float step, float* out, size_t n) {
    const size_t reachable = static_cast<size_t>(1) << rows.index_bits;
    Scratch<std::int16_t> table(reachable + 2);
    std::memset(table.at, 0, (reachable + 2) * sizeof(std::int16_t));
    std::memcpy(table.at + 1, query, rows.latents * sizeof(std::int16_t));
    for (size_t i = rows.latents; i < reachable; ++i) table.at[i + 1] = query[rows.latents - 1];
    for (size_t first = 0; first < n; first += BLOCK) {
        const size_t count = least(BLOCK, n - first);
        const Reading how = blocks.at(first, count);
        std::int32_t sums[BLOCK];
        if (!how.profiles) {
            sum_block<Values::LEVELS, false>(how, table.at + 1, blocks.ahead(first), count, sums);
        } else if (how.details) {
            sum_block<Values::DETAILED, false>(how, table.at + 1, blocks.ahead(first), count, sums);
        } else if (how.k > STEP) {
            sum_block<Values::PROFILES, false>(how, table.at + 1, blocks.ahead(first), count, sums);
        } else {
            sum_block<Values::PROFILES, true>(how, table.at + 1, blocks.ahead(first), count, sums);
        }
        for (size_t row = 0; row < count; ++row) out[first + row] = step * static_cast<float>(sums[row]) * blocks.scale(first + row);
    }
}

// A block of rows as numbers: `stride` indices and values each.
struct Unpacked {
    size_t stride, row_bytes;
    Scratch<std::int16_t> values;
    Scratch<std::uint16_t> indices;
    const std::uint8_t* ahead = nullptr;  // the next block

    explicit Unpacked(const Blocks& blocks) : stride(blocks.width()), row_bytes(0), values(BLOCK * stride), indices(BLOCK * stride) {}

    void fill(const Blocks& blocks, size_t first, size_t count) {
        const Reading how = blocks.at(first, count);
        ahead = blocks.ahead(first);
        row_bytes = how.number_bytes;
        for (size_t row = 0; row < count; ++row) {
            for (size_t j = 0; j < stride; j += STEP) {
                std::uint16_t* const index = indices.at + row * stride + j;
                std::int16_t* const value = values.at + row * stride + j;
                if (!how.profiles) {
                    unpack<Values::LEVELS>(how, row, j, index, value);
                } else if (how.details) {
                    unpack<Values::DETAILED>(how, row, j, index, value);
                } else {
                    unpack<Values::PROFILES>(how, row, j, index, value);
                }
            }
        }
    }
};

// Whole sums of QUERIES queries, (count, QUERIES), from their products (latents, QUERIES).
inline void sum_together(const Unpacked& block, const std::int16_t* products, size_t k, size_t count, std::int32_t* sums) {
    for (size_t row = 0; row < count; ++row) {
        __builtin_prefetch(block.ahead + row * block.row_bytes);
        const std::uint16_t* const index = block.indices.at + row * block.stride;
        const std::int16_t* const value = block.values.at + row * block.stride;
        QuerySums sum[QUERIES / LANES16];
        for (size_t j = 0; j < k; j += 2) {
            const std::int16_t *const one = products + index[j] * QUERIES, *const other = products + index[j + 1] * QUERIES;
            for (size_t part = 0; part < QUERIES / LANES16; ++part) add_two(sum[part], one + part * LANES16, other + part * LANES16, value + j);
        }
        for (size_t part = 0; part < QUERIES / LANES16; ++part) store(sum[part], sums + row * QUERIES + part * LANES16);
    }
}

// `q` queries' scores of `count` rows, whose scales are those of a whole block.
inline void write_scores(const std::int32_t* sums, const float* step, const float* scales, size_t q, size_t count, float* out, size_t n) {
    for (size_t query = 0; query < q; ++query) {
        float scores[BLOCK];
        float* const to = count == BLOCK ? out + query * n : scores;
        for (size_t row = 0; row < BLOCK; row += FLOATS) {
            store(to + row, mul(mul(all(step[query]), float_column(sums + row * QUERIES + query, QUERIES)), load(scales + row)));
        }
        if (count < BLOCK) std::memcpy(out + query * n, scores, count * sizeof(float));
    }
}

// The products of up to QUERIES queries with each atom, side by side, and with the last atom again up to `reachable`.
inline void turn(const std::int16_t* queries, size_t q, size_t latents, size_t reachable, std::int16_t* to) {
    for (size_t first = 0; first < latents; first += STEP) {
        for (size_t query = 0; query < q; ++query) {
            const size_t place = query_place(query);
            for (size_t i = first; i < least(first + STEP, latents); ++i) to[i * QUERIES + place] = queries[query * latents + i];
        }
    }
    for (size_t i = latents; i < reachable; ++i) std::memcpy(to + i * QUERIES, to + (latents - 1) * QUERIES, QUERIES * sizeof(std::int16_t));
}

inline void scan_together(const Blocks& blocks, const SparseRows& rows, const std::int16_t* queries, const float* step, float* out, size_t q, size_t n) {
    const size_t group_size = (static_cast<size_t>(1) << rows.index_bits) * QUERIES;
    Scratch<std::int16_t> memory((q + QUERIES - 1) / QUERIES * group_size);
    std::int16_t* const products = at_a_line(memory.at);
    std::memset(products, 0, (q + QUERIES - 1) / QUERIES * group_size * sizeof(std::int16_t));
    for (size_t start = 0; start < q; start += QUERIES) {
        turn(queries + start * rows.latents, least(QUERIES, q - start), rows.latents, group_size / QUERIES, products + start / QUERIES * group_size);
    }
    Unpacked block(blocks);
    std::int32_t sums[BLOCK * QUERIES] = {};
    float scales[BLOCK] = {};
    for (size_t first = 0; first < n; first += BLOCK) {
        const size_t count = least(BLOCK, n - first);
        block.fill(blocks, first, count);
        for (size_t row = 0; row < count; ++row) scales[row] = blocks.scale(first + row);
        for (size_t start = 0; start < q; start += QUERIES) {
            sum_together(block, products + start / QUERIES * group_size, rows.k, count, sums);
            write_scores(sums, step + start, scales, least(QUERIES, q - start), count, out + start * n + first, n);
        }
    }
}

}  // namespace

void sparse_scan(const std::int16_t* queries, const SparseRows& rows, const float* step, float* out, size_t q, size_t n) {
    const Blocks blocks(rows, n);
    if (q > ALONE) {
        scan_together(blocks, rows, queries, step, out, q, n);
    } else {
        for (size_t query = 0; query < q; ++query) scan_alone(blocks, rows, queries + query * rows.latents, step[query], out + query * n, n);
    }
}

}  // namespace rankfold::RANKFOLD_LEVEL
