// Scans of trellis codes: a block of rows is decoded to bytes once, in registers where the window has eight bits, and every query reads it.
#include "dot8_work.hpp"
#include "ring.hpp"
#include "tile_work.hpp"

namespace rankfold::RANKFOLD_LEVEL {

namespace {

constexpr size_t DECODED_BYTES = 16384;  // of a block of rows: it stays in the first cache
constexpr size_t MAX_BLOCK_ROWS = 64;
constexpr size_t PAST_END = 72;  // bytes of the ring that follow its end once more, and room for whole loads
constexpr size_t REGISTER_SIZE = 256;
constexpr size_t FEW_QUERIES = 3;  // that are faster one after the other
constexpr size_t TOP_ROWS = 2048;  // whose scores stay in the caches

struct Step {  // LUT_ROWS slots, one coordinate each or none, all of one table
    Windows windows;
    size_t base, table;
};

// Slots of decoded rows: coordinates ordered by table, in groups of eight that lie in eight bytes of the ring.
struct Layout {
    Step* steps;
    size_t* slot_of;  // of each coordinate
    size_t count = 0;  // of steps

    size_t slots() const { return count * LUT_ROWS; }

    void open(size_t table, size_t byte) {
        Step& step = steps[count++];
        std::memset(&step.windows, 0, sizeof step.windows);
        step.base = byte;
        step.table = table;
    }

    void in_order(const Trellis& trellis) {
        for (size_t j = 0; j < trellis.m; ++j) slot_of[j] = j;
        count = (trellis.m + LUT_ROWS - 1) / LUT_ROWS;
    }

    void place(const Trellis& trellis, const size_t* offset) {
        for (size_t table = 0; table < trellis.count; ++table) {
            size_t group = LUT_ROWS / 8, held = 8, byte = 0;  // nothing is open
            for (size_t j = 0; j < trellis.m; ++j) {
                if (trellis.which[j] != table) continue;
                const size_t first = offset[j];
                if (held == 8 || first < 8 * byte || first - 8 * byte > 56) {
                    byte = first / 8;
                    held = 0;
                    if (++group >= LUT_ROWS / 8 || byte < steps[count - 1].base || byte + 8 > steps[count - 1].base + WINDOW_BYTES) {
                        open(table, byte);
                        group = 0;
                    }
                    put_group(steps[count - 1].windows, group, byte - steps[count - 1].base);
                }
                const size_t slot = 8 * group + held++;
                put_window(steps[count - 1].windows, slot, first - 8 * byte);
                slot_of[j] = (count - 1) * LUT_ROWS + slot;
            }
        }
    }
};

struct Scan {  // of blocks of rows
    const Trellis& trellis;
    const Layout& layout;
    const size_t* offset;  // of each coordinate's window
    std::uint8_t* rings;   // (rows, stride): rows that go on past their end
    std::int8_t* values;   // (block, slots)
    size_t block;

    bool in_registers() const { return trellis.size == REGISTER_SIZE; }
    size_t stride() const { return trellis.bytes + PAST_END; }

    // Into `values`: `rows` rows from `codes` on.
    void decode_rows(const std::uint8_t* codes, size_t rows) const {
        if (!in_registers()) return decode_plainly(codes, rows);
        unroll(codes, rows);
        decode(rows);
    }

    void unroll(const std::uint8_t* codes, size_t rows) const {
        for (size_t row = 0; row < rows; ++row) unroll_ring(codes + row * trellis.bytes, trellis.bytes, rings + row * stride());
    }

    void decode(size_t rows) const {
        const std::uint8_t* const tables = reinterpret_cast<const std::uint8_t*>(trellis.tables);
        for (size_t at = 0; at < layout.count; ++at) {
            const Step& step = layout.steps[at];
            const std::uint8_t* const table = tables + step.table * REGISTER_SIZE;
            for (size_t row = 0; row < rows; ++row) {
                const Bytes found = look256(table, look(step.windows, rings + row * stride() + step.base));
                store_bytes(values + row * layout.slots() + at * LUT_ROWS, found);
            }
        }
    }

    // One query: every value is used where it was found.
    template <size_t ROWS>
    void dots(const QueryPart* query, std::int32_t correction, size_t row, std::int32_t* to) const {
        const std::uint8_t* const tables = reinterpret_cast<const std::uint8_t*>(trellis.tables);
        ByteDots sums[ROWS];
        for (size_t at = 0; at < layout.count; ++at) {
            const Step& step = layout.steps[at];
            const std::uint8_t* const table = tables + step.table * REGISTER_SIZE;
            for (size_t i = 0; i < ROWS; ++i) add(sums[i], look256(table, look(step.windows, rings + (row + i) * stride() + step.base)), query[at]);
        }
        I32 whole[ROWS];
        for (size_t i = 0; i < ROWS; ++i) whole[i] = joined(sums[i]);
        all_totals<ROWS>(whole, to);
        for (size_t i = 0; i < ROWS; ++i) to[i] -= correction;
    }

