// Products of rows of signed bytes with many 16-bit queries by tiles: exact ones, and the best of them without writing the others.
#pragma once

#include "tiles.hpp"
#include "top.hpp"

namespace rankfold::RANKFOLD_LEVEL {

constexpr size_t TILE = 16;           // rows, or columns, of one tile
constexpr size_t PANEL = 64;          // rows that stay in the first cache while all queries pass
constexpr size_t TILE_QUERIES = 8;    // fewer are faster without tiles
constexpr int MOST_IN_BYTES = 32639;  // the largest number of two bytes with signs
constexpr size_t PANELS_AHEAD = 2;
constexpr size_t FRESH_EACH = 64;
constexpr float ROUNDING = 2e-6f;     // of float32 sums of three terms, as a share of them, and some

inline size_t steps_of(size_t d) { return (d + 63) / 64; }

// Queries `first` on of bytes (q, d), 16 of them or what is left, as the columns of tiles.
inline void put_columns(const std::int8_t* bytes, size_t first, size_t q, size_t d, std::int8_t* to) {
    std::memset(to, 0, steps_of(d) * 1024);
    for (size_t query = first; query < least(first + TILE, q); ++query) {
        const std::int8_t* const from = bytes + query * d;
        std::int8_t* const column = to + (query - first) * 4;
        size_t i = 0;
        for (; i + 4 <= d; i += 4) std::memcpy(column + i * 16, from + i, 4);
        for (; i < d; ++i) column[i / 4 * 64 + i % 4] = from[i];
    }
}

// Rows of a panel where 32 * 2 of them, and 64 bytes a step of each, can be read: as they stand, or copied into `margin` with zeros behind them.
struct Panel {
    const std::int8_t* rows;
    size_t stride;
};
inline Panel panel_of(const std::int8_t* rows, size_t first, size_t n, size_t d, std::int8_t* margin) {
    const size_t width = steps_of(d) * 64;
    if ((first + PANEL - 1) * d + width <= n * d) return {rows + first * d, d};
    std::memset(margin, 0, PANEL * width);
    for (size_t row = first; row < least(first + PANEL, n); ++row) std::memcpy(margin + (row - first) * width, rows + row * d, d);
    return {margin, width};
}

// Exact products: queries as two bytes each, whose columns are multiplied side by side.
class TileProducts {
  public:
    TileProducts(const std::int16_t* queries, size_t q, size_t d) : q(q), steps(steps_of(d)), groups((q + TILE - 1) / TILE), columns(groups * 2 * steps * 1024) {
        Scratch<std::int8_t> low(q * d), high(q * d);
        for (size_t i = 0; i < q * d; ++i) {
            low.at[i] = static_cast<std::int8_t>(queries[i]);
            high.at[i] = static_cast<std::int8_t>((queries[i] - low.at[i]) >> 8);
        }
        for (size_t group = 0; group < groups; ++group) {
            put_columns(low.at, group * TILE, q, d, at(group, 0));
            put_columns(high.at, group * TILE, q, d, at(group, 1));
        }
    }

    static bool fit(const std::int16_t* queries, size_t q, size_t d) {
        if (!TILES || q < TILE_QUERIES) return false;
        for (size_t i = 0; i < q * d; ++i) {
            if (queries[i] > MOST_IN_BYTES) return false;
        }
        return true;
    }

