/* The inner loops of deduplication, compiled: sketches of the shingles of texts. Those over their
   forms are in _forms.c, those over HTML in _walk.c, _hints.c and _bounds.c, those over rows in _search.c.

   Every function has a twin in Python, beside which it is tested, and which does the work where no
   compiler was at hand: see kernel.py. Nothing here depends on the machine but the time it takes. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

#include "_machine.h"

typedef PyObject *function(PyObject *module, PyObject *args);

function long_tags, measure_markup; /* _bounds.c */
function find_bytes; /* _bytes.c */
function build_features; /* _features.c */
function read_texts, have_words, drop_digits; /* _forms.c */
function look_for_headings; /* _headings.c */
function make_hints, hint_mask; /* _hints.c */
function keep; /* _kept.c */
function clean_lines; /* _lines.c */
function add_phrases, may_be_phrases; /* _phrases.c */
function count_ngrams, cut_words, classify, hash_parts, measure_words, count_known; /* _quality.c */
function name_reasons; /* _reasons.c */
function join_receipts; /* _receipts.c */
function find_near, sort_within_keys; /* _search.c */
function encode_utf8; /* _utf8.c */
function walk_html; /* _walk.c */
function words_mask; /* _words.c */

#define VERSION 20
#define WIDTH 4
#define TABLE_BITS 19
#define SLOT_FACTOR UINT64_C(0x9E3779B97F4A7C15)
#define LANES UINT64_C(0x0101010101010101)
#define LANE_LIMIT 255
#define AT_ONCE 1024
#define AHEAD 24
#define STEP 16
#define MOST_MINIMA 128
#define LEVELS 64
#define LEVELS_KEPT 8

/* ---- MD5 (RFC 1321) of at most 55 bytes: its last eight bytes, the first of them highest ---- */

static const uint32_t SINES[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};

static const int TURNS[16] = {7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21};

static uint32_t
swapped(uint32_t x)
{
    return x << 24 | (x & 0xff00) << 8 | (x >> 8 & 0xff00) | x >> 24;
}

static uint64_t
md5_tail(const uint8_t *data, size_t size)
{
    uint8_t padded[64] = {0};
    uint32_t words[16], a = 0x67452301, b = 0xefcdab89, c = 0x98badcfe, d = 0x10325476;

    memcpy(padded, data, size);
    padded[size] = 0x80;
    padded[56] = (uint8_t)(size << 3);
    padded[57] = (uint8_t)(size >> 5);
    for (int i = 0; i < 16; i++)
        words[i] = padded[4 * i] | (uint32_t)padded[4 * i + 1] << 8 |
                   (uint32_t)padded[4 * i + 2] << 16 | (uint32_t)padded[4 * i + 3] << 24;
    for (int i = 0; i < 64; i++) {
        uint32_t mixed;
        int word, turn = TURNS[i / 16 * 4 + i % 4];
        if (i < 16)
            mixed = (b & c) | (~b & d), word = i;
        else if (i < 32)
            mixed = (d & b) | (~d & c), word = (5 * i + 1) % 16;
        else if (i < 48)
            mixed = b ^ c ^ d, word = (3 * i + 5) % 16;
        else
            mixed = c ^ (b | ~d), word = 7 * i % 16;
        mixed += a + SINES[i] + words[word];
        a = d;
        d = c;
        c = b;
        b += mixed << turn | mixed >> (32 - turn);
    }
    return (uint64_t)swapped(c + 0x98badcfe) << 32 | swapped(d + 0x10325476);
}

static uint64_t
hash_characters(const Py_UCS4 *characters, Py_ssize_t count)
{
    uint8_t data[4 * WIDTH];
    size_t size = 0;

    for (Py_ssize_t i = 0; i < count; i++) { /* UTF-8, lone surrogates as any other character */
        Py_UCS4 c = characters[i];
        if (c < 0x80)
            data[size++] = (uint8_t)c;
        else if (c < 0x800) {
            data[size++] = (uint8_t)(0xc0 | c >> 6);
            data[size++] = (uint8_t)(0x80 | (c & 0x3f));
        }
        else if (c < 0x10000) {
            data[size++] = (uint8_t)(0xe0 | c >> 12);
            data[size++] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
            data[size++] = (uint8_t)(0x80 | (c & 0x3f));
        }
        else {
            data[size++] = (uint8_t)(0xf0 | c >> 18);
            data[size++] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
            data[size++] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
            data[size++] = (uint8_t)(0x80 | (c & 0x3f));
        }
    }
    return md5_tail(data, size);
}

/* ---- sketches: SimHash and minima ---- */