    // Any width of the window: one look-up a coordinate, slots in the order of the coordinates.
    void decode_plainly(const std::uint8_t* codes, size_t rows) const {
        const std::uint32_t mask = static_cast<std::uint32_t>(trellis.size - 1);
        for (size_t row = 0; row < rows; ++row) {
            for (size_t j = 0; j < trellis.m; ++j) {
                const std::uint32_t window = window_at(codes + row * trellis.bytes, trellis.bytes, offset[j], mask);
                values[row * layout.slots() + j] = trellis.tables[trellis.which[j] * trellis.size + window];
            }
        }
    }
};

// Float scores of one block of rows from whole sums (q, rows).
inline void write_scores(const std::int32_t* sums, Scale scale, float* out, size_t q, size_t rows, size_t n) {
    for (size_t j = 0; j < q; ++j) {
        for (size_t row = 0; row < rows; ++row) out[j * n + row] = scale.step[j] * static_cast<float>(sums[j * rows + row]) + scale.offset[j];
    }
}

// Queries (q, m) over rows of codes.
class Scanner {
  public:
    Scanner(const std::int16_t* queries, const Trellis& trellis, Scale scale, size_t q)
        : queries(queries), trellis(trellis), scale(scale), q(q), steps(trellis.size == REGISTER_SIZE ? trellis.m : 0), slot_of(trellis.m), offset(trellis.m),
          layout(laid_out()), alone(scan.in_registers() && few_and_small()), spread(q * layout.slots()), rings(MAX_BLOCK_ROWS * (trellis.bytes + PAST_END)),
          values(MAX_BLOCK_ROWS * layout.slots()), sums(q * MAX_BLOCK_ROWS) {
        const size_t fit = DECODED_BYTES / layout.slots() / 4 * 4;
        scan.rings = rings.at, scan.values = values.at, scan.block = fit < 4 ? 4 : least(fit, MAX_BLOCK_ROWS);
        std::memset(values.at, 0, MAX_BLOCK_ROWS * layout.slots());
        std::memset(spread.at, 0, q * layout.slots() * sizeof(std::int16_t));
        for (size_t j = 0; j < q; ++j) {
            for (size_t i = 0; i < trellis.m; ++i) spread.at[j * layout.slots() + slot_of.at[i]] = queries[j * trellis.m + i];
        }
    }

    // Scores (q, n), rows of `apart` floats.
    void write(const std::uint8_t* codes, float* out, size_t apart, size_t n) const {
        if (alone) {
            for (size_t j = 0; j < q; ++j) write_alone(j, codes, out + j * apart, n);
        } else if (TileProducts::fit(spread.at, q, layout.slots())) {
            write_by_tiles(codes, out, apart, n);
        } else {
            write_together(codes, out, apart, n);
        }
    }

    void top_by_tiles(const std::uint8_t* codes, const float* row_scale, std::int64_t first_row, Top tops, size_t n) const {
        const TileUse use;
        TileTop top(spread.at, q, layout.slots(), scale, longest(), tops);
        for (size_t first = 0; first < n; first += PANEL) {
            const size_t rows = least(PANEL, n - first);
            scan.decode_rows(codes + first * trellis.bytes, rows);
            top.panel({scan.values, layout.slots()}, rows, row_scale + first, first_row + static_cast<std::int64_t>(first), scan.values, 0);
        }
    }

  private:
    const std::int16_t* queries;
    const Trellis& trellis;
    Scale scale;
    size_t q;
    Scratch<Step> steps;
    Scratch<size_t> slot_of, offset;
    Layout layout;
    Scan scan = {trellis, layout, offset.at, nullptr, nullptr, 0};
    bool alone;
    Scratch<std::int16_t> spread;  // queries in the slots of decoded rows, zeros in the others
    Scratch<std::uint8_t> rings;
    Scratch<std::int8_t> values;
    mutable Scratch<std::int32_t> sums;

    Layout laid_out() const {
        Layout made = {steps.at, slot_of.at};
        find_offsets(trellis, offset.at);
        if (trellis.size == REGISTER_SIZE) {
            made.place(trellis, offset.at);
        } else {
            made.in_order(trellis);
        }
        return made;
    }