    // Calls take(query, sums of the PANEL rows) for every query.
    template <typename Take>
    inline void panel(const Panel& from, const std::int8_t* ahead, size_t ahead_bytes, const Take& take) const {
        const size_t lines = ahead_bytes / 64 / (2 * groups * steps) + 1;
        for (size_t group = 0; group < groups; ++group) {
            std::int32_t whole[TILE * PANEL];
            for (size_t row = 0; row < PANEL; row += 2 * TILE) {
                std::int32_t sums[4 * TILE * TILE], turned[TILE * TILE];
                multiply_tiles(from.rows + row * from.stride, from.stride, at(group, 0), at(group, 1), steps, sums, ahead, ahead_bytes ? lines : 0);
                ahead += lines * steps * 64;
                for (size_t half = 0; half < 2; ++half) {
                    std::int32_t* const low = sums + half * 2 * TILE * TILE;
                    for (size_t i = 0; i < TILE * TILE; ++i) low[i] += low[TILE * TILE + i] * 256;
                    turn_tile(low, turned);
                    for (size_t i = 0; i < TILE; ++i) std::memcpy(whole + i * PANEL + row + half * TILE, turned + i * TILE, TILE * sizeof(std::int32_t));
                }
            }
            for (size_t i = 0; i < least(TILE, q - group * TILE); ++i) take(group * TILE + i, whole + i * PANEL);
        }
    }

  private:
    size_t q, steps, groups;
    Scratch<std::int8_t> columns;  // (groups, low and high, steps, 1024)

    std::int8_t* at(size_t group, size_t part) const { return columns.at + (2 * group + part) * steps * 1024; }
};

// The best rows of many queries. Each query is rounded to bytes; a row whose rounded product says that it may be among the best is scored exactly, and what
// the rounding can do to a product follows from its length and the longest row's (Cauchy-Schwarz). Scores are (step * sum + offset) * scale of the row.
class TileTop {
  public:
    TileTop(const std::int16_t* queries, size_t q, size_t d, Scale scale, float longest, Top tops)
        : q(q), d(d), steps(steps_of(d)), groups((q + 2 * TILE - 1) / (2 * TILE)), scale(scale), tops(tops), columns(groups * 2 * steps * 1024),
          whole(q * steps * 64), step(2 * TILE * groups), shift(2 * TILE * groups), lowest(2 * TILE * groups), fresh(q * FRESH_EACH), entering(q) {
        Scratch<std::int8_t> bytes(q * d);
        std::memset(whole.at, 0, q * steps * 64 * sizeof(std::int16_t));
        for (size_t i = 0; i < 2 * TILE * groups; ++i) {
            step.at[i] = shift.at[i] = 0.0f;
            lowest.at[i] = __FLT_MAX__;  // nothing enters the list of a query that is not there
        }
        for (size_t query = 0; query < q; ++query) {
            const std::int16_t* const from = queries + query * d;
            std::memcpy(whole.at + query * steps * 64, from, d * sizeof(std::int16_t));
            new_query(query, from, longest, bytes.at + query * d);
        }
        for (size_t group = 0; group < 2 * groups; ++group) put_columns(bytes.at, group * TILE, q, d, columns.at + group * steps * 1024);
    }
    ~TileTop() {
        for (size_t query = 0; query < q; ++query) entering.at[query].merge();
    }
    TileTop(const TileTop&) = delete;
    TileTop& operator=(const TileTop&) = delete;

    // Rows first, first + 1, ... of these scales, or of scale 1.
    inline void panel(const Panel& from, size_t count, const float* scales, std::int64_t first, const std::int8_t* ahead, size_t ahead_bytes) {
        const size_t calls = groups * ((count + 2 * TILE - 1) / (2 * TILE)), lines = ahead_bytes / 64 / (calls * steps) + 1;
        for (size_t group = 0; group < groups; ++group) {
            const std::int8_t* const one = columns.at + 2 * group * steps * 1024;
            for (size_t row = 0; row < count; row += 2 * TILE) {
                std::int32_t sums[4 * TILE * TILE];
                multiply_tiles(from.rows + row * from.stride, from.stride, one, one + steps * 1024, steps, sums, ahead, ahead_bytes ? lines : 0);
                ahead += lines * steps * 64;
                for (size_t i = 0; i < least(2 * TILE, count - row); ++i) {
                    const std::int32_t* const of_row = sums + i / TILE * 2 * TILE * TILE + i % TILE * TILE;
                    const float scale_of_row = scales ? scales[row + i] : 1.0f;
                    for (size_t half = 0; half < 2; ++half) {
                        look(from, row + i, of_row + half * TILE * TILE, 2 * group * TILE + half * TILE, scale_of_row, first + static_cast<std::int64_t>(row + i));
                    }
                }
            }
        }
    }

