#include "shared.hpp"

#include <algorithm>
#include <new>

namespace rankfold {

namespace {

constexpr size_t LINE = 64;  // bytes of cache

// A value, not a function: the sort then compares without calls.
constexpr auto before = [](const Entry& a, const Entry& b) { return a.score > b.score || (a.score == b.score && a.row < b.row); };

}  // namespace

void merge_top(Entry* fresh, size_t count, float* top_scores, std::int64_t* top_rows, size_t k) {
    std::sort(fresh, fresh + count, before);
    size_t old = 0, added = 0;
    while (old + added < k && added < count) {
        // An unfilled place has the score -inf, which no fresh entry has: it is never kept before one.
        if (before(fresh[added], {top_scores[old], top_rows[old]})) {
            ++added;
        } else {
            ++old;
        }
    }
    // The rest of the top stays where fresh entries ran out; merging from the end needs no second array.
    old = k - added;
    for (size_t place = k; added > 0; --place) {
        const Entry& entry = fresh[added - 1];
        if (old > 0 && before(entry, {top_scores[old - 1], top_rows[old - 1]})) {
            --old;
            top_scores[place - 1] = top_scores[old];
            top_rows[place - 1] = top_rows[old];
        } else {
            --added;
            top_scores[place - 1] = entry.score;
            top_rows[place - 1] = entry.row;
        }
    }
}

void* take_memory(size_t bytes) { return ::operator new(bytes, std::align_val_t{LINE}); }
void give_memory(void* memory) { ::operator delete(memory, std::align_val_t{LINE}); }

}  // namespace rankfold
