// Trellis codes: the Viterbi search for the ring of bits nearest to a row, one row a lane, and decoding.
#include "ring.hpp"

namespace rankfold::RANKFOLD_LEVEL {

namespace {

constexpr size_t LANES = TRELLIS_VECTORS * FLOATS;  // rows searched together
constexpr size_t CONTEXT_WINDOWS = 8;                // bits on either side of the wrap, in windows, that settle the state there; one round at most
constexpr size_t RING_WINDOWS = 10;                  // a shorter ring is searched from several places of the wrap
constexpr size_t MAX_TRIALS = 16;
constexpr float FAR = 1e30f;         // the cost of a state that a path may not start in
constexpr float REACH_LIMIT = 8.0f;  // targets are cut at so many times the largest value that their coordinate can take

inline float magnitude(float x) { return x < 0.0f ? -x : x; }

// 2^-e with largest < 2^e <= 2 * largest.
inline float scale_for(double largest) {
    std::uint64_t bits;
    std::memcpy(&bits, &largest, sizeof bits);
    int exponent = largest > 0.0 ? static_cast<int>(bits >> 52 & 0x7ff) - 1022 : 0;
    exponent = exponent < -120 ? -120 : exponent > 120 ? 120 : exponent;
    const std::uint32_t scale = static_cast<std::uint32_t>(127 - exponent) << 23;
    float found;
    std::memcpy(&found, &scale, sizeof found);
    return found;
}

// Ways back are packed: so many predecessors in a byte, which is a power of two.
constexpr size_t ways_in_byte(size_t bits) { return bits == 1 ? 8 : bits == 2 ? 4 : bits == 3 ? 2 : 1; }

struct Search {
    const Trellis& trellis;
    size_t window;
    float* tables;         // (T, size)
    float* values;         // (size): what one coordinate decodes to, scaled
    float* near;           // (m, LANES): scaled targets
    float* best;           // (2, size, LANES): lowest costs before a step and after it
    std::uint8_t* ways;    // of all steps, one after the other
    const float* reach;    // scaled
    const size_t* offset;  // of each coordinate in the ring

    size_t ways_bytes(size_t bits) const { return bits ? (trellis.size >> bits) / ways_in_byte(bits) * LANES : 0; }

    // One coordinate: the lowest cost, and its predecessor's number among 2^BITS, for every state that may follow. `before` costs come round and round.
    template <size_t BITS>
    inline void step(const float* target, const float* old, size_t before, float* fresh, std::uint8_t* way) const {
        constexpr std::uint32_t TAG = (1u << BITS) - 1;
        constexpr size_t PACKED = ways_in_byte(BITS);
        F32 to[TRELLIS_VECTORS];
        for (size_t v = 0; v < TRELLIS_VECTORS; ++v) to[v] = load(target + v * FLOATS);
        for (size_t first = 0; first < trellis.size >> BITS; first += PACKED) {
            Index packed[TRELLIS_VECTORS];
            for (size_t v = 0; v < TRELLIS_VECTORS; ++v) packed[v] = all_index(0);
            for (size_t part = 0; part < PACKED; ++part) {
                const size_t state = (first + part) << BITS;
                F32 low[TRELLIS_VECTORS];
                for (size_t v = 0; v < TRELLIS_VECTORS; ++v) low[v] = all(FAR * 2);
                for (size_t i = 0; i < 1u << BITS; ++i) {
                    const F32 value = all(values[state + i]);
                    const float* const from = old + ((state + i) & (before - 1)) * LANES;
                    for (size_t v = 0; v < TRELLIS_VECTORS; ++v) {
                        const F32 distance = sub(value, to[v]);
                        const F32 cost = add(mul(distance, distance), load(from + v * FLOATS));
                        low[v] = BITS ? lower(low[v], tagged(cost, TAG, static_cast<std::uint32_t>(i))) : cost;
                    }
                }
                for (size_t v = 0; v < TRELLIS_VECTORS; ++v) {
                    store(fresh + (first + part) * LANES + v * FLOATS, low[v]);
                    packed[v] = join_bits(packed[v], low[v], TAG, static_cast<int>(part * BITS));
                }
            }
            if constexpr (BITS > 0) {
                for (size_t v = 0; v < TRELLIS_VECTORS; ++v) store_bytes(way + first / PACKED * LANES + v * FLOATS, packed[v]);
            }
        }
    }