  private:
    size_t q, d, steps, groups;
    Scale scale;
    Top tops;
    Scratch<std::int8_t> columns;       // (2 * groups, steps, 1024)
    Scratch<std::int16_t> whole;        // (q, 64 * steps)
    Scratch<float> step, shift, lowest;  // of the rounded products, of every column
    Scratch<Entry> fresh;
    Scratch<Entering> entering;

    void new_query(size_t query, const std::int16_t* values, float longest, std::int8_t* bytes) {
        std::int32_t most = 0;
        for (size_t i = 0; i < d; ++i) most = values[i] > most ? values[i] : -values[i] > most ? -values[i] : most;
        const std::int32_t unit = most <= 127 ? 1 : (most + 126) / 127;
        const float share = 1.0f / static_cast<float>(unit);
        std::int64_t left = 0, size = 0;
        for (size_t i = 0; i < d; ++i) {
            const float exact = static_cast<float>(values[i]) * share;
            const std::int32_t byte = static_cast<std::int32_t>(exact + (exact < 0 ? -0.4999f : 0.4999f)), off = values[i] - byte * unit;
            bytes[i] = static_cast<std::int8_t>(byte);
            left += off * off;
            size += static_cast<std::int64_t>(values[i]) * values[i];
        }
        const double one = magnitude_of(scale.step[query]) * static_cast<double>(longest);
        const double rest = __builtin_sqrt(static_cast<double>(left)), whole_size = __builtin_sqrt(static_cast<double>(size));
        const double off = one * rest * 1.00001 + ROUNDING * (one * (whole_size + rest) + magnitude_of(scale.offset[query]));
        step.at[query] = scale.step[query] * static_cast<float>(unit);
        shift.at[query] = static_cast<float>(scale.offset[query] + off * 1.000001);
        entering.at[query] = entering_into({tops.scores + query * tops.k, tops.rows + query * tops.k, tops.k}, fresh.at + query * FRESH_EACH, FRESH_EACH);
        lowest.at[query] = entering.at[query].lowest;
    }
    static double magnitude_of(float x) { return x < 0 ? -static_cast<double>(x) : static_cast<double>(x); }

    // One row against 16 queries from `query` on.
    inline void look(const Panel& from, size_t row, const std::int32_t* sums, size_t query, float scale_of_row, std::int64_t number) {
        for (size_t at = 0; at < TILE; at += FLOATS) {
            const F32 most = mul(mul_add(to_float(sums + at), load(step.at + query + at), load(shift.at + query + at)), all(scale_of_row));
            unsigned open = lanes(less(most, load(lowest.at + query + at))) ^ ((1u << FLOATS) - 1);
            for (; open; open &= open - 1) score(from.rows + row * from.stride, query + at + static_cast<size_t>(__builtin_ctz(open)), scale_of_row, number);
        }
    }

    // Never inlined: few rows come here.
    __attribute__((noinline)) void score(const std::int8_t* row, size_t query, float scale_of_row, std::int64_t number) {
        if (query >= q) return;
        const std::int16_t* const values = whole.at + query * steps * 64;
        I32 sum = zero32();
        for (size_t at = 0; at < steps * 64; at += LANES16) sum = add_dot(sum, load16(values + at), widen8(row + at));
        std::int32_t dot;
        all_totals<1>(&sum, &dot);
        const float plain = scale.step[query] * static_cast<float>(dot) + scale.offset[query];
        entering.at[query].offer(plain * scale_of_row, number);
        lowest.at[query] = entering.at[query].lowest;
    }
};

}  // namespace rankfold::RANKFOLD_LEVEL
