// Scans of sparse codes: rows of k signed atoms of a dictionary, whose products with the query are looked up.
#include "simd.hpp"

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
    if (LANES32 == LANES16) return i;
    const size_t half = i % LANES16 / (LANES16 / 2), within = i % (LANES16 / 2);
    return i / LANES16 * LANES16 + within / 4 * 8 + 4 * half + within % 4;
}

inline std::int16_t* at_a_line(std::int16_t* memory) {
    return reinterpret_cast<std::int16_t*>((reinterpret_cast<std::uintptr_t>(memory) + 63) / 64 * 64);
}

// A block of rows as numbers: `stride` indices and values each, values of 0 after the last.
class Unpacked {
  public:
    Unpacked(const SparseRows& rows, size_t n)
        : rows(rows), n(n), stride((rows.k + STEP - 1) / STEP * STEP), number_bits(rows.index_bits + (rows.profiles ? 1 : 0)), code_bits(bits_of(rows.level_count)),
          cut_number(unpacking(number_bits)), cut_code(unpacking(code_bits)), margin(BLOCK * (rows.index_bytes + rows.code_bytes) + 2 * PAST_END),
          profiles(rows.profiles ? PROFILES * stride : 0), details(rows.details ? PROFILES * stride : 0), levels(PROFILES), values(BLOCK * stride), indices(BLOCK * stride) {
        std::memset(values.at, 0, BLOCK * stride * sizeof(std::int16_t));
        std::memset(indices.at, 0, BLOCK * stride * sizeof(std::uint16_t));
        std::memset(levels.at, 0, PROFILES * sizeof(std::int16_t));
        std::memcpy(levels.at, rows.levels, rows.level_count * sizeof(std::int16_t));
        if (!rows.profiles) return;
        spread_out(rows.profiles, profiles.at);
        if (rows.details) spread_out(rows.details, details.at);
    }

    const std::uint16_t* index(size_t row) const { return indices.at + row * stride; }
    const std::int16_t* value(size_t row) const { return values.at + row * stride; }
    float scale(size_t row) const {
        const float whole = rows.scales[rows.scale[first + row]] * (rows.fine ? rows.fines[rows.fine[first + row]] : 1.0f);
        return whole < MOST_SCALE ? whole : MOST_SCALE;
    }

    // Asks for one row of the next block, while this one is worked on.
    void ask_ahead(size_t row) const { __builtin_prefetch(rows.index + (first + BLOCK + row) * rows.index_bytes); }

    void unpack(size_t start, size_t count) {
        first = start;
        const std::uint8_t* const numbers = reach(rows.index, rows.index_bytes, count, margin.at);
        const std::uint8_t* const codes = reach(rows.codes, rows.code_bytes, count, margin.at + BLOCK * rows.index_bytes + PAST_END);
        for (size_t row = 0; row < count; ++row) {
            for (size_t j = 0; j < stride; j += STEP) {
                std::uint16_t* const index_to = indices.at + row * stride + j;
                std::int16_t* const value_to = values.at + row * stride + j;
                unpack32(cut_number, numbers + row * rows.index_bytes + j / 8 * number_bits, index_to);
                if (rows.profiles) {
                    split32(index_to, rows.index_bits, magnitudes(first + row, j), value_to);
                } else {
                    std::uint16_t code[STEP];
                    unpack32(cut_code, codes + row * rows.code_bytes + j / 8 * code_bits, code);
                    level32(levels.at, rows.level_count, code, value_to);
                    if (rows.k - j < STEP) std::memset(value_to + (rows.k - j), 0, (STEP - (rows.k - j)) * sizeof(std::int16_t));
                }
            }
        }
    }

  private:
    const SparseRows& rows;
    size_t n, first = 0, stride, number_bits, code_bits;
    Unpacking cut_number, cut_code;
    Scratch<std::uint8_t> margin;             // the last rows, with room after them
    Scratch<std::int16_t> profiles, details;  // (256, stride), filled up with zeros
    Scratch<std::int16_t> levels;             // (256,)
    Scratch<std::int16_t> values;
    Scratch<std::uint16_t> indices;
    std::int16_t sums[STEP];

    void spread_out(const std::int16_t* book, std::int16_t* to) const {
        std::memset(to, 0, PROFILES * stride * sizeof(std::int16_t));
        for (size_t i = 0; i < PROFILES; ++i) std::memcpy(to + i * stride, book + i * rows.k, rows.k * sizeof(std::int16_t));
    }

