// Orthogonal matching pursuit over correlations: rows of the Gram matrix stand for the atoms, which are never read.
//
// The chosen atoms are made orthogonal one after the other without square roots: u_t = a_j - sum over s of (u_s . a_j / u_s . u_s) u_s.
// Kept is what every atom says to u_t, the column of numbers atoms @ u_t, and not u_t itself.
#include "simd.hpp"

namespace rankfold::RANKFOLD_LEVEL {

namespace {

constexpr size_t VECTORS = 8;
constexpr size_t PANEL = VECTORS * FLOATS;  // atoms side by side; columns are stored panel by panel, so that one sweep reads on and on
constexpr float TWIN = 1.0f / 16384;        // an atom with less of its squared length left is taken for one that is already there
constexpr float NOTHING = 1.0f / 262144;    // of the first correlation: below it only rounding is left
constexpr std::uint32_t NOT_A_NUMBER = 0x7fc00000;

// One row while it is searched.
struct Pursuit {
    float* left;          // (panels, PANEL): correlations of what is left, not a number where an atom may not be chosen
    float* columns;       // (panels, k, PANEL)
    float* factors;       // (k, k): row t holds the shares of the earlier columns in atom t
    float* inverse;       // (k): 1 / |u|^2
    float* beta;          // (k): x . u / |u|^2
    std::int32_t* index;  // (k)
    size_t panels, k, step;
    float highest, least;  // of |left|, and where the search ends
    size_t place;          // of the first panel that holds the highest

    float* column(size_t panel, size_t t) const { return columns + (panel * k + t) * PANEL; }
};

// The highest |left| and its first panel, lane by lane.
struct Leader {
    F32 best = all(0.0f);
    Index panel = all_index(0);