FOR_EACH_MACHINE("avx512f", "avx2") static void
lower(uint32_t *least, const uint32_t *factors, int minima, const uint64_t *hashes, int count)
{
    uint32_t small[AT_ONCE];

    for (int i = 0; i < count; i++)
        small[i] = (uint32_t)(hashes[i] ^ hashes[i] >> 32);
    for (int first = 0; first < minima; first += STEP) {
        uint32_t some[STEP], factor[STEP];
        memcpy(some, least + first, sizeof some);
        memcpy(factor, factors + first, sizeof factor);
        for (int i = 0; i < count; i++)
            for (int j = 0; j < STEP; j++) {
                uint32_t value = small[i] * factor[j];
                some[j] = value < some[j] ? value : some[j];
            }
        memcpy(least + first, some, sizeof some);
    }
}

FOR_EACH_MACHINE("avx512f", "avx2") static void
count_bits(int64_t *ones, const uint64_t *hashes, int count)
{
    for (int first = 0; first < count; first += LANE_LIMIT) {
        int end = first + LANE_LIMIT < count ? first + LANE_LIMIT : count;
        uint64_t lanes[8] = {0};
        for (int i = first; i < end; i++)
            for (int bit = 0; bit < 8; bit++)
                lanes[bit] += hashes[i] >> bit & LANES;
        for (int bit = 0; bit < 8; bit++)
            for (int lane = 0; lane < 8; lane++)
                ones[8 * lane + bit] += (int64_t)(lanes[bit] >> 8 * lane & 0xff);
    }
}

#if defined(__GNUC__)
#define FETCH(address) __builtin_prefetch(address, 1)
#else
#define FETCH(address) (void)(address)
#endif

/* What a shingle is in the table: its four UTF-16 units, and its hash. */
struct entry {
    uint64_t gram, hash;
};

/* Hashes all shingles of `count` + WIDTH - 1 characters. The table is larger than the caches near
   the processor, so it is asked for each place some shingles ahead. */
static void
hash_shingles(const Py_UCS4 *characters, int count, struct entry *table, uint64_t *hashes)
{
    uint32_t slots[AT_ONCE];
    uint64_t grams[AT_ONCE];

    for (int i = 0; i < count; i++) {
        const Py_UCS4 *window = characters + i;
        grams[i] = window[0] | (uint64_t)window[1] << 16 | (uint64_t)window[2] << 32 |
                   (uint64_t)window[3] << 48;
        slots[i] = (uint32_t)(grams[i] * SLOT_FACTOR >> (64 - TABLE_BITS));
    }
    for (int i = 0; i < count && i < AHEAD; i++)
        FETCH(table + slots[i]);
    for (int i = 0; i < count; i++) {
        if (i + AHEAD < count)
            FETCH(table + slots[i + AHEAD]);
        const Py_UCS4 *window = characters + i;
        if ((window[0] | window[1] | window[2] | window[3]) >= 0x10000) {
            hashes[i] = hash_characters(window, WIDTH);
            continue;
        }
        struct entry *entry = table + slots[i];
        if (entry->gram != grams[i]) {
            entry->hash = hash_characters(window, WIDTH);
            entry->gram = grams[i];
        }
        hashes[i] = entry->hash;
    }
}

struct sums {
    const int64_t *lengths; /* of the beginning of each level, ascending */
    uint64_t levels[LEVELS], sum;
    int64_t shingles;
    int reached;
};

static void
add_up(struct sums *sums, const uint64_t *hashes, int count)
{
    for (int i = 0; i < count; i++) {
        sums->sum += hashes[i];
        sums->shingles++;
        while (sums->reached < LEVELS && sums->lengths[sums->reached] == sums->shingles)
            sums->levels[sums->reached++] = sums->sum;
    }
}

static void
sketch_text(PyObject *text, struct entry *table, const uint32_t *factors, int minima,
            const int64_t *lengths, uint64_t *simhash, uint32_t *least, uint64_t *beginnings)
{
    struct sums sums = {.lengths = lengths};
    int kind = PyUnicode_KIND(text);
    const void *data = PyUnicode_DATA(text);
    Py_ssize_t length = PyUnicode_GET_LENGTH(text);
    Py_UCS4 characters[AT_ONCE + WIDTH - 1];
    uint64_t hashes[AT_ONCE];
    int64_t ones[64] = {0};

    for (Py_ssize_t first = 0; first == 0 || first + WIDTH <= length; first += AT_ONCE) {
        int size = (int)(length - first < AT_ONCE + WIDTH - 1 ? length - first
                                                              : AT_ONCE + WIDTH - 1);
        int count = size < WIDTH ? 1 : size - WIDTH + 1;
        for (int i = 0; i < size; i++)
            characters[i] = PyUnicode_READ(kind, data, first + i);
        if (size < WIDTH)
            hashes[0] = hash_characters(characters, size);
        else
            hash_shingles(characters, count, table, hashes);
        count_bits(ones, hashes, count);
        lower(least, factors, minima, hashes, count);
        add_up(&sums, hashes, count);
    }
    for (int i = 0; i < LEVELS_KEPT; i++)
        beginnings[i] = sums.reached > i ? sums.levels[sums.reached - 1 - i] : 0;
    *simhash = 0;
    for (int bit = 0; bit < 64; bit++)
        if (2 * ones[bit] > sums.shingles)
            *simhash |= UINT64_C(1) << bit;
}