    // STEP magnitudes of a row, from nonzero j on.
    const std::int16_t* magnitudes(size_t row, size_t j) {
        const std::int16_t* const profile = profiles.at + rows.profile[row] * stride + j;
        if (!rows.details) return profile;
        const std::int16_t* const detail = details.at + rows.detail[row] * stride + j;
        for (size_t i = 0; i < STEP; ++i) sums[i] = static_cast<std::int16_t>(profile[i] + detail[i]);
        return sums;
    }

    static size_t bits_of(size_t count) {
        size_t bits = 1;
        while (static_cast<size_t>(1) << bits < count) ++bits;
        return bits;
    }

    // The bytes of the block's rows, with at least PAST_END readable bytes after them.
    const std::uint8_t* reach(const std::uint8_t* all, size_t bytes, size_t count, std::uint8_t* to) const {
        if ((first + count) * bytes + PAST_END <= n * bytes) return all + first * bytes;
        if (bytes) std::memcpy(to, all + first * bytes, count * bytes);
        std::memset(to + count * bytes, 0, PAST_END);
        return to;
    }
};

// One query. An index beyond the last latent means the last one.
inline void scan_alone(Unpacked& block, const SparseRows& rows, const std::int16_t* query, float step, float* out, size_t n) {
    const size_t reachable = (static_cast<size_t>(1) << rows.index_bits) + 1;
    Scratch<std::int16_t> table(reachable);
    for (size_t i = 0; i < reachable; ++i) table.at[i] = query[least(i, rows.latents - 1)];
    for (size_t first = 0; first < n; first += BLOCK) {
        const size_t count = least(BLOCK, n - first);
        std::int32_t sums[BLOCK];
        block.unpack(first, count);
        for (size_t row = 0; row < count; row += 4) {  // rows past the last are there, with whatever was unpacked before
            I32 sum[4] = {zero32(), zero32(), zero32(), zero32()};
            for (size_t i = 0; i < 4; ++i) {
                block.ask_ahead(row + i);
                const std::uint16_t* const index = block.index(row + i);
                const std::int16_t* const value = block.value(row + i);
                for (size_t j = 0; j < rows.k; j += LANES32) sum[i] = add_found(sum[i], table.at, index + j, value + j);
            }
            totals(sum[0], sum[1], sum[2], sum[3], sums + row);
        }
        for (size_t row = 0; row < count; ++row) out[first + row] = step * static_cast<float>(sums[row]) * block.scale(row);
    }
}

// Whole sums of QUERIES queries, (count, QUERIES), from their products (latents, QUERIES).
inline void sum_together(const Unpacked& block, const std::int16_t* products, size_t k, size_t count, std::int32_t* sums) {
    for (size_t row = 0; row < count; ++row) {
        block.ask_ahead(row);
        const std::uint16_t* const index = block.index(row);
        const std::int16_t* const value = block.value(row);
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

inline void scan_together(Unpacked& block, const SparseRows& rows, const std::int16_t* queries, const float* step, float* out, size_t q, size_t n) {
    const size_t group_size = (static_cast<size_t>(1) << rows.index_bits) * QUERIES;
    Scratch<std::int16_t> memory((q + QUERIES - 1) / QUERIES * group_size);
    std::int16_t* const products = at_a_line(memory.at);
    std::memset(products, 0, (q + QUERIES - 1) / QUERIES * group_size * sizeof(std::int16_t));
    for (size_t start = 0; start < q; start += QUERIES) {
        turn(queries + start * rows.latents, least(QUERIES, q - start), rows.latents, group_size / QUERIES, products + start / QUERIES * group_size);
    }
    std::int32_t sums[BLOCK * QUERIES] = {};
    float scales[BLOCK] = {};
    for (size_t first = 0; first < n; first += BLOCK) {
        const size_t count = least(BLOCK, n - first);
        block.unpack(first, count);
        for (size_t row = 0; row < count; ++row) scales[row] = block.scale(row);
        for (size_t start = 0; start < q; start += QUERIES) {
            sum_together(block, products + start / QUERIES * group_size, rows.k, count, sums);
            write_scores(sums, step + start, scales, least(QUERIES, q - start), count, out + start * n + first, n);
        }
    }
}

}  // namespace

void sparse_scan(const std::int16_t* queries, const SparseRows& rows, const float* step, float* out, size_t q, size_t n) {
    Unpacked block(rows, n);
    if (q > ALONE) {
        scan_together(block, rows, queries, step, out, q, n);
    } else {
        for (size_t query = 0; query < q; ++query) scan_alone(block, rows, queries + query * rows.latents, step[query], out + query * n, n);
    }
}

}  // namespace rankfold::RANKFOLD_LEVEL
