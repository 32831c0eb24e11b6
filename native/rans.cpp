// Range coding by asymmetric numeral systems: eight states take turns, so that a processor works on eight symbols at once.
#include "simd.hpp"

namespace rankfold::RANKFOLD_LEVEL {

namespace {

constexpr unsigned BITS = 14;
constexpr std::uint32_t TOTAL = 1u << BITS;
constexpr std::uint32_t LOW = 1u << 16;  // states live in [LOW, 2^32), renewed 16 bits at a time
constexpr size_t LANES = 8;

struct Model {
    std::uint32_t count[256];
    std::uint32_t start[256];

    explicit Model(const std::uint16_t* counts) {
        std::uint32_t before = 0;
        for (size_t symbol = 0; symbol < 256; ++symbol) {
            count[symbol] = counts[symbol];
            start[symbol] = before;
            before += counts[symbol];
        }
    }
};

// Which symbol owns each of the TOTAL slots.
struct Slots : Model {
    std::uint8_t symbol[TOTAL];

    explicit Slots(const std::uint16_t* counts) : Model(counts) {
        for (size_t one = 0; one < 256; ++one) std::memset(symbol + start[one], static_cast<int>(one), count[one]);
    }

    inline std::uint8_t take(std::uint32_t& state) const {
        const std::uint32_t slot = state & (TOTAL - 1);
        const std::uint8_t found = symbol[slot];
        state = count[found] * (state >> BITS) + slot - start[found];
        return found;
    }
};

}  // namespace

void rans_encode(const std::uint8_t* planes, const std::uint16_t* counts, const std::int32_t* chosen, std::uint32_t* states, std::uint16_t* words,
                 std::int64_t* used, size_t w, size_t n) {
    std::uint16_t* const end = words + w * n;
    std::uint16_t* at = end;
    for (size_t lane = 0; lane < LANES; ++lane) states[lane] = LOW;
    for (size_t place = w; place-- > 0;) {
        const Model model(counts + static_cast<size_t>(chosen[place]) * 256);
        const std::uint8_t* const plane = planes + place * n;
        for (size_t row = n; row-- > 0;) {
            const std::uint32_t count = model.count[plane[row]];
            if (count == 0) {
                used[0] = -1;
                return;
            }
            std::uint32_t state = states[row % LANES];
            if (state >= static_cast<std::uint64_t>(count) << (32 - BITS)) {
                *--at = static_cast<std::uint16_t>(state);
                state >>= 16;
            }
            states[row % LANES] = (state / count << BITS) + state % count + model.start[plane[row]];
        }
    }
    used[0] = end - at;
}

void rans_decode(const std::uint32_t* states, const std::uint16_t* words, const std::uint16_t* counts, const std::int32_t* chosen, std::uint8_t* planes,
                 std::int64_t* left, size_t length, size_t w, size_t n) {
    const std::uint16_t* at = words;
    const std::uint16_t* const end = words + length;
    std::uint32_t state[LANES];
    std::memcpy(state, states, sizeof state);
    for (size_t place = 0; place < w; ++place, planes += n) {
        const Slots slots(counts + static_cast<size_t>(chosen[place]) * 256);
        size_t row = 0;
        // Eight symbols take at most eight words: while so many are left, none needs a check of its own, and no branch has to be guessed.
        for (; row + LANES <= n && static_cast<size_t>(end - at) >= LANES; row += LANES) {
            for (size_t lane = 0; lane < LANES; ++lane) {
                planes[row + lane] = slots.take(state[lane]);
                const bool low = state[lane] < LOW;
                const std::uint32_t renewed = state[lane] << 16 | *at;
                state[lane] = low ? renewed : state[lane];
                at += low;
            }
        }
        for (; row < n; ++row) {
            std::uint32_t& one = state[row % LANES];
            planes[row] = slots.take(one);
            if (one < LOW && at < end) one = one << 16 | *at++;
        }
    }
    bool whole = true;
    for (const std::uint32_t one : state) whole = whole && one == LOW;
    left[0] = whole ? end - at : -1;
}

}  // namespace rankfold::RANKFOLD_LEVEL