    RANKFOLD_INLINE void meet(Leader& leader, F32 high, size_t panel) {
        const Mask better = less(leader.best, high);
        leader.best = choose(better, high, leader.best);
        leader.panel = choose_index(better, all_index(static_cast<std::int32_t>(panel)), leader.panel);
    }
};

inline void finish(const Leader& leader, Pursuit& row) {
    float best[FLOATS];
    std::int32_t panel[FLOATS];
    store(best, leader.best);
    store_index(panel, leader.panel);
    row.highest = 0.0f;
    row.place = 0;
    for (size_t lane = 0; lane < FLOATS; ++lane) {
        const size_t at = static_cast<size_t>(panel[lane]);
        if (best[lane] > row.highest || (best[lane] == row.highest && at < row.place)) {
            row.highest = best[lane];
            row.place = at;
        }
    }
}

inline void look_over(Pursuit& row) {
    Leader leader;
    for (size_t panel = 0; panel < row.panels; ++panel) {
        F32 high = all(0.0f);
        for (size_t i = 0; i < VECTORS; ++i) high = higher(magnitude(load(row.left + panel * PANEL + i * FLOATS)), high);
        Leader::meet(leader, high, panel);
    }
    finish(leader, row);
}

inline void begin(Pursuit& row, const float* start, size_t h, std::int32_t* index) {
    std::memcpy(row.left, start, h * sizeof(float));
    for (size_t i = h; i < row.panels * PANEL; ++i) std::memcpy(row.left + i, &NOT_A_NUMBER, sizeof NOT_A_NUMBER);
    row.index = index;
    row.step = 0;
    look_over(row);
    row.least = row.highest * NOTHING;
}

// Chooses the next atom and finds its shares; false when nothing is left to choose.
inline bool pick(Pursuit& row, const float* gram, size_t h) {
    while (row.highest > row.least) {
        const float* const here = row.left + row.place * PANEL;
        size_t lane = 0;
        while (lane < PANEL - 1 && !(here[lane] == row.highest || -here[lane] == row.highest)) ++lane;
        const size_t atom = row.place * PANEL + lane;
        const float whole = gram[atom * h + atom], said = here[lane];
        float* const share = row.factors + row.step * row.k;
        float rest = whole;
        for (size_t s = 0; s < row.step; ++s) {
            const float with = row.column(row.place, s)[lane];
            share[s] = with * row.inverse[s];
            rest = rest - share[s] * with;
        }
        std::memcpy(row.left + atom, &NOT_A_NUMBER, sizeof NOT_A_NUMBER);
        if (rest > whole * TWIN) {
            row.inverse[row.step] = 1.0f / rest;
            row.beta[row.step] = said * row.inverse[row.step];
            row.index[row.step] = static_cast<std::int32_t>(atom);
            return true;
        }
        look_over(row);
    }
    return false;
}

// One panel of the column of the atom just chosen, whose correlations with all atoms are at `from`.
inline void panel_step(Pursuit& row, const float* from, size_t panel, Leader& leader) {
    const float* const share = row.factors + row.step * row.k;
    F32 sums[VECTORS];
    for (size_t i = 0; i < VECTORS; ++i) sums[i] = load(from + i * FLOATS);
    const float* column = row.column(panel, 0);
    for (size_t s = 0; s < row.step; ++s, column += PANEL) {
        const F32 factor = all(share[s]);
        for (size_t i = 0; i < VECTORS; ++i) sums[i] = sub(sums[i], mul(factor, load(column + i * FLOATS)));
    }
    float* const to = row.column(panel, row.step);
    float* const left = row.left + panel * PANEL;
    const F32 beta = all(row.beta[row.step]);
    F32 high = all(0.0f);
    for (size_t i = 0; i < VECTORS; ++i) {
        store(to + i * FLOATS, sums[i]);
        const F32 rest = sub(load(left + i * FLOATS), mul(beta, sums[i]));
        store(left + i * FLOATS, rest);
        high = higher(magnitude(rest), high);
    }
    Leader::meet(leader, high, panel);
}

// Takes the chosen atom out of what is left.
inline void sweep(Pursuit& row, const float* gram, size_t h) {
    const float* const from = gram + static_cast<size_t>(row.index[row.step]) * h;
    const size_t whole = h / PANEL;
    Leader leader;
    for (size_t panel = 0; panel < whole; ++panel) panel_step(row, from + panel * PANEL, panel, leader);
    if (whole < row.panels) {
        float tail[PANEL] = {};
        std::memcpy(tail, from + whole * PANEL, (h - whole * PANEL) * sizeof(float));
        panel_step(row, tail, whole, leader);
    }
    finish(leader, row);
}

// Least-squares values of the chosen atoms; places that nothing was found for name the lowest other atoms, with value 0.
inline void solve(const Pursuit& row, float* value) {
    for (size_t t = row.step; t-- > 0;) {
        float sum = row.beta[t];
        for (size_t s = t + 1; s < row.step; ++s) sum = sum - row.factors[s * row.k + t] * value[s];
        value[t] = sum;
    }
    std::int32_t next = 0;
    for (size_t t = row.step; t < row.k; ++t, ++next) {
        for (size_t s = 0; s < row.step;) {
            if (row.index[s] == next) {
                ++next;
                s = 0;
            } else {
                ++s;
            }
        }
        row.index[t] = next;
        value[t] = 0.0f;
    }
}

}  // namespace

void omp(const float* start, const float* gram, std::int32_t* index, float* value, size_t n, size_t h, size_t k) {
    const size_t panels = (h + PANEL - 1) / PANEL;
    Scratch<float> memory(panels * PANEL * (k + 1) + k * k + 2 * k);
    Pursuit row{};
    row.panels = panels;
    row.k = k;
    row.left = memory.at;
    row.columns = row.left + panels * PANEL;
    row.factors = row.columns + panels * PANEL * k;
    row.inverse = row.factors + k * k;
    row.beta = row.inverse + k;
    for (size_t i = 0; i < n; ++i) {
        begin(row, start + i * h, h, index + i * k);
        while (row.step < k && pick(row, gram, h)) {
            if (row.step + 1 < k) sweep(row, gram, h);
            ++row.step;
        }
        solve(row, value + i * k);
    }
}

}  // namespace rankfold::RANKFOLD_LEVEL
