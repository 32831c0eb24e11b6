// Scans of trellis codes: a block of rows is decoded to bytes once, in registers where the window has eight bits, and every query reads it.
#include "dot8_work.hpp"
#include "ring.hpp"

namespace rankfold::RANKFOLD_LEVEL {

namespace {

constexpr size_t DECODED_BYTES = 16384;  // of a block of rows: it stays in the first cache
constexpr size_t MAX_BLOCK_ROWS = 64;
constexpr size_t PAST_END = 72;  // bytes of the ring that follow its end once more, and room for whole loads
constexpr size_t REGISTER_SIZE = 256;
constexpr size_t FEW_QUERIES = 3;  // that are faster one after the other
constexpr int MOST_ALONE = 32639;  // the largest number of two bytes with signs

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
    std::uint8_t* rings;  // (rows, stride): rows that go on past their end
    std::int8_t* values;  // (block, slots)
    size_t block;

    size_t stride() const { return trellis.bytes + PAST_END; }

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
    void decode_plainly(const size_t* offset, const std::uint8_t* codes, size_t rows) const {
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

// One query over all rows, in registers.
inline void scan_alone(const Scan& scan, const std::int16_t* query, const std::uint8_t* codes, Scale scale, float* out, size_t n) {
    Scratch<QueryPart> parts(scan.layout.count);
    std::memset(parts.at, 0, scan.layout.count * sizeof(QueryPart));
    std::int32_t correction = 0;
    for (size_t j = 0; j < scan.trellis.m; ++j) {
        const size_t slot = scan.layout.slot_of[j];
        correction += put_query(parts.at[slot / LUT_ROWS], slot % LUT_ROWS, query[j]);
    }
    for (size_t first = 0; first < n; first += MAX_BLOCK_ROWS) {
        const size_t rows = least(MAX_BLOCK_ROWS, n - first);
        std::int32_t sums[MAX_BLOCK_ROWS];
        scan.unroll(codes + first * scan.trellis.bytes, rows);
        size_t row = 0;
        for (; row + 4 <= rows; row += 4) scan.dots<4>(parts.at, correction, row, sums + row);
        for (; row < rows; ++row) scan.dots<1>(parts.at, correction, row, sums + row);
        write_scores(sums, scale, out + first, 1, rows, n);
    }
}

// All queries over all rows: a block of rows is decoded once.
inline void scan_together(const Scan& scan, bool in_registers, const size_t* offset, const std::int16_t* queries, const std::uint8_t* codes, Scale scale,
                          float* out, size_t q, size_t n) {
    const size_t slots = scan.layout.slots(), m = scan.trellis.m, block = scan.block;
    Scratch<std::int16_t> spread(q * slots);
    Scratch<std::int32_t> sums(q * block);
    std::memset(spread.at, 0, q * slots * sizeof(std::int16_t));
    std::memset(scan.values, 0, block * slots);
    for (size_t j = 0; j < q; ++j) {
        for (size_t i = 0; i < m; ++i) spread.at[j * slots + scan.layout.slot_of[i]] = queries[j * m + i];
    }
    for (size_t first = 0; first < n; first += block) {
        const size_t rows = least(block, n - first);
        const std::uint8_t* const from = codes + first * scan.trellis.bytes;
        if (in_registers) {
            scan.unroll(from, rows);
            scan.decode(rows);
        } else {
            scan.decode_plainly(offset, from, rows);
        }
        over_tiles(Dot8Work{spread.at, scan.values, sums.at, rows, slots}, q, rows, slots);
        write_scores(sums.at, scale, out + first, q, rows, n);
    }
}

inline bool go_alone(const std::int16_t* queries, size_t q, size_t m) {
    if (q > FEW_QUERIES) return false;
    for (size_t i = 0; i < q * m; ++i) {
        if (queries[i] > MOST_ALONE) return false;
    }
    return true;
}

}  // namespace

void trellis_scan(const std::int16_t* queries, const std::uint8_t* codes, const Trellis& trellis, Scale scale, float* out, size_t q, size_t n) {
    const bool in_registers = trellis.size == REGISTER_SIZE;
    Scratch<Step> steps(in_registers ? trellis.m : 0);
    Scratch<size_t> slot_of(trellis.m), offset(trellis.m);
    Layout layout = {steps.at, slot_of.at};
    find_offsets(trellis, offset.at);
    if (in_registers) {
        layout.place(trellis, offset.at);
    } else {
        layout.in_order(trellis);
    }
    const size_t fit = DECODED_BYTES / layout.slots() / 4 * 4, block = fit < 4 ? 4 : least(fit, MAX_BLOCK_ROWS);
    Scratch<std::uint8_t> rings(MAX_BLOCK_ROWS * (trellis.bytes + PAST_END));
    Scratch<std::int8_t> values(block * layout.slots());
    const Scan scan = {trellis, layout, rings.at, values.at, block};
    if (in_registers && go_alone(queries, q, trellis.m)) {
        for (size_t j = 0; j < q; ++j) scan_alone(scan, queries + j * trellis.m, codes, {scale.step + j, scale.offset + j}, out + j * n, n);
    } else {
        scan_together(scan, in_registers, offset.at, queries, codes, scale, out, q, n);
    }
}

}  // namespace rankfold::RANKFOLD_LEVEL
