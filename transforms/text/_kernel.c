/* The inner loops of deduplication, compiled: forms of texts, and sketches of their shingles.
   Those over HTML are in _walk.c and _bounds.c, those over rows in _search.c.

   Every function has a twin in Python, beside which it is tested, and which does the work where no
   compiler was at hand: see kernel.py. Nothing here depends on the machine but the time it takes. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

PyObject *find_near(PyObject *module, PyObject *args);        /* _search.c */
PyObject *sort_within_keys(PyObject *module, PyObject *args); /* _search.c */
PyObject *walk_html(PyObject *module, PyObject *args);        /* _walk.c */
PyObject *measure_markup(PyObject *module, PyObject *args);   /* _bounds.c */
PyObject *encode_utf8(PyObject *module, PyObject *text);      /* _utf8.c */

#define VERSION 4
#define MARK 0x1f
#define WIDTH 4
#define TABLE_BITS 19
#define SLOT_FACTOR UINT64_C(0x9E3779B97F4A7C15)
#define LANES UINT64_C(0x0101010101010101)
#define LANE_LIMIT 255
#define AT_ONCE 1024
#define STEP 16
#define MOST_MINIMA 128
#define LEVELS 64
#define LEVELS_KEPT 8

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__GLIBC__)
#define FOR_EACH_MACHINE __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define FOR_EACH_MACHINE
#endif

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

FOR_EACH_MACHINE static void
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

FOR_EACH_MACHINE static void
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

static uint64_t
hash_shingle(const Py_UCS4 *window, uint64_t *grams, uint64_t *hashes)
{
    if ((window[0] | window[1] | window[2] | window[3]) >= 0x10000)
        return hash_characters(window, WIDTH);
    uint64_t gram = window[0] | (uint64_t)window[1] << 16 | (uint64_t)window[2] << 32 |
                    (uint64_t)window[3] << 48;
    size_t slot = (size_t)(gram * SLOT_FACTOR >> (64 - TABLE_BITS));
    if (grams[slot] != gram) {
        hashes[slot] = hash_characters(window, WIDTH);
        grams[slot] = gram;
    }
    return hashes[slot];
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
sketch_text(PyObject *text, uint64_t *grams, uint64_t *table, const uint32_t *factors, int minima,
            const int64_t *lengths, uint64_t *simhash, uint32_t *least, uint64_t *beginnings)
{
    struct sums sums = {.lengths = lengths};
    int kind = PyUnicode_KIND(text);
    const void *data = PyUnicode_DATA(text);
    Py_ssize_t length = PyUnicode_GET_LENGTH(text);
    uint64_t hashes[AT_ONCE];
    int64_t ones[64] = {0};
    int count = 0;

    if (length < WIDTH) {
        Py_UCS4 all[WIDTH];
        for (Py_ssize_t i = 0; i < length; i++)
            all[i] = PyUnicode_READ(kind, data, i);
        hashes[count++] = hash_characters(all, length);
    }
    Py_UCS4 window[WIDTH] = {0};
    for (Py_ssize_t i = 0; i < length; i++) {
        window[0] = window[1], window[1] = window[2], window[2] = window[3];
        window[3] = PyUnicode_READ(kind, data, i);
        if (i < WIDTH - 1)
            continue;
        hashes[count++] = hash_shingle(window, grams, table);
        if (count == AT_ONCE) {
            count_bits(ones, hashes, count);
            lower(least, factors, minima, hashes, count);
            add_up(&sums, hashes, count);
            count = 0;
        }
    }
    count_bits(ones, hashes, count);
    lower(least, factors, minima, hashes, count);
    add_up(&sums, hashes, count);
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
    Py_buffer factors, lengths, grams, hashes, simhashes, least, beginnings;

    if (!PyArg_ParseTuple(args, "O!y*y*w*w*w*w*w*", &PyList_Type, &texts, &factors, &lengths,
                          &grams, &hashes, &simhashes, &least, &beginnings))
        return NULL;
    Py_ssize_t count = PyList_GET_SIZE(texts), minima = factors.len / 4;
    int right = minima <= MOST_MINIMA && grams.len == (Py_ssize_t)8 << TABLE_BITS &&
                hashes.len == grams.len && lengths.len == 8 * LEVELS &&
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
        sketch_text(PyList_GET_ITEM(texts, i), grams.buf, hashes.buf, factor, (int)minima,
                    lengths.buf, (uint64_t *)simhashes.buf + i, some,
                    (uint64_t *)beginnings.buf + LEVELS_KEPT * i);
        memcpy((uint32_t *)least.buf + i * minima, some, (size_t)(4 * minima));
    }
    PyBuffer_Release(&factors);
    PyBuffer_Release(&lengths);
    PyBuffer_Release(&grams);
    PyBuffer_Release(&hashes);
    PyBuffer_Release(&simhashes);
    PyBuffer_Release(&least);
    PyBuffer_Release(&beginnings);
    if (!right)
        return NULL;
    Py_RETURN_NONE;
}

/* ---- forms ---- */

static int
is_word(Py_UCS4 c)
{
    if (c < 0x80)
        return (c | 0x20) - 'a' < 26u || c - '0' < 10u || c == '_';
    return Py_UNICODE_ISALNUM(c);
}

