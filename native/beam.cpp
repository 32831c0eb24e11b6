// Beam search over additive codes by tables of dot products.
#include "simd.hpp"

namespace rankfold::RANKFOLD_LEVEL {

namespace {

constexpr size_t MAX_WIDTH = 64;
constexpr size_t STATE_BYTES = 1 << 20;  // paths of a block of rows; many rows share each level's cross products while they are in cache

// The cheapest candidates so far, cheapest first; who came first wins a tie.
struct Kept {
    float cost[MAX_WIDTH];
    std::uint32_t candidate[MAX_WIDTH];  // parent * size + codeword
    size_t count = 0;

    inline void offer(float value, std::uint32_t who, size_t width) {
        if (count == width && !(value < cost[width - 1])) return;
        size_t place = count < width ? count++ : width - 1;
        for (; place > 0 && value < cost[place - 1]; --place) {
            cost[place] = cost[place - 1];
            candidate[place] = candidate[place - 1];
        }
        cost[place] = value;
        candidate[place] = who;
    }
    inline float limit(size_t width) const { return count == width ? cost[width - 1] : __builtin_inff(); }
};

struct Paths {  // of one row: `count` prefixes of codes, with their costs
    std::uint8_t* codes;
    float* cost;
    size_t count;
};

// to = from + the `count` cross rows, in order, for the codewords from `at` on that fill whole steps of COUNT vectors.
template <size_t COUNT>
inline size_t add_steps(const float* from, const float* const* cross, size_t count, float* to, size_t at, size_t size) {
    for (; at + COUNT * FLOATS <= size; at += COUNT * FLOATS) {
        F32 sum[COUNT];
        for (size_t i = 0; i < COUNT; ++i) sum[i] = load(from + at + i * FLOATS);
        for (size_t row = 0; row < count; ++row) {
            for (size_t i = 0; i < COUNT; ++i) sum[i] = add(sum[i], load(cross[row] + at + i * FLOATS));
        }
        for (size_t i = 0; i < COUNT; ++i) store(to + at + i * FLOATS, sum[i]);
    }
    return at;
}

inline void add_cross(const float* from, const float* const* cross, size_t count, float* to, size_t size) {
    size_t at = add_steps<8>(from, cross, count, to, 0, size);
    at = add_steps<1>(from, cross, count, to, at, size);
    for (; at < size; ++at) {
        float sum = from[at];
        for (size_t row = 0; row < count; ++row) sum += cross[row][at];
        to[at] = sum;
    }
}

inline void offer_all(const float* gain, float running, std::uint32_t first, size_t size, size_t width, Kept& kept) {
    size_t at = 0;
    for (; at + FLOATS <= size && kept.count < width; ++at) kept.offer(gain[at] + running, first + static_cast<std::uint32_t>(at), width);
    float limit = kept.limit(width);
    for (; at + FLOATS <= size; at += FLOATS) {
        const F32 cost = add(load(gain + at), all(running));
        unsigned good = lanes(less(cost, all(limit)));
        if (!good) continue;
        float costs[FLOATS];
        store(costs, cost);
        for (; good; good &= good - 1) {
            const unsigned lane = static_cast<unsigned>(__builtin_ctz(good));
            kept.offer(costs[lane], first + static_cast<std::uint32_t>(at + lane), width);
        }
        limit = kept.limit(width);
    }
    for (; at < size; ++at) kept.offer(gain[at] + running, first + static_cast<std::uint32_t>(at), width);
}

// How many leading levels all paths agree on: their cross products are summed once.
inline size_t shared_levels(const Paths& paths, size_t level, size_t levels) {
    size_t shared = 0;
    while (shared < level) {
        for (size_t path = 1; path < paths.count; ++path) {
            if (paths.codes[path * levels + shared] != paths.codes[shared]) return shared;
        }
        ++shared;
    }
    return shared;
}

struct Level {
    const float* cross;  // (level * size, size)
    const float* half_norms;
    size_t level, levels, size, width;
};

// One row, one level: extend the paths of `old` into `fresh`.
inline void extend(const Level& at, const float* dots, const Paths& old, Paths& fresh) {
    float base[256], gain[256];
    const float* rows[128];
    for (size_t j = 0; j < at.size; ++j) base[j] = at.half_norms[j] - dots[j];
    const size_t shared = old.count > 1 ? shared_levels(old, at.level, at.levels) : 0;
    for (size_t m = 0; m < shared; ++m) rows[m] = at.cross + (m * at.size + old.codes[m]) * at.size;
    if (shared) add_cross(base, rows, shared, base, at.size);
    Kept kept;
    for (size_t path = 0; path < old.count; ++path) {
        for (size_t m = shared; m < at.level; ++m) rows[m] = at.cross + (m * at.size + old.codes[path * at.levels + m]) * at.size;
        add_cross(base, rows + shared, at.level - shared, gain, at.size);
        offer_all(gain, old.cost[path], static_cast<std::uint32_t>(path * at.size), at.size, at.width, kept);
    }
    for (size_t path = 0; path < kept.count; ++path) {
        const size_t parent = kept.candidate[path] / at.size;
        std::memcpy(fresh.codes + path * at.levels, old.codes + parent * at.levels, at.level);
        fresh.codes[path * at.levels + at.level] = static_cast<std::uint8_t>(kept.candidate[path] % at.size);
        fresh.cost[path] = kept.cost[path];
    }
    fresh.count = kept.count;
}

}  // namespace

void beam(const float* dots, const float* cross, const float* half_norms, std::uint8_t* codes, float* cost, size_t n, size_t levels, size_t size,
          size_t width) {
    const size_t row_state = width * (levels + sizeof(float));
    const size_t fit = STATE_BYTES / (2 * row_state);
    const size_t block = least(fit < 16 ? 16 : least(fit, 1024), n ? n : 1);
    Scratch<std::uint8_t> path_codes(2 * block * width * levels);
    Scratch<float> path_costs(2 * block * width);
    Scratch<size_t> counts(block);
    for (size_t first = 0; first < n; first += block) {
        const size_t rows = least(block, n - first);
        const auto paths = [&](size_t side, size_t row) {
            const size_t slot = side * block + row;
            return Paths{path_codes.at + slot * width * levels, path_costs.at + slot * width, counts.at[row]};
        };
        for (size_t row = 0; row < rows; ++row) {
            counts.at[row] = 1;
            paths(0, row).cost[0] = 0.0f;
        }
        const float* level_cross = cross;
        for (size_t level = 0; level < levels; ++level) {
            const Level at = {level_cross, half_norms + level * size, level, levels, size, width};
            for (size_t row = 0; row < rows; ++row) {
                Paths fresh = paths((level + 1) % 2, row);
                extend(at, dots + (first + row) * levels * size + level * size, paths(level % 2, row), fresh);
                counts.at[row] = fresh.count;
            }
            level_cross += level * size * size;
        }
        for (size_t row = 0; row < rows; ++row) {
            std::memcpy(codes + (first + row) * levels, paths(levels % 2, row).codes, levels);
            cost[first + row] = paths(levels % 2, row).cost[0];
        }
    }
}

}  // namespace rankfold::RANKFOLD_LEVEL
