// The best centroid of each row: a small matrix product whose results never leave the registers.
#include "simd.hpp"

namespace rankfold::RANKFOLD_LEVEL {

namespace {

constexpr size_t VECTORS = NEAREST_VECTORS;
constexpr size_t ROWS = VECTORS * FLOATS;  // rows side by side, one a lane, so that each lane keeps its own best

struct Leaders {
    F32 score[VECTORS];
    Index index[VECTORS];
};

// The rows of `x`, dimension by dimension; lanes past the end hold zeros.
inline void turn(const float* x, size_t rows, size_t d, float* turned) {
    if (rows < ROWS) std::memset(turned, 0, d * ROWS * sizeof(float));
    for (size_t row = 0; row < rows; ++row) {
        for (size_t dim = 0; dim < d; ++dim) turned[dim * ROWS + row] = x[row * d + dim];
    }
}

// COUNT centroids, from number `first` on, against all lanes. Later ones must be better to win, so that ties go to the lowest.
template <size_t COUNT>
inline void meet(const float* turned, const float* centroids, const float* half_norms, size_t first, size_t d, Leaders& leaders) {
    F32 dots[COUNT][VECTORS];
    for (auto& vectors : dots) {
        for (F32& dot : vectors) dot = all(0.0f);
    }
    const float* const from = centroids + first * d;
    for (size_t dim = 0; dim < d; ++dim) {
        F32 x[VECTORS];
        for (size_t i = 0; i < VECTORS; ++i) x[i] = load(turned + dim * ROWS + i * FLOATS);
        for (size_t j = 0; j < COUNT; ++j) {
            const F32 value = all(from[j * d + dim]);
            for (size_t i = 0; i < VECTORS; ++i) dots[j][i] = mul_add(value, x[i], dots[j][i]);
        }
    }
    for (size_t j = 0; j < COUNT; ++j) {
        const F32 half = all(half_norms[first + j]);
        const Index centroid = all_index(static_cast<std::int32_t>(first + j));
        for (size_t i = 0; i < VECTORS; ++i) {
            const F32 score = sub(dots[j][i], half);
            const Mask better = less(leaders.score[i], score);
            leaders.score[i] = choose(better, score, leaders.score[i]);
            leaders.index[i] = choose_index(better, centroid, leaders.index[i]);
        }
    }
}

}  // namespace

void nearest(const float* x, const float* centroids, const float* half_norms, std::int32_t* best, float* score, size_t n, size_t k, size_t d) {
    Scratch<float> turned(d * ROWS);
    for (size_t first = 0; first < n; first += ROWS) {
        const size_t rows = least(ROWS, n - first);
        turn(x + first * d, rows, d, turned.at);
        Leaders leaders;
        for (size_t i = 0; i < VECTORS; ++i) {
            leaders.score[i] = all(-__builtin_inff());
            leaders.index[i] = all_index(0);
        }
        size_t centroid = 0;
        for (; centroid + NEAREST_CENTROIDS <= k; centroid += NEAREST_CENTROIDS) {
            meet<NEAREST_CENTROIDS>(turned.at, centroids, half_norms, centroid, d, leaders);
        }
        for (; centroid < k; ++centroid) meet<1>(turned.at, centroids, half_norms, centroid, d, leaders);
        float scores[ROWS];
        std::int32_t indexes[ROWS];
        for (size_t i = 0; i < VECTORS; ++i) {
            store(scores + i * FLOATS, leaders.score[i]);
            store_index(indexes + i * FLOATS, leaders.index[i]);
        }
        std::memcpy(score + first, scores, rows * sizeof(float));
        std::memcpy(best + first, indexes, rows * sizeof(std::int32_t));
    }
}

}  // namespace rankfold::RANKFOLD_LEVEL