/* Removes what is no word character; between two digits a mark stays. Returns the length. */
static Py_ssize_t
form_of(PyObject *text, Py_UCS4 *form, int *marks)
{
    int kind = PyUnicode_KIND(text);
    const void *data = PyUnicode_DATA(text);
    Py_ssize_t length = PyUnicode_GET_LENGTH(text), size = 0;
    int after_digit = 0, gap = 0;

    *marks = 0;
    for (Py_ssize_t i = 0; i < length; i++) {
        Py_UCS4 c = PyUnicode_READ(kind, data, i);
        if (!is_word(c)) {
            gap = 1;
            continue;
        }
        int digit = c < 0x80 ? c - '0' < 10u : Py_UNICODE_ISDECIMAL(c);
        if (gap && after_digit && digit)
            form[size++] = MARK, ++*marks;
        form[size++] = c;
        after_digit = digit;
        gap = 0;
    }
    return size;
}

static PyObject *
words_of(const Py_UCS4 *form, Py_ssize_t size, Py_UCS4 *words)
{
    Py_ssize_t length = 0;
    for (Py_ssize_t i = 0; i < size; i++)
        if (form[i] != MARK)
            words[length++] = form[i];
    return PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, words, length);
}

/* Counts digits from 0 to 9, and word characters together with line feeds. */
static void
count_digits(PyObject *text, int64_t *digits, int64_t *characters)
{
    int kind = PyUnicode_KIND(text);
    const void *data = PyUnicode_DATA(text);
    Py_ssize_t length = PyUnicode_GET_LENGTH(text);

    *digits = *characters = 0;
    for (Py_ssize_t i = 0; i < length; i++) {
        Py_UCS4 c = PyUnicode_READ(kind, data, i);
        *digits += c - '0' < 10u;
        *characters += is_word(c) || c == '\n';
    }
}

/* Says whether a text has at least so many pieces between white space. */
static int
has_pieces(PyObject *text, Py_ssize_t least)
{
    int kind = PyUnicode_KIND(text), inside = 0;
    const void *data = PyUnicode_DATA(text);
    Py_ssize_t length = PyUnicode_GET_LENGTH(text);

    for (Py_ssize_t i = 0; i < length && least > 0; i++) {
        int space = Py_UNICODE_ISSPACE(PyUnicode_READ(kind, data, i));
        least -= !space && !inside;
        inside = !space;
    }
    return least <= 0;
}

static PyObject *
read_texts(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *texts;
    Py_ssize_t least;

    if (!PyArg_ParseTuple(args, "O!n", &PyList_Type, &texts, &least))
        return NULL;
    Py_ssize_t count = PyList_GET_SIZE(texts);
    PyObject *forms = PyList_New(count), *words = PyList_New(count);
    PyObject *pieces = PyBytes_FromStringAndSize(NULL, count);
    PyObject *digits = PyBytes_FromStringAndSize(NULL, 8 * count);
    PyObject *characters = PyBytes_FromStringAndSize(NULL, 8 * count);
    PyObject *result = NULL;
    Py_UCS4 *space = NULL;
    Py_ssize_t room = 0;

    for (Py_ssize_t i = 0; forms && words && pieces && digits && characters && i < count; i++) {
        PyObject *text = PyList_GET_ITEM(texts, i);
        if (!PyUnicode_Check(text)) {
            PyErr_SetString(PyExc_TypeError, "read_texts: not a string");
            goto done;
        }
        PyObject *low = PyObject_CallMethod(text, "lower", NULL);
        if (!low)
            goto done;
        if (!PyUnicode_Check(low) || PyUnicode_GET_LENGTH(low) > PY_SSIZE_T_MAX / 32) {
            Py_DECREF(low);
            PyErr_SetString(PyExc_ValueError, "read_texts: a text that cannot be read");
            goto done;
        }
        if (PyUnicode_GET_LENGTH(low) >= room) { /* a mark takes the place of one character at least */
            room = 2 * PyUnicode_GET_LENGTH(low) + 256;
            Py_UCS4 *more = PyMem_Realloc(space, (size_t)room * 2 * sizeof(Py_UCS4));
            if (!more) {
                Py_DECREF(low);
                PyErr_NoMemory();
                goto done;
            }
            space = more;
        }
        int marks;
        Py_ssize_t size = form_of(low, space, &marks);
        Py_DECREF(low);
        PyObject *form = PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, space, size);
        if (!form)
            goto done;
        PyList_SET_ITEM(forms, i, form);
        PyObject *word = marks ? words_of(space, size, space + room) : Py_NewRef(form);
        if (!word)
            goto done;
        PyList_SET_ITEM(words, i, word);
        PyBytes_AS_STRING(pieces)[i] = (char)has_pieces(text, least);
        int64_t found[2];
        count_digits(text, &found[0], &found[1]);
        memcpy(PyBytes_AS_STRING(digits) + 8 * i, &found[0], 8);
        memcpy(PyBytes_AS_STRING(characters) + 8 * i, &found[1], 8);
    }
    if (forms && words && pieces && digits && characters)
        result = PyTuple_Pack(5, forms, words, pieces, digits, characters);
done:
    PyMem_Free(space);
    Py_XDECREF(forms);
    Py_XDECREF(words);
    Py_XDECREF(pieces);
    Py_XDECREF(digits);
    Py_XDECREF(characters);
    return result;
}

static PyMethodDef METHODS[] = {
    {"find_near", find_near, METH_VARARGS, NULL},
    {"read_texts", read_texts, METH_VARARGS, NULL},
    {"sketch", sketch, METH_VARARGS, NULL},
    {"sort_within_keys", sort_within_keys, METH_VARARGS, NULL},
    {"walk_html", walk_html, METH_VARARGS, NULL},
    {"measure_markup", measure_markup, METH_VARARGS, NULL},
    {"encode_utf8", encode_utf8, METH_O, NULL},
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
