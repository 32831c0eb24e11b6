// The best centroid of each row: a small matrix product whose results never leave the registers' neighbourhood.
#include "simd.hpp"

namespace rankfold::RANKFOLD_LEVEL {

namespace {

constexpr size_t WIDE = 2 * FLOATS;                // centroids side by side in a panel
constexpr size_t BLOCK_ROWS = 16 * NEAREST_ROWS;  // rows that pass over a panel while it lies in the first cache

struct Leaders {  // per row and lane: the best score so far and whose it is
    float score[BLOCK_ROWS * WIDE];
    std::int32_t index[BLOCK_ROWS * WIDE];
};

// Panels of WIDE centroids, dimension by dimension; behind each, the WIDE half norms. Centroids past the end never win.
inline void fill_panels(const float* centroids, const float* half_norms, float* panels, size_t k, size_t d) {
    for (size_t first = 0; first < k; first += WIDE, panels += (d + 1) * WIDE) {
        for (size_t lane = 0; lane < WIDE; ++lane) {
            const bool real = first + lane < k;
            for (size_t at = 0; at < d; ++at) panels[at * WIDE + lane] = real ? centroids[(first + lane) * d + at] : 0.0f;
            panels[d * WIDE + lane] = real ? half_norms[first + lane] : __builtin_inff();
        }
    }
}

// ROWS rows against one panel, from row `at` of the block on.
template <size_t ROWS>
inline void tile(const float* x, const float* panel, std::int32_t first_centroid, size_t d, Leaders& leaders, size_t at) {
    F32 left[ROWS], right[ROWS];
    for (size_t row = 0; row < ROWS; ++row) left[row] = right[row] = all(0.0f);
    for (size_t dim = 0; dim < d; ++dim) {
        const F32 a = load(panel + dim * WIDE), b = load(panel + dim * WIDE + FLOATS);
        for (size_t row = 0; row < ROWS; ++row) {
            const F32 value = all(x[row * d + dim]);
            left[row] = mul_add(value, a, left[row]);
            right[row] = mul_add(value, b, right[row]);
        }
    }
    const F32 half_a = load(panel + d * WIDE), half_b = load(panel + d * WIDE + FLOATS);
    const Index first = all_index(first_centroid);
    for (size_t row = 0; row < ROWS; ++row) {
        float* const score = leaders.score + (at + row) * WIDE;
        std::int32_t* const index = leaders.index + (at + row) * WIDE;
        const F32 a = sub(left[row], half_a), b = sub(right[row], half_b);
        const Mask better_a = less(load(score), a), better_b = less(load(score + FLOATS), b);
        store(score, choose(better_a, a, load(score)));
        store(score + FLOATS, choose(better_b, b, load(score + FLOATS)));
        store_index(index, choose_index(better_a, first, load_index(index)));
        store_index(index + FLOATS, choose_index(better_b, first, load_index(index + FLOATS)));
    }
}

inline void pass_over(const float* x, const float* panel, std::int32_t first_centroid, size_t rows, size_t d, Leaders& leaders) {
    size_t row = 0;
    for (; row + NEAREST_ROWS <= rows; row += NEAREST_ROWS) tile<NEAREST_ROWS>(x + row * d, panel, first_centroid, d, leaders, row);
    for (; row < rows; ++row) tile<1>(x + row * d, panel, first_centroid, d, leaders, row);
}

// The lanes of one row joined; each lane knows the first centroid of its panel.
inline void finish(const float* score, const std::int32_t* index, std::int32_t& best, float& best_score) {
    best = index[0];
    best_score = score[0];
    for (size_t lane = 1; lane < WIDE; ++lane) {
        const std::int32_t centroid = index[lane] + static_cast<std::int32_t>(lane);
        if (score[lane] > best_score || (score[lane] == best_score && centroid < best)) {
            best = centroid;
            best_score = score[lane];
        }
    }
}

}  // namespace

void nearest(const float* x, const float* centroids, const float* half_norms, std::int32_t* best, float* score, size_t n, size_t k, size_t d) {
    const size_t panel_count = (k + WIDE - 1) / WIDE, panel_size = (d + 1) * WIDE;
    Scratch<float> panels(panel_count * panel_size);
    Scratch<Leaders> leaders(1);
    fill_panels(centroids, half_norms, panels.at, k, d);
    for (size_t first = 0; first < n; first += BLOCK_ROWS) {
        const size_t rows = least(BLOCK_ROWS, n - first);
        for (size_t lane = 0; lane < rows * WIDE; ++lane) {
            leaders.at->score[lane] = -__builtin_inff();
            leaders.at->index[lane] = 0;
        }
        for (size_t panel = 0; panel < panel_count; ++panel) {
            pass_over(x + first * d, panels.at + panel * panel_size, static_cast<std::int32_t>(panel * WIDE), rows, d, *leaders.at);
        }
        for (size_t row = 0; row < rows; ++row) {
            finish(leaders.at->score + row * WIDE, leaders.at->index + row * WIDE, best[first + row], score[first + row]);
        }
    }
}

}  // namespace rankfold::RANKFOLD_LEVEL
