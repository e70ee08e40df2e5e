/* Sorts rows of one key, and compares near rows with the earlier ones of theirs: the twins of
   sort_within_keys in rows.py, find_near in duplicates.py and is_near in verdict.py, which say what is
   done and why. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "_machine.h"

PyObject *find_near(PyObject *module, PyObject *args);
PyObject *sort_within_keys(PyObject *module, PyObject *args);

#define FIELDS 64
#define CHANCE (FIELDS / 4)
#define LEVELS 64
#define LEVELS_KEPT 8

typedef struct {
    uint64_t key, simhash, date, page_hash, address;
    uint64_t minima[2]; /* from here on what is known of the text, beside its SimHash */
    uint16_t shingles, digitless;
    uint32_t beginning;
} Row;

#define KNOWN (sizeof(Row) - offsetof(Row, minima))

typedef struct {
    const int64_t *lengths;                   /* of the beginning of each level */
    const uint32_t (*masks)[LEVELS_KEPT + 1]; /* of the levels that two texts have both kept */
    int radius, keep_number_variants;
    Py_ssize_t max_pivots;
} Rules;

typedef struct {
    int64_t found, compared, capped;
} Counts;

static inline int
bits(uint64_t x)
{
#if defined(__GNUC__)
    return __builtin_popcountll(x);
#else
    x -= x >> 1 & UINT64_C(0x5555555555555555);
    x = (x & UINT64_C(0x3333333333333333)) + (x >> 2 & UINT64_C(0x3333333333333333));
    return (int)(((x + (x >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f)) * UINT64_C(0x0101010101010101) >> 56);
#endif
}

static inline int
different_fields(uint64_t one, uint64_t other)
{
    uint64_t differ = one ^ other;
    return bits((differ | differ >> 1) & UINT64_C(0x5555555555555555));
}

static int
top_level(const int64_t *lengths, int64_t shingles)
{
    int low = 0, high = LEVELS - 1;

    if (shingles < 1)
        shingles = 1;
    while (low < high) { /* the last level of which the text has all */
        int middle = (low + high + 1) / 2;
        if (lengths[middle] <= shingles)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

static int
begin_alike(const Row *one, const Row *other, const Rules *rules)
{
    int top = top_level(rules->lengths, one->shingles);
    int its_top = top_level(rules->lengths, other->shingles);
    int lower = top < its_top ? top : its_top, apart = top + its_top - 2 * lower;

    return apart < LEVELS_KEPT &&
           !((one->beginning ^ other->beginning) & rules->masks[lower % LEVELS_KEPT][apart]);
}

static int
is_near(const Row *later, const Row *earlier, int distance, const Rules *rules)
{
    int64_t mine = later->shingles, other = earlier->shingles;
    int64_t shorter = mine < other ? mine : other, longer = mine + other - shorter;
    int common = FIELDS - different_fields(later->minima[0], earlier->minima[0]) -
                 different_fields(later->minima[1], earlier->minima[1]);
    int same_digitless = later->digitless == earlier->digitless;
    int slack = longer < 130 ? 36 : longer < 500 ? 20 : 16;

    if (rules->keep_number_variants && same_digitless)
        return 0;
    if (12 * distance + 5 * (FIELDS - common) <= 12 * rules->radius - slack ||
        (distance == 0 && common == FIELDS) || (same_digitless && common >= 34))
        return 1;
    int64_t shared = 20 * (common - CHANCE) * (mine + other), whole = (common + 32) * shorter;
    if (longer >= 130 && common >= 38 && shared >= 17 * whole && mine <= 2 * other)
        return 1;
    return shared >= 14 * whole && 2 * mine <= 5 * other && begin_alike(later, earlier, rules);
}

FOR_EACH_MACHINE("avx2") static Counts
search(const Row *rows, Py_ssize_t count, const Rules *rules, int64_t *gone, int64_t *kept,
       uint64_t *simhashes, Py_ssize_t *pivots)
{
    Counts counts = {0};

    for (Py_ssize_t start = 0, end; start < count; start = end) {
        for (end = start + 1; end < count && rows[end].key == rows[start].key;)
            end++;
        /* Of a hot key only rows that are equal to none before are pivots. */
        int hot = end - start - 1 > rules->max_pivots;
        Py_ssize_t known = 0;
        for (Py_ssize_t place = start; place < end; place++) {
            const Row *row = rows + place;
            Py_ssize_t most = known < rules->max_pivots ? known : rules->max_pivots, pivot = 0;
            for (; pivot < most; pivot++) {
                int distance = bits(row->simhash ^ simhashes[pivot]);
                if (distance <= rules->radius &&
                    is_near(row, rows + pivots[pivot], distance, rules))
                    break;
            }
            if (pivot < most) {
                gone[counts.found] = place;
                kept[counts.found++] = pivots[pivot];
                counts.compared += pivot + 1;
            }
            else {
                counts.compared += most;
                counts.capped += known > rules->max_pivots;
            }
            if (known > rules->max_pivots)
                continue;
            int again = 0;
            for (Py_ssize_t other = 0; hot && !again && other < known; other++)
                again = simhashes[other] == row->simhash &&
                        !memcmp(row->minima, rows[pivots[other]].minima, KNOWN);
            if (!again) {
                simhashes[known] = row->simhash;
                pivots[known++] = place;
            }
        }
    }
    return counts;
}

PyObject *
find_near(PyObject *Py_UNUSED(module), PyObject *args)
{
    Py_buffer rows, lengths, masks, gone, kept;
    Rules rules;
    PyObject *result = NULL;

    if (!PyArg_ParseTuple(args, "y*y*y*inpw*w*", &rows, &lengths, &masks, &rules.radius,
                          &rules.max_pivots, &rules.keep_number_variants, &gone, &kept))
        return NULL;
    Py_ssize_t count = rows.len / (Py_ssize_t)sizeof(Row);
    if (rules.max_pivots > count)
        rules.max_pivots = count;
    uint64_t *simhashes = PyMem_Calloc((size_t)rules.max_pivots + 2, sizeof *simhashes);
    Py_ssize_t *pivots = PyMem_Calloc((size_t)rules.max_pivots + 2, sizeof *pivots);
    if (!simhashes || !pivots)
        PyErr_NoMemory();
    else if (sizeof(Row) != 64 || rows.len % 64 || lengths.len != 8 * LEVELS ||
             masks.len != 4 * LEVELS_KEPT * (LEVELS_KEPT + 1) || gone.len != 8 * count ||
             kept.len != 8 * count || rules.max_pivots < 0)
        PyErr_SetString(PyExc_ValueError, "find_near: sizes do not fit together");
    else {
        Counts counts;
        rules.lengths = lengths.buf;
        rules.masks = (const uint32_t(*)[LEVELS_KEPT + 1])masks.buf;
        Py_BEGIN_ALLOW_THREADS
        counts = search(rows.buf, count, &rules, gone.buf, kept.buf, simhashes, pivots);
        Py_END_ALLOW_THREADS
        result = Py_BuildValue("LLL", (long long)counts.found, (long long)counts.compared,
                               (long long)counts.capped);
    }
    PyMem_Free(simhashes);
    PyMem_Free(pivots);
    PyBuffer_Release(&rows);
    PyBuffer_Release(&lengths);
    PyBuffer_Release(&masks);
    PyBuffer_Release(&gone);
    PyBuffer_Release(&kept);
    return result;
}

/* ---- the order that decides ---- */

#define PARAGRAPH_BITS 20
#define MOST_MOVED 24 /* rows that are put in their place one by one */

typedef struct {
    uint64_t key, check, date, page_hash, address;
} Head; /* of rows of every kind */

static int
comes_after(const void *one, const void *other)
{
    const Head *mine = one, *its = other;
    uint64_t mask = (UINT64_C(1) << PARAGRAPH_BITS) - 1;

    if (mine->date != its->date)
        return mine->date < its->date ? -1 : 1;
    if (mine->page_hash != its->page_hash)
        return mine->page_hash < its->page_hash ? -1 : 1;
    if ((mine->address & mask) != (its->address & mask))
        return (mine->address & mask) < (its->address & mask) ? -1 : 1;
    return (mine->address > its->address) - (mine->address < its->address);
}

static void
sort_group(char *rows, size_t count, size_t size)
{
    char moved[sizeof(Row)];

    if (count > MOST_MOVED) {
        qsort(rows, count, size, comes_after);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        size_t place = i;
        while (place && comes_after(rows + (place - 1) * size, rows + i * size) > 0)
            place--;
        if (place == i)
            continue;
        memcpy(moved, rows + i * size, size);
        memmove(rows + (place + 1) * size, rows + place * size, (i - place) * size);
        memcpy(rows + place * size, moved, size);
    }
}

PyObject *
sort_within_keys(PyObject *Py_UNUSED(module), PyObject *args)
{
    Py_buffer rows;
    Py_ssize_t size;

    if (!PyArg_ParseTuple(args, "w*n", &rows, &size))
        return NULL;
    int right = size >= (Py_ssize_t)sizeof(Head) && size <= (Py_ssize_t)sizeof(Row) &&
                rows.len % size == 0;
    if (right) {
        char *first = rows.buf, *end = first + rows.len;
        Py_BEGIN_ALLOW_THREADS
        while (first < end) {
            char *next = first + size;
            while (next < end && ((Head *)next)->key == ((Head *)first)->key)
                next += size;
            sort_group(first, (size_t)((next - first) / size), (size_t)size);
            first = next;
        }
        Py_END_ALLOW_THREADS
    }
    else
        PyErr_SetString(PyExc_ValueError, "sort_within_keys: sizes do not fit together");
    PyBuffer_Release(&rows);
    if (!right)
        return NULL;
    Py_RETURN_NONE;
}
