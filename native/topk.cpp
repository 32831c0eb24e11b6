// The k largest of |encoder . x + bias| of each row: products of 8-bit numbers find the candidates, float32 products choose among them.
#include "simd.hpp"

namespace rankfold::RANKFOLD_LEVEL {

namespace {

constexpr size_t ROWS = 24;  // that meet a panel of atoms while it is in the first cache
constexpr size_t TILE_ROWS = PRODUCT_ROWS, VECTORS = PRODUCT_VECTORS;
constexpr size_t PANEL = VECTORS * FLOATS;  // atoms side by side
constexpr size_t LEAST_GROUPS = 256;        // of atoms, whose best say what a candidate must reach
constexpr size_t LANES = 16;                // partial sums of a float32 product, on every level
constexpr size_t EXACT_AT_ONCE = 4;         // candidates
constexpr float NOTHING = 1e-30f;           // a row of smaller numbers has no steps of 8 bits
constexpr std::uint32_t NOT_A_NUMBER = 0x7fc00000;
static_assert(ROWS % TILE_ROWS == 0 && LEAST_GROUPS % PANEL == 0, "whole tiles, whole panels");

struct Encoder {
    const float* atoms;
    const float* bias;
    size_t h, d;
};

// Numbers shared by all rows of one call.
struct Prepared {
    AtomPart* parts;  // (panels, steps, PANEL, TOGETHER)
    float* scale;     // (panels * PANEL)
    float* bias;      // (panels * PANEL), not a number past the last atom
    size_t panels, steps;
    size_t wanted;  // candidates at least
    size_t groups;
};

// `from` in steps of 1/127 of its largest magnitude, which is returned over 127.
inline float to_bytes(const float* from, size_t d, std::int8_t* to) {
    const size_t whole = d / FLOATS * FLOATS;
    F32 sizes = all(0.0f);
    for (size_t i = 0; i < whole; i += FLOATS) sizes = higher(magnitude(load(from + i)), sizes);
    float size[2 * FLOATS] = {};
    store(size, sizes);
    for (size_t i = whole; i < d; ++i) size[FLOATS + i - whole] = __builtin_fabsf(from[i]);
    float largest = 0.0f;
    for (const float one : size) largest = one > largest ? one : largest;
    const float inverse = largest > NOTHING ? 127.0f / largest : 0.0f;
    for (size_t i = 0; i < d; ++i) {
        const float moved = from[i] * inverse + 12582912.0f;  // rounds to whole numbers, ties to even
        std::int32_t bits;
        std::memcpy(&bits, &moved, sizeof bits);
        to[i] = static_cast<std::int8_t>(bits);
    }
    return largest > NOTHING ? largest / 127.0f : 0.0f;
}

inline void prepare(const Encoder& encoder, Prepared& prepared) {
    const size_t width = prepared.steps * TOGETHER;
    Scratch<std::int8_t> bytes(width);
    std::memset(bytes.at, 0, width);
    for (size_t atom = 0; atom < prepared.panels * PANEL; ++atom) {
        const bool here = atom < encoder.h;
        if (here) {
            prepared.scale[atom] = to_bytes(encoder.atoms + atom * encoder.d, encoder.d, bytes.at);
            prepared.bias[atom] = encoder.bias[atom];
        } else {
            std::memset(bytes.at, 0, width);
            prepared.scale[atom] = 0.0f;
            std::memcpy(prepared.bias + atom, &NOT_A_NUMBER, sizeof NOT_A_NUMBER);
        }
        AtomPart* to = prepared.parts + atom / PANEL * PANEL * width + atom % PANEL * TOGETHER;
        for (size_t i = 0; i < width; i += TOGETHER, to += PANEL * TOGETHER) {
            for (size_t j = 0; j < TOGETHER; ++j) to[j] = static_cast<AtomPart>(bytes.at[i + j] + MOVED_UP);
        }
    }
}

// A block of rows.
struct Block {
    RowPart* parts;       // (ROWS, steps * TOGETHER)
    float* scale;         // (ROWS)
    std::int32_t* first;  // (ROWS): where sums begin
    float* size;          // (ROWS, panels * PANEL): |value| by 8-bit products
    float* best;          // (ROWS, groups): the largest size among atoms of the same number modulo `groups`
};

inline void put_row(const Block& block, size_t row, const float* x, size_t d, size_t width, std::int8_t* bytes) {
    block.scale[row] = to_bytes(x, d, bytes);
    std::int32_t sum = 0;
    for (size_t i = 0; i < width; ++i) {
        const std::int8_t value = i < d ? bytes[i] : 0;
        block.parts[row * width + i] = value;
        sum += value;
    }
    block.first[row] = -MOVED_UP * sum;
}

// TILE_ROWS rows against the atoms of a panel.
inline void meet(const Prepared& prepared, const Block& block, size_t row, size_t panel) {
    const size_t width = prepared.steps * TOGETHER;
    const AtomPart* atoms = prepared.parts + panel * PANEL * width;
    const RowPart* const rows = block.parts + row * width;
    Index sums[TILE_ROWS][VECTORS];
    for (size_t r = 0; r < TILE_ROWS; ++r) {
        for (size_t i = 0; i < VECTORS; ++i) sums[r][i] = all_index(block.first[row + r]);
    }
    for (size_t at = 0; at < width; at += TOGETHER, atoms += PANEL * TOGETHER) {
        Index part[VECTORS];
        for (size_t i = 0; i < VECTORS; ++i) part[i] = load_atoms(atoms + i * FLOATS * TOGETHER);
        for (size_t r = 0; r < TILE_ROWS; ++r) {
            const Index x = spread_row(rows + r * width + at);
            for (size_t i = 0; i < VECTORS; ++i) sums[r][i] = add_products(sums[r][i], part[i], x);
        }
    }
    const size_t atom = panel * PANEL;
    for (size_t i = 0; i < VECTORS; ++i) {
        const F32 scale = load(prepared.scale + atom + i * FLOATS), bias = load(prepared.bias + atom + i * FLOATS);
        for (size_t r = 0; r < TILE_ROWS; ++r) {
            const F32 value = add(mul(mul(to_float(sums[r][i]), scale), all(block.scale[row + r])), bias);
            const F32 size = magnitude(value);
            float* const best = block.best + (row + r) * prepared.groups + (atom + i * FLOATS) % prepared.groups;
            store(block.size + (row + r) * prepared.panels * PANEL + atom + i * FLOATS, size);
            store(best, higher(size, load(best)));
        }
    }
}

// The place-th largest of `count` numbers that are not below zero: the largest float that so many of them reach, bit by bit.
inline float ranked(const float* values, size_t count, size_t place) {
    std::uint32_t found = 0;
    for (std::uint32_t bit = 1u << 30; bit; bit >>= 1) {
        const std::uint32_t tried = found | bit;
        float limit;
        std::memcpy(&limit, &tried, sizeof limit);
        size_t reached = 0;
        for (size_t i = 0; i < count; i += FLOATS) reached += static_cast<size_t>(__builtin_popcount(lanes(at_least(load(values + i), all(limit)))));
        if (reached >= place) found = tried;
    }
    float limit;
    std::memcpy(&limit, &found, sizeof limit);
    return limit;
}

// Values of COUNT atoms: LANES partial sums, joined by halves, then what does not fill the lanes.
template <size_t COUNT>
inline void exactly(const Encoder& encoder, const float* x, const std::int32_t* atoms, float* values) {
    constexpr size_t PARTS = LANES / FLOATS;
    F32 sums[COUNT][PARTS];
    const float* from[COUNT];
    for (size_t c = 0; c < COUNT; ++c) {
        from[c] = encoder.atoms + static_cast<size_t>(atoms[c]) * encoder.d;
        for (F32& sum : sums[c]) sum = all(0.0f);
    }
    const size_t whole = encoder.d / LANES * LANES;
    for (size_t at = 0; at < whole; at += LANES) {
        for (size_t i = 0; i < PARTS; ++i) {
            const F32 part = load(x + at + i * FLOATS);
            for (size_t c = 0; c < COUNT; ++c) sums[c][i] = add(sums[c][i], mul(part, load(from[c] + at + i * FLOATS)));
        }
    }
    for (size_t c = 0; c < COUNT; ++c) {
        float lane[LANES];
        for (size_t i = 0; i < PARTS; ++i) store(lane + i * FLOATS, sums[c][i]);
        for (size_t half = LANES / 2; half; half /= 2) {
            for (size_t i = 0; i < half; ++i) lane[i] = lane[i] + lane[i + half];
        }
        for (size_t at = whole; at < encoder.d; ++at) lane[0] = lane[0] + x[at] * from[c][at];
        values[c] = lane[0] + encoder.bias[atoms[c]];
    }
}

struct Found {
    std::int32_t* candidates;  // (panels * PANEL + FLOATS)
    Entry* entries;            // as many
    float* scores;             // (k)
    std::int64_t* rows;        // (k)
};

inline size_t find_candidates(const float* size, size_t count, float limit, std::int32_t* to) {
    size_t found = 0;
    for (size_t i = 0; i < count; i += FLOATS) {
        for (unsigned mask = lanes(at_least(load(size + i), all(limit))); mask; mask &= mask - 1) {
            to[found++] = static_cast<std::int32_t>(i) + __builtin_ctz(mask);
        }
    }
    return found;
}

inline void choose(const Encoder& encoder, const float* x, size_t count, const Found& found, std::int32_t* index, float* value, size_t k) {
    size_t entries = 0;
    const auto keep = [&](std::int32_t atom, float exact) {
        if (exact == exact) found.entries[entries++] = {__builtin_fabsf(exact), 2 * std::int64_t(atom) + (exact < 0.0f)};
    };
    size_t i = 0;
    for (; i + EXACT_AT_ONCE <= count; i += EXACT_AT_ONCE) {
        float values[EXACT_AT_ONCE];
        exactly<EXACT_AT_ONCE>(encoder, x, found.candidates + i, values);
        for (size_t c = 0; c < EXACT_AT_ONCE; ++c) keep(found.candidates[i + c], values[c]);
    }
    for (; i < count; ++i) {
        float exact;
        exactly<1>(encoder, x, found.candidates + i, &exact);
        keep(found.candidates[i], exact);
    }
    for (size_t t = 0; t < k; ++t) {
        found.scores[t] = -__builtin_inff();
        found.rows[t] = -1;
    }
    merge_top(found.entries, entries, found.scores, found.rows, k);
    for (size_t t = 0; t < k; ++t) {
        const bool filled = found.rows[t] >= 0;
        index[t] = filled ? static_cast<std::int32_t>(found.rows[t] / 2) : 0;
        value[t] = !filled ? 0.0f : found.rows[t] % 2 ? -found.scores[t] : found.scores[t];
    }
}

inline void choose_nothing(std::int32_t* index, float* value, size_t k) {
    for (size_t t = 0; t < k; ++t) {
        index[t] = static_cast<std::int32_t>(t);
        value[t] = 0.0f;
    }
}

}  // namespace

void topk_rows(const float* x, const float* atoms, const float* bias, std::int32_t* index, float* value, size_t n, size_t h, size_t d, size_t k) {
    const Encoder encoder{atoms, bias, h, d};
    Prepared prepared{};
    prepared.panels = (h + PANEL - 1) / PANEL;
    prepared.steps = (d + TOGETHER - 1) / TOGETHER;
    prepared.wanted = least(k + k / 4 + 8, h);
    prepared.groups = LEAST_GROUPS;
    while (prepared.groups < 4 * prepared.wanted) prepared.groups *= 2;
    const size_t wide = prepared.panels * PANEL, width = prepared.steps * TOGETHER;
    Scratch<AtomPart> parts(wide * width);
    Scratch<float> scales(2 * wide + ROWS * (1 + wide + prepared.groups));
    Scratch<RowPart> row_parts(ROWS * width);
    Scratch<std::int32_t> firsts(ROWS + wide);
    Scratch<std::int8_t> bytes(width);
    Scratch<Entry> entries(wide);
    Scratch<float> top_scores(k);
    Scratch<std::int64_t> top_rows(k);
    prepared.parts = parts.at;
    prepared.scale = scales.at;
    prepared.bias = scales.at + wide;
    prepare(encoder, prepared);
    const Block block{row_parts.at, scales.at + 2 * wide, firsts.at, scales.at + 2 * wide + ROWS, scales.at + 2 * wide + ROWS * (1 + wide)};
    const Found found{firsts.at + ROWS, entries.at, top_scores.at, top_rows.at};
    std::memset(row_parts.at, 0, ROWS * width * sizeof(RowPart));
    for (size_t first = 0; first < n; first += ROWS) {
        const size_t rows = least(ROWS, n - first);
        bool any = false;
        for (size_t row = 0; row < rows; ++row) {
            put_row(block, row, x + (first + row) * d, d, width, bytes.at);
            any = any || block.scale[row] != 0.0f;
        }
        std::memset(block.best, 0, ROWS * prepared.groups * sizeof(float));
        for (size_t panel = 0; any && panel < prepared.panels; ++panel) {
            for (size_t row = 0; row < rows; row += TILE_ROWS) meet(prepared, block, row, panel);
        }
        for (size_t row = 0; row < rows; ++row) {
            if (block.scale[row] == 0.0f) {
                choose_nothing(index + (first + row) * k, value + (first + row) * k, k);
                continue;
            }
            const float limit = ranked(block.best + row * prepared.groups, prepared.groups, prepared.wanted);
            const size_t count = find_candidates(block.size + row * wide, wide, limit, found.candidates);
            choose(encoder, x + (first + row) * d, count, found, index + (first + row) * k, value + (first + row) * k, k);
        }
    }
}

}  // namespace rankfold::RANKFOLD_LEVEL