    bool few_and_small() const {
        if (q > FEW_QUERIES) return false;
        for (size_t i = 0; i < q * trellis.m; ++i) {
            if (queries[i] > MOST_IN_BYTES) return false;
        }
        return true;
    }

    // No decoded row is longer.
    float longest() const {
        double total = 0.0;
        for (size_t j = 0; j < trellis.m; ++j) {
            std::int32_t most = 0;
            for (size_t i = 0; i < trellis.size; ++i) {
                const std::int32_t value = trellis.tables[trellis.which[j] * trellis.size + i];
                most = value > most ? value : -value > most ? -value : most;
            }
            total += most * most;
        }
        return static_cast<float>(__builtin_sqrt(total) * 1.000001);
    }

    // One query over all rows, in registers.
    void write_alone(size_t query, const std::uint8_t* codes, float* out, size_t n) const {
        Scratch<QueryPart> parts(layout.count);
        std::memset(parts.at, 0, layout.count * sizeof(QueryPart));
        std::int32_t correction = 0;
        for (size_t j = 0; j < trellis.m; ++j) {
            const size_t slot = slot_of.at[j];
            correction += put_query(parts.at[slot / LUT_ROWS], slot % LUT_ROWS, queries[query * trellis.m + j]);
        }
        for (size_t first = 0; first < n; first += MAX_BLOCK_ROWS) {
            const size_t rows = least(MAX_BLOCK_ROWS, n - first);
            std::int32_t found[MAX_BLOCK_ROWS];
            scan.unroll(codes + first * trellis.bytes, rows);
            size_t row = 0;
            for (; row + 4 <= rows; row += 4) scan.dots<4>(parts.at, correction, row, found + row);
            for (; row < rows; ++row) scan.dots<1>(parts.at, correction, row, found + row);
            write_scores(found, {scale.step + query, scale.offset + query}, out + first, 1, rows, n);
        }
    }

    // All queries over all rows: a block of rows is decoded once.
    void write_together(const std::uint8_t* codes, float* out, size_t apart, size_t n) const {
        for (size_t first = 0; first < n; first += scan.block) {
            const size_t rows = least(scan.block, n - first);
            scan.decode_rows(codes + first * trellis.bytes, rows);
            over_tiles(Dot8Work{spread.at, scan.values, sums.at, rows, layout.slots()}, q, rows, layout.slots());
            write_scores(sums.at, scale, out + first, q, rows, apart);
        }
    }

    void write_by_tiles(const std::uint8_t* codes, float* out, size_t apart, size_t n) const {
        const TileUse use;
        const TileProducts products(spread.at, q, layout.slots());
        for (size_t first = 0; first < n; first += PANEL) {
            const size_t rows = least(PANEL, n - first);
            scan.decode_rows(codes + first * trellis.bytes, rows);
            products.panel({scan.values, layout.slots()}, scan.values, 0, [&](size_t query, const std::int32_t* whole) {
                write_scores(whole, {scale.step + query, scale.offset + query}, out + query * apart + first, 1, rows, apart);
            });
        }
    }
};

}  // namespace

void trellis_scan(const std::int16_t* queries, const std::uint8_t* codes, const Trellis& trellis, Scale scale, float* out, size_t q, size_t n) {
    Scanner(queries, trellis, scale, q).write(codes, out, n, n);
}

void trellis_top(const std::int16_t* queries, const std::uint8_t* codes, const Trellis& trellis, Scale scale, const float* row_scale, std::int64_t first_row,
                 float* top_scores, std::int64_t* top_rows, size_t q, size_t n, size_t k) {
    const Scanner scanner(queries, trellis, scale, q);
    if (TILES && q >= TILE_QUERIES) return scanner.top_by_tiles(codes, row_scale, first_row, {top_scores, top_rows, k}, n);
    Scratch<float> scores(q * TOP_ROWS);
    for (size_t first = 0; first < n; first += TOP_ROWS) {
        const size_t rows = least(TOP_ROWS, n - first);
        scanner.write(codes + first * trellis.bytes, scores.at, rows, rows);
        for (size_t query = 0; query < q; ++query) {
            float* const mine = scores.at + query * rows;
            for (size_t row = 0; row < rows; ++row) mine[row] *= row_scale[first + row];
            select_one(mine, first_row + static_cast<std::int64_t>(first), {top_scores + query * k, top_rows + query * k, k}, rows);
        }
    }
}

}  // namespace rankfold::RANKFOLD_LEVEL