    void step_of(size_t coordinate, const float* old, size_t before, float* fresh, std::uint8_t* way) const {
        const float* const table = tables + trellis.which[coordinate] * trellis.size;
        for (size_t state = 0; state < trellis.size; ++state) values[state] = reach[coordinate] * table[state];
        const float* const target = near + coordinate * LANES;
        switch (trellis.advance[coordinate]) {
            case 0: return step<0>(target, old, before, fresh, way);
            case 1: return step<1>(target, old, before, fresh, way);
            case 2: return step<2>(target, old, before, fresh, way);
            case 3: return step<3>(target, old, before, fresh, way);
            case 4: return step<4>(target, old, before, fresh, way);
            case 5: return step<5>(target, old, before, fresh, way);
            default: return step<6>(target, old, before, fresh, way);
        }
    }

    // Forward over `steps` coordinates from `first` on, round and round; returns which half of `best` holds the last costs.
    size_t forward(size_t first, size_t steps, size_t before, std::uint8_t* way) const {
        size_t half = 0, coordinate = first;
        for (size_t at = 0; at < steps; ++at) {
            step_of(coordinate, best + half * trellis.size * LANES, before, best + (1 - half) * trellis.size * LANES, way);
            const size_t bits = trellis.advance[coordinate];
            before = trellis.size >> bits;
            way += ways_bytes(bits);
            half = 1 - half;
            coordinate = coordinate + 1 == trellis.m ? 0 : coordinate + 1;
        }
        return half;
    }

    // Back over the same steps, from the states that follow the last one; stops with the states at step `until`.
    template <typename Take>
    void backward(size_t first, size_t steps, size_t until, size_t* state, const Take& take) const {
        const std::uint8_t* way = ways;
        size_t coordinate = first;
        for (size_t at = 0; at < steps; ++at) {
            way += ways_bytes(trellis.advance[coordinate]);
            coordinate = coordinate + 1 == trellis.m ? 0 : coordinate + 1;
        }
        for (size_t at = steps; at-- > until;) {
            coordinate = coordinate == 0 ? trellis.m - 1 : coordinate - 1;
            const size_t bits = trellis.advance[coordinate], packed = ways_in_byte(bits);
            way -= ways_bytes(bits);
            for (size_t lane = 0; lane < LANES; ++lane) {
                const size_t next = state[lane] & ((trellis.size >> bits) - 1);
                const size_t taken = bits ? way[next / packed * LANES + lane] >> (next % packed * bits) & ((1u << bits) - 1) : 0;
                state[lane] = next << bits | taken;
                take(coordinate, lane, taken);
            }
        }
    }

    // How many coordinates from `first` on, forward or backward round the ring, hold the bits that settle a state.
    size_t context(size_t first, bool forwards) const {
        size_t left = least(CONTEXT_WINDOWS * window, 8 * trellis.bytes), count = 0;
        for (size_t coordinate = first; left > 0; ++count) {
            if (!forwards) coordinate = coordinate == 0 ? trellis.m - 1 : coordinate - 1;
            left -= least(left, trellis.advance[coordinate]);
            if (forwards) coordinate = coordinate + 1 == trellis.m ? 0 : coordinate + 1;
        }
        return count;
    }

    // The states of coordinate `wrap` on the best paths with free ends around it.
    void find_start(size_t wrap, size_t* state) const {
        const size_t before = context(wrap, false), steps = before + context(wrap, true);
        const size_t first = (wrap + trellis.m - before % trellis.m) % trellis.m;
        for (size_t lane = 0; lane < LANES; ++lane) best[lane] = 0.0f;
        const size_t half = forward(first, steps, 1, ways);
        const size_t last = (first + steps + trellis.m - 1) % trellis.m;
        const float* const cost = best + half * trellis.size * LANES;
        float lowest[LANES];
        for (size_t lane = 0; lane < LANES; ++lane) {
            lowest[lane] = cost[lane];
            state[lane] = 0;
        }
        for (size_t next = 1; next < trellis.size >> trellis.advance[last]; ++next) {
            for (size_t lane = 0; lane < LANES; ++lane) {
                if (!(cost[next * LANES + lane] < lowest[lane])) continue;
                lowest[lane] = cost[next * LANES + lane];
                state[lane] = next;
            }
        }
        backward(first, steps, before, state, [](size_t, size_t, size_t) {});
    }

