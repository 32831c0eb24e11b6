// The running top k of one list of scores: vectors look for scores that may enter, few do, and those are merged in handfuls.
#pragma once

#include "simd.hpp"

namespace rankfold::RANKFOLD_LEVEL {

constexpr size_t MOST_FRESH = 256;
constexpr size_t SCORES_AT_ONCE = 32;

struct Top {
    float* scores;
    std::int64_t* rows;
    size_t k;

    // The lowest score that may enter. A tie with the last place may, if the row comes before it: that is checked one by one.
    inline float lowest() const {
        const float last = scores[k - 1];
        return last == -__builtin_inff() ? -__FLT_MAX__ : last;
    }
    inline bool takes(float score, std::int64_t row) const { return score > scores[k - 1] || (score == scores[k - 1] && row < rows[k - 1]); }
};

// Scores that enter the top of one list, gathered until they are worth merging.
struct Entering {
    Top top;
    Entry* fresh;
    size_t most, count;
    float lowest;

    inline void offer(float score, std::int64_t row) {
        if (!(score >= lowest) || !top.takes(score, row)) return;
        fresh[count++] = {score, row};
        if (count == most) merge();
    }
    inline void merge() {
        merge_top(fresh, count, top.scores, top.rows, top.k);
        count = 0;
        lowest = top.lowest();
    }
};

// `room`: how many entries `fresh` holds.
inline Entering entering_into(Top top, Entry* fresh, size_t room) { return {top, fresh, least(top.k < 64 ? 64 : top.k, room), 0, top.lowest()}; }

inline std::uint32_t candidates(const float* scores, float lowest) {
    std::uint32_t found = 0;
    for (size_t at = 0; at < SCORES_AT_ONCE; at += FLOATS) found |= lanes(at_least(load(scores + at), all(lowest))) << at;
    return found;
}

// Offers the scores of rows first, first + 1, ...
inline void consider(const float* scores, std::int64_t first, size_t n, Entering& entering) {
    const auto offer = [&](size_t at) { entering.offer(scores[at], first + static_cast<std::int64_t>(at)); };
    size_t at = 0;
    for (; at + SCORES_AT_ONCE <= n; at += SCORES_AT_ONCE) {
        for (std::uint32_t found = candidates(scores + at, entering.lowest); found; found &= found - 1) offer(at + static_cast<size_t>(__builtin_ctz(found)));
    }
    for (; at < n; ++at) offer(at);
}

inline void select_one(const float* scores, std::int64_t first, Top top, size_t n) {
    Entry fresh[MOST_FRESH];
    Entering entering = entering_into(top, fresh, MOST_FRESH);
    consider(scores, first, n, entering);
    entering.merge();
}

}  // namespace rankfold::RANKFOLD_LEVEL
