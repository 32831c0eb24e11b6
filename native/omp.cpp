// Orthogonal matching pursuit over correlations: rows of the Gram matrix stand for the atoms, which are never read. The next atom is the one that leaves
// least when all values are fitted anew: of the largest left^2 / rest, `left` what it says to what is left, `rest` what of it is not in the span of those chosen.
//
// The chosen atoms are made orthogonal one after the other without square roots: u_t = a_j - sum over s of (u_s . a_j / u_s . u_s) u_s.
// Kept is what every atom says to u_t, the column of numbers atoms @ u_t, and not u_t itself.
#include "simd.hpp"

namespace rankfold::RANKFOLD_LEVEL {

namespace {

constexpr size_t VECTORS = 8;
constexpr size_t PANEL = VECTORS * FLOATS;  // atoms side by side; columns are stored panel by panel, so that one sweep reads on and on
constexpr float TWIN = 1.0f / 1024;        // an atom with less of its squared length left is taken for one that is already there
constexpr float NOTHING = 1.0f / 262144;    // of the first correlation: below it only rounding is left
constexpr std::uint32_t NOT_A_NUMBER = 0x7fc00000;

// One row while it is searched.
struct Pursuit {
    float* left;          // (panels, PANEL): correlations of what is left, not a number where an atom is chosen
    float* rest;          // (panels, PANEL): squared length of every atom outside the span of those chosen
    const float* room;    // (panels, PANEL): what that must be above
    float* columns;       // (panels, k, PANEL)
    float* factors;       // (k, k): row t holds the shares of the earlier columns in atom t
    float* inverse;       // (k): 1 / |u|^2
    float* beta;          // (k): x . u / |u|^2
    std::int32_t* index;  // (k)
    size_t panels, k, step;
    float highest;        // left^2 / rest of what may be chosen, 0 for nothing
    float least;          // what |left| of an atom must be above
    float power;          // of two, that the row was multiplied by
    size_t place;         // of the first panel that holds the highest

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

// What an atom takes off the squared error, 0 where it may not be chosen.
RANKFOLD_INLINE F32 worth(const Pursuit& row, size_t at, F32 left, F32 rest) {
    const F32 gain = quotient(mul(left, left), rest), none = all(0.0f);
    return choose(less(all(row.least), magnitude(left)), choose(less(load(row.room + at), rest), gain, none), none);
}

// The power of two that brings a float to 1 or just above; 1 for what is none.
inline float power_of(float x) {
    std::uint32_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    const std::uint32_t exponent = bits >> 23;
    if (exponent == 0 || exponent >= 254) return 1.0f;
    bits = (254 - exponent) << 23;
    float power;
    std::memcpy(&power, &bits, sizeof power);
    return power;
}

inline void begin(Pursuit& row, const float* start, const float* lengths, size_t h, std::int32_t* index) {
    F32 high = all(0.0f);
    std::memcpy(row.left, start, h * sizeof(float));
    for (size_t i = h; i < row.panels * PANEL; ++i) row.left[i] = 0.0f;
    for (size_t i = 0; i < row.panels * PANEL; i += FLOATS) high = higher(magnitude(load(row.left + i)), high);
    float each[FLOATS], highest = 0.0f;
    store(each, high);
    for (const float one : each) highest = one > highest ? one : highest;
    row.power = power_of(highest);
    row.least = highest * row.power * NOTHING;
    row.index = index;
    row.step = 0;
    std::memcpy(row.rest, lengths, row.panels * PANEL * sizeof(float));
    Leader leader;
    for (size_t panel = 0; panel < row.panels; ++panel) {
        F32 best = all(0.0f);
        for (size_t i = 0, at = panel * PANEL; i < VECTORS; ++i, at += FLOATS) {
            const F32 left = mul(load(row.left + at), all(row.power));
            store(row.left + at, left);
            best = higher(worth(row, at, left, load(row.rest + at)), best);
        }
        Leader::meet(leader, best, panel);
    }
    finish(leader, row);
}

// The first atom of the highest worth.
inline size_t foremost(const Pursuit& row) {
    for (size_t at = row.place * PANEL;; at += FLOATS) {
        float gain[FLOATS];
        store(gain, worth(row, at, load(row.left + at), load(row.rest + at)));
        for (size_t lane = 0; lane < FLOATS; ++lane) {
            if (gain[lane] == row.highest) return at + lane;
        }
    }
}

// Chooses the next atom and finds its shares; false when nothing is left to choose.
inline bool pick(Pursuit& row) {
    if (!(row.highest > 0.0f)) return false;
    const size_t atom = foremost(row), lane = atom % PANEL;
    float* const share = row.factors + row.step * row.k;
    for (size_t s = 0; s < row.step; ++s) share[s] = row.column(row.place, s)[lane] * row.inverse[s];
    row.inverse[row.step] = 1.0f / row.rest[atom];
    row.beta[row.step] = row.left[atom] * row.inverse[row.step];
    row.index[row.step] = static_cast<std::int32_t>(atom);
    std::memcpy(row.left + atom, &NOT_A_NUMBER, sizeof NOT_A_NUMBER);
    return true;
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
    const F32 beta = all(row.beta[row.step]), inverse = all(row.inverse[row.step]);
    F32 best = all(0.0f);
    for (size_t i = 0, at = panel * PANEL; i < VECTORS; ++i, at += FLOATS) {
        store(to + i * FLOATS, sums[i]);
        const F32 left = sub(load(row.left + at), mul(beta, sums[i]));
        const F32 rest = sub(load(row.rest + at), mul(mul(sums[i], inverse), sums[i]));
        store(row.left + at, left);
        store(row.rest + at, rest);
        best = higher(worth(row, at, left, rest), best);
    }
    Leader::meet(leader, best, panel);
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
    for (size_t t = 0; t < row.step; ++t) value[t] = value[t] / row.power;
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
    const size_t panels = (h + PANEL - 1) / PANEL, width = panels * PANEL;
    Scratch<float> memory(width * (k + 4) + k * k + 2 * k);
    float *const lengths = memory.at, *const room = lengths + width;
    for (size_t i = 0; i < width; ++i) {
        lengths[i] = i < h ? gram[i * h + i] : 0.0f;
        room[i] = lengths[i] * TWIN;
    }
    Pursuit row{};
    row.panels = panels;
    row.k = k;
    row.room = room;
    row.left = room + width;
    row.rest = row.left + width;
    row.columns = row.rest + width;
    row.factors = row.columns + width * k;
    row.inverse = row.factors + k * k;
    row.beta = row.inverse + k;
    for (size_t i = 0; i < n; ++i) {
        begin(row, start + i * h, lengths, h, index + i * k);
        while (row.step < k && pick(row)) {
            if (row.step + 1 < k) sweep(row, gram, h);
            ++row.step;
        }
        solve(row, value + i * k);
    }
}

}  // namespace rankfold::RANKFOLD_LEVEL