    // The best rings (LANES, bytes) that have these states at coordinate `wrap`.
    void close_ring(size_t wrap, size_t* state, std::uint8_t* rings) const {
        for (size_t i = 0; i < trellis.size * LANES; ++i) best[i] = FAR;
        for (size_t lane = 0; lane < LANES; ++lane) best[state[lane] * LANES + lane] = 0.0f;
        forward(wrap, trellis.m, trellis.size, ways);
        std::memset(rings, 0, LANES * trellis.bytes);
        backward(wrap, trellis.m, 0, state, [&](size_t coordinate, size_t lane, size_t taken) {
            put_bits(rings + lane * trellis.bytes, offset[coordinate], static_cast<std::uint32_t>(taken));
        });
    }
};

inline double squared_error(const Trellis& trellis, const size_t* offset, const float* target, const std::uint8_t* ring) {
    double total = 0.0;
    for (size_t j = 0; j < trellis.m; ++j) {
        const std::uint32_t state = window_at(ring, trellis.bytes, offset[j], static_cast<std::uint32_t>(trellis.size - 1));
        const double distance = target[j] - static_cast<double>(trellis.reach[j]) * trellis.tables[trellis.which[j] * trellis.size + state];
        total += distance * distance;
    }
    return total;
}

inline void load_targets(const Trellis& trellis, const float* targets, size_t rows, float scale, const float* limit, float* near) {
    for (size_t j = 0; j < trellis.m; ++j) {
        for (size_t lane = 0; lane < LANES; ++lane) {
            const float x = lane < rows ? targets[lane * trellis.m + j] * scale : 0.0f;
            near[j * LANES + lane] = x < -limit[j] ? -limit[j] : x > limit[j] ? limit[j] : x;
        }
    }
}

}  // namespace

void trellis_encode(const float* targets, const Trellis& trellis, std::uint8_t* codes, float* cost, size_t n) {
    const size_t m = trellis.m, size = trellis.size, bytes = trellis.bytes;
    const size_t window = static_cast<size_t>(__builtin_ctzll(size));
    Scratch<size_t> offset(m);
    const size_t ring = 8 * bytes;
    find_offsets(trellis, offset.at);
    Scratch<float> tables(trellis.count * size), values(size), near(m * LANES), best(2 * size * LANES), reach(m), limit(m);
    double largest = 0.0;
    for (size_t i = 0; i < trellis.count * size; ++i) tables.at[i] = trellis.tables[i];
    for (size_t j = 0; j < m; ++j) {
        limit.at[j] = 0.0f;
        for (size_t i = 0; i < size; ++i) {
            const float value = magnitude(tables.at[trellis.which[j] * size + i]);
            limit.at[j] = value > limit.at[j] ? value : limit.at[j];
        }
        const double reached = static_cast<double>(magnitude(trellis.reach[j])) * limit.at[j];
        largest = reached > largest ? reached : largest;
    }
    const float scale = scale_for(largest);
    for (size_t j = 0; j < m; ++j) {
        reach.at[j] = trellis.reach[j] * scale;
        limit.at[j] = REACH_LIMIT * (magnitude(reach.at[j]) * limit.at[j]);
    }
    Search search = {trellis, window, tables.at, values.at, near.at, best.at, nullptr, reach.at, offset.at};
    size_t way_bytes = 0;
    for (size_t j = 0; j < m; ++j) way_bytes += search.ways_bytes(trellis.advance[j]);
    Scratch<std::uint8_t> ways(2 * way_bytes), rings(LANES * bytes);
    search.ways = ways.at;
    const size_t asked = (RING_WINDOWS * window * RING_WINDOWS * window + ring * ring - 1) / (ring * ring);
    const size_t trials = least(asked, least(MAX_TRIALS, m));
    for (size_t first = 0; first < n; first += LANES) {
        const size_t rows = least(LANES, n - first);
        load_targets(trellis, targets + first * m, rows, scale, limit.at, near.at);
        double lowest[LANES];
        for (size_t trial = 0; trial < trials; ++trial) {
            size_t state[LANES];
            search.find_start(trial * m / trials, state);
            search.close_ring(trial * m / trials, state, rings.at);
            for (size_t row = 0; row < rows; ++row) {
                const double error = squared_error(trellis, offset.at, targets + (first + row) * m, rings.at + row * bytes);
                if (trial > 0 && !(error < lowest[row])) continue;
                lowest[row] = error;
                cost[first + row] = static_cast<float>(error);
                std::memcpy(codes + (first + row) * bytes, rings.at + row * bytes, bytes);
            }
        }
    }
}

void trellis_decode(const std::uint8_t* codes, const Trellis& trellis, float* out, size_t n) {
    Scratch<size_t> offset(trellis.m);
    find_offsets(trellis, offset.at);
    for (size_t row = 0; row < n; ++row) {
        const std::uint8_t* const ring = codes + row * trellis.bytes;
        for (size_t j = 0; j < trellis.m; ++j) {
            const std::uint32_t state = window_at(ring, trellis.bytes, offset.at[j], static_cast<std::uint32_t>(trellis.size - 1));
            out[row * trellis.m + j] = trellis.reach[j] * static_cast<float>(trellis.tables[trellis.which[j] * trellis.size + state]);
        }
    }
}

}  // namespace rankfold::RANKFOLD_LEVEL
