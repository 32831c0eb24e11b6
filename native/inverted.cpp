// Search of an inverted index: for each latent of the query, the rows that have it, window by window of rows whose scores stay in the first caches.
#include "top.hpp"

namespace rankfold::RANKFOLD_LEVEL {

namespace {

constexpr size_t LINE = 64;      // bytes
constexpr size_t TOGETHER = 16;  // products made at once; only adding them is one by one

// scores[row of posting] += value of posting * weight, one after the other. What follows is the list of the next window.
inline void add_list(const std::uint16_t* local, const std::int8_t* value, size_t count, float weight, float* scores) {
    for (size_t at = 0; at < count; at += LINE / sizeof *local) __builtin_prefetch(local + count + at);
    for (size_t at = 0; at < count; at += LINE) __builtin_prefetch(value + count + at);
    size_t at = 0;
    for (; at + TOGETHER <= count; at += TOGETHER) {
        float product[TOGETHER];
        for (size_t i = 0; i < TOGETHER; ++i) product[i] = static_cast<float>(value[at + i]) * weight;
        for (size_t i = 0; i < TOGETHER; ++i) scores[local[at + i]] += product[i];
    }
    for (; at < count; ++at) scores[local[at]] += static_cast<float>(value[at]) * weight;
}

// Rows of one window that query may not get.
inline void mask(const Postings& postings, const Asked& asked, size_t query, size_t first, size_t count, float* scores) {
    constexpr float NEVER = -__builtin_inff();
    if (asked.hidden) {
        for (size_t row = 0; row < count; ++row) scores[row] = asked.hidden[first + row] ? NEVER : scores[row];
    }
    const std::int64_t* const end = asked.barred + asked.barred_starts[query + 1];
    const std::int64_t from = postings.first + static_cast<std::int64_t>(first);
    const std::int64_t *low = asked.barred + asked.barred_starts[query], *high = end;
    while (low < high) {
        const std::int64_t* const middle = low + (high - low) / 2;
        if (*middle < from) low = middle + 1; else high = middle;
    }
    for (; low < end && *low < from + static_cast<std::int64_t>(count); ++low) scores[*low - from] = NEVER;
}

}  // namespace

void inverted_top(const Postings& postings, const Asked& asked, size_t begin, size_t end, float* top_scores, std::int64_t* top_rows, size_t q, size_t k) {
    Scratch<float> scores(postings.window);
    for (size_t window = begin; window < end; ++window) {
        const size_t first = window * postings.window, count = least(postings.window, postings.n - first);
        for (size_t query = 0; query < q; ++query) {
            std::memset(scores.at, 0, count * sizeof(float));
            for (size_t j = 0; j < asked.lists; ++j) {
                if (asked.weight[query * asked.lists + j] == 0) continue;
                const size_t list = static_cast<size_t>(asked.latent[query * asked.lists + j]) * postings.windows + window;
                const std::uint32_t start = postings.starts[list], size = postings.starts[list + 1] - start;
                add_list(postings.local + start, postings.value + start, size, asked.weight[query * asked.lists + j] * postings.step[list], scores.at);
            }
            mask(postings, asked, query, first, count, scores.at);
            select_one(scores.at, postings.first + static_cast<std::int64_t>(first), {top_scores + query * k, top_rows + query * k, k}, count);
        }
    }
}

}  // namespace rankfold::RANKFOLD_LEVEL