static PyObject *
sketch(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *texts;
    Py_buffer factors, lengths, table, simhashes, least, beginnings;

    if (!PyArg_ParseTuple(args, "O!y*y*w*w*w*w*", &PyList_Type, &texts, &factors, &lengths, &table,
                          &simhashes, &least, &beginnings))
        return NULL;
    Py_ssize_t count = PyList_GET_SIZE(texts), minima = factors.len / 4;
    int right = minima <= MOST_MINIMA && lengths.len == 8 * LEVELS &&
                table.len == (Py_ssize_t)sizeof(struct entry) << TABLE_BITS &&
                simhashes.len == 8 * count && least.len == 4 * minima * count &&
                beginnings.len == 8 * LEVELS_KEPT * count;
    for (Py_ssize_t i = 0; right && i < count; i++)
        right = PyUnicode_Check(PyList_GET_ITEM(texts, i));
    if (!right)
        PyErr_SetString(PyExc_ValueError, "sketch: sizes or types do not fit together");
    uint32_t factor[MOST_MINIMA + STEP] = {0}, some[MOST_MINIMA + STEP];
    if (right)
        memcpy(factor, factors.buf, (size_t)factors.len);
    for (Py_ssize_t i = 0; right && i < count; i++) {
        memset(some, 0xff, sizeof some);
        sketch_text(PyList_GET_ITEM(texts, i), table.buf, factor, (int)minima, lengths.buf,
                    (uint64_t *)simhashes.buf + i, some,
                    (uint64_t *)beginnings.buf + LEVELS_KEPT * i);
        memcpy((uint32_t *)least.buf + i * minima, some, (size_t)(4 * minima));
    }
    PyBuffer_Release(&factors);
    PyBuffer_Release(&lengths);
    PyBuffer_Release(&table);
    PyBuffer_Release(&simhashes);
    PyBuffer_Release(&least);
    PyBuffer_Release(&beginnings);
    if (!right)
        return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef METHODS[] = {
    {"add_phrases", add_phrases, METH_VARARGS, NULL},
    {"may_be_phrases", may_be_phrases, METH_VARARGS, NULL},
    {"count_ngrams", count_ngrams, METH_VARARGS, NULL},
    {"cut_words", cut_words, METH_VARARGS, NULL},
    {"classify", classify, METH_VARARGS, NULL},
    {"hash_parts", hash_parts, METH_VARARGS, NULL},
    {"measure_words", measure_words, METH_VARARGS, NULL},
    {"count_known", count_known, METH_VARARGS, NULL},
    {"drop_digits", drop_digits, METH_VARARGS, NULL},
    {"find_near", find_near, METH_VARARGS, NULL},
    {"have_words", have_words, METH_VARARGS, NULL},
    {"read_texts", read_texts, METH_VARARGS, NULL},
    {"sketch", sketch, METH_VARARGS, NULL},
    {"sort_within_keys", sort_within_keys, METH_VARARGS, NULL},
    {"walk_html", walk_html, METH_VARARGS, NULL},
    {"words_mask", words_mask, METH_VARARGS, NULL},
    {"long_tags", long_tags, METH_VARARGS, NULL},
    {"measure_markup", measure_markup, METH_VARARGS, NULL},
    {"build_features", build_features, METH_VARARGS, NULL},
    {"clean_lines", clean_lines, METH_O, NULL},
    {"name_reasons", name_reasons, METH_VARARGS, NULL},
    {"look_for_headings", look_for_headings, METH_VARARGS, NULL},
    {"make_hints", make_hints, METH_O, NULL},
    {"hint_mask", hint_mask, METH_VARARGS, NULL},
    {"encode_utf8", encode_utf8, METH_O, NULL},
    {"find_bytes", find_bytes, METH_VARARGS, NULL},
    {"keep", keep, METH_VARARGS, NULL},
    {"join_receipts", join_receipts, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL}};

static int
set_up(PyObject *module)
{
    return PyModule_AddIntConstant(module, "VERSION", VERSION);
}

static PyModuleDef_Slot SLOTS[] = {{Py_mod_exec, set_up}, {0, NULL}};

static struct PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT, .m_name = "_kernel", .m_size = 0, .m_methods = METHODS, .m_slots = SLOTS};

PyMODINIT_FUNC
PyInit__kernel(void)
{
    return PyModuleDef_Init(&MODULE);
}
