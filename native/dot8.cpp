// Dot products of 16-bit queries with 8-bit rows, and the best rows by them.
#include "dot8_work.hpp"
#include "tile_work.hpp"

namespace rankfold::RANKFOLD_LEVEL {

namespace {

constexpr size_t TOP_ROWS = 256;  // whose scores stay in the first caches

}  // namespace

void dot8(const std::int16_t* queries, const std::int8_t* rows, std::int32_t* out, size_t q, size_t n, size_t d) {
    if (!TileProducts::fit(queries, q, d)) return over_tiles(Dot8Work{queries, rows, out, n, d}, q, n, d);
    const TileUse use;
    const TileProducts products(queries, q, d);
    Scratch<std::int8_t> margin(PANEL * steps_of(d) * 64);
    for (size_t first = 0; first < n; first += PANEL) {
        const size_t count = least(PANEL, n - first);
        products.panel(panel_of(rows, first, n, d, margin.at), rows + (first + PANELS_AHEAD * PANEL) * d, PANEL * d, [&](size_t query, const std::int32_t* sums) {
            std::memcpy(out + query * n + first, sums, count * sizeof(std::int32_t));
        });
    }
}

void dot8_top(const std::int16_t* queries, const std::int8_t* rows, Scale scale, const float* row_scale, float longest, std::int64_t first_row, float* top_scores,
              std::int64_t* top_rows, size_t q, size_t n, size_t d, size_t k) {
    if (TILES && q >= TILE_QUERIES) {
        const TileUse use;
        TileTop top(queries, q, d, scale, longest, {top_scores, top_rows, k});
        Scratch<std::int8_t> margin(PANEL * steps_of(d) * 64);
        for (size_t first = 0; first < n; first += PANEL) {
            top.panel(panel_of(rows, first, n, d, margin.at), least(PANEL, n - first), row_scale + first, first_row + static_cast<std::int64_t>(first),
                      rows + (first + PANELS_AHEAD * PANEL) * d, PANEL * d);
        }
        return;
    }
    Scratch<std::int32_t> sums(q * TOP_ROWS);
    float scores[TOP_ROWS];
    for (size_t first = 0; first < n; first += TOP_ROWS) {
        const size_t count = least(TOP_ROWS, n - first);
        over_tiles(Dot8Work{queries, rows + first * d, sums.at, count, d}, q, count, d);
        for (size_t query = 0; query < q; ++query) {
            for (size_t row = 0; row < count; ++row) {
                scores[row] = (scale.step[query] * static_cast<float>(sums.at[query * count + row]) + scale.offset[query]) * row_scale[first + row];
            }
            select_one(scores, first_row + static_cast<std::int64_t>(first), {top_scores + query * k, top_rows + query * k, k}, count);
        }
    }
}

}  // namespace rankfold::RANKFOLD_LEVEL
