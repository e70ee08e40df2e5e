/* Words and repeated n-grams of pages: part of the compiled kernel, see _kernel.c; the twins in
   Python are in quality/segments.py and quality/ngrams.py, and what is meant is said there. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

#include "_charclass.h"

typedef PyObject *function(PyObject *module, PyObject *args);

function cut_words, count_ngrams, hash_parts, measure_words, count_known, classify;
int stays_inside(const uint32_t *codes, const uint16_t *classes, Py_ssize_t first, Py_ssize_t last,
                 Py_ssize_t at, int contractions); /* _inside.c */

/* ---- repeated n-grams ---- */

#define LONGEST 10
#define COLUMNS 18

struct slot {
    uint64_t key;
    int32_t number; /* -1 where there is nothing */
};

struct grams {
    const uint64_t *words; /* of one page */
    int64_t *chars;        /* characters before each word, and of all */
    int32_t *number;       /* of the n-gram at each word, -1 for one that stands once; then -1 */
    int32_t *places;       /* where an n-gram stands that may repeat */
    int32_t *copies, *first;
    uint8_t *seen;
    struct slot *table;
    uint64_t secret; /* no page can know which of its words meet in one slot */
    Py_ssize_t left; /* places */
};

/* Gives equal keys of the places left the same number, in the order of their first places. */
static int32_t
number_keys(struct grams *grams, const uint64_t *keys)
{
    int bits = 4;
    int32_t kinds = 0;

    while ((Py_ssize_t)1 << bits < 2 * grams->left)
        bits++;
    size_t size = (size_t)1 << bits;
    for (size_t i = 0; i < size; i++)
        grams->table[i].number = -1;
    for (Py_ssize_t i = 0; i < grams->left; i++) {
        size_t at = (size_t)((keys[i] ^ keys[i] >> 32) * grams->secret >> (64 - bits));
        while (grams->table[at].number >= 0 && grams->table[at].key != keys[i])
            at = (at + 1) & (size - 1);
        if (grams->table[at].number < 0) {
            grams->table[at].key = keys[i];
            grams->table[at].number = kinds;
            grams->copies[kinds] = 0;
            grams->first[kinds++] = grams->places[i];
        }
        int32_t number = grams->table[at].number;
        grams->number[grams->places[i]] = number;
        grams->copies[number]++;
    }
    return kinds;
}

/* Leaves the places of those that stand twice at least. */
static void
drop_single(struct grams *grams)
{
    Py_ssize_t left = 0;

    for (Py_ssize_t i = 0; i < grams->left; i++) {
        int32_t place = grams->places[i];
        if (grams->copies[grams->number[place]] > 1)
            grams->places[left++] = place;
        else
            grams->number[place] = -1;
    }
    grams->left = left;
}

static int64_t
top_chars(const struct grams *grams, int n, int32_t kinds)
{
    int32_t best = -1, copies = 1, place = 0;

    for (int32_t i = 0; i < kinds; i++)
        if (grams->copies[i] > copies)
            best = i, copies = grams->copies[i];
    if (best >= 0)
        place = grams->first[best];
    return (grams->chars[place + n] - grams->chars[place] + n - 1) * copies;
}

static int64_t
copied_chars(struct grams *grams, int n, int32_t kinds)
{
    int64_t chars = 0;
    int32_t free = 0;

    memset(grams->seen, 0, (size_t)kinds);
    for (Py_ssize_t i = 0; i < grams->left; i++) {
        int32_t place = grams->places[i], number = grams->number[place];
        if (place < free)
            continue;
        if (grams->seen[number]) {
            chars += grams->chars[place + n] - grams->chars[place];
            free = place + n;
        }
        grams->seen[number] = 1;
    }
    return chars;
}

/* Columns: repeats of 2 to 10, top of 2 to 4, copied characters of 5 to 10. */
static void
count_page(struct grams *grams, Py_ssize_t count, uint64_t *keys, int64_t *row)
{
    grams->left = count;
    for (Py_ssize_t i = 0; i < count; i++)
        grams->places[i] = (int32_t)i;
    grams->number[count] = -1;
    number_keys(grams, grams->words);
    drop_single(grams);
    for (int n = 2; n <= LONGEST; n++) {
        Py_ssize_t left = 0;
        for (Py_ssize_t i = 0; i < grams->left; i++) {
            int32_t place = grams->places[i];
            int32_t one = grams->number[place], other = grams->number[place + 1];
            grams->number[place] = -1;
            if (other >= 0) {
                keys[left] = (uint64_t)one << 32 | (uint32_t)other;
                grams->places[left++] = place;
            }
        }
        grams->left = left;
        int32_t kinds = number_keys(grams, keys);
        row[n - 2] = left - kinds;
        if (n <= 4)
            row[9 + n - 2] = count >= n ? top_chars(grams, n, kinds) : 0;
        drop_single(grams);
        if (n >= 5)
            row[12 + n - 5] = copied_chars(grams, n, kinds);
    }
}

PyObject *
count_ngrams(PyObject *Py_UNUSED(module), PyObject *args)
{
    Py_buffer words, lengths, pages, out;
    Py_ssize_t most = 0, total = 0;
    struct grams grams = {0};

    if (!PyArg_ParseTuple(args, "y*y*y*w*", &words, &lengths, &pages, &out))
        return NULL;
    Py_ssize_t count = pages.len / 8;
    const int64_t *page_words = pages.buf, *chars = lengths.buf;
    int right = words.len == lengths.len && out.len == 8 * COLUMNS * count;
    for (Py_ssize_t i = 0; right && i < count; i++) {
        right = page_words[i] >= 0 && page_words[i] <= words.len / 8 - total;
        total += page_words[i];
        most = page_words[i] > most ? (Py_ssize_t)page_words[i] : most;
    }
    if (!right || total != words.len / 8 || most > INT32_MAX / 4) {
        PyErr_SetString(PyExc_ValueError, "count_ngrams: sizes do not fit together");
        goto done;
    }
    size_t room = 16;
    while (room < 2 * (size_t)most)
        room *= 2;
    uint64_t *keys = PyMem_Calloc((size_t)most + 1, 8);
    grams.chars = PyMem_Calloc((size_t)most + 1, 8);
    grams.number = PyMem_Calloc(4 * ((size_t)most + 1), 4);
    grams.seen = PyMem_Calloc((size_t)most + 1, 1);
    grams.table = PyMem_Calloc(room, sizeof(struct slot));
    PyObject *name = PyUnicode_FromString("n-grams");
    Py_hash_t secret = name ? PyObject_Hash(name) : -1;
    Py_XDECREF(name);
    if (!keys || !grams.chars || !grams.number || !grams.seen || !grams.table)
        PyErr_NoMemory();
    else if (name) {
        grams.secret = (uint64_t)secret * 2 + 1;
        grams.places = grams.number + most + 1;
        grams.copies = grams.places + most + 1;
        grams.first = grams.copies + most + 1;
        grams.words = words.buf;
        for (Py_ssize_t page = 0; page < count; page++) {
            Py_ssize_t size = (Py_ssize_t)page_words[page];
            for (Py_ssize_t i = 0; i < size; i++)
                grams.chars[i + 1] = grams.chars[i] + chars[i];
            count_page(&grams, size, keys, (int64_t *)out.buf + COLUMNS * page);
            grams.words += size;
            chars += size;
        }
    }
    PyMem_Free(keys);
    PyMem_Free(grams.chars);
    PyMem_Free(grams.number);
    PyMem_Free(grams.seen);
    PyMem_Free(grams.table);
done:
    PyBuffer_Release(&words);
    PyBuffer_Release(&lengths);
    PyBuffer_Release(&pages);
    PyBuffer_Release(&out);
    if (PyErr_Occurred())
        return NULL;
    Py_RETURN_NONE;
}

/* ---- words ---- */

#define ALPHA (LETTER | CASELESS)
#define FOREIGN (LETTER | RARE)
#define BASE UINT64_C(0x9E3779B97F4A7C15)
#define MIX UINT64_C(0xD6E8FEB86659FD93)

/* Hashes of words, sorted, and which values their highest bits have. */
struct words {
    Py_buffer hashes, seen;
    int bits;
};

/* The place of a hash among those of words, or -1. */
static Py_ssize_t
place_among(const struct words *words, uint64_t hash)
{
    const uint64_t *hashes = words->hashes.buf;
    Py_ssize_t low = 0, high = words->hashes.len / 8;

    if (!((const uint8_t *)words->seen.buf)[hash >> (64 - words->bits)])
        return -1;
    while (low < high) {
        Py_ssize_t middle = (low + high) / 2;
        if (hashes[middle] < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low < words->hashes.len / 8 && hashes[low] == hash ? low : -1;
}

static int
is_among(const struct words *words, uint64_t hash)
{
    return place_among(words, hash) >= 0;
}

static uint64_t
mixed(uint64_t hash)
{
    hash ^= hash >> 32;
    hash *= MIX;
    return hash ^ hash >> 29;
}

struct text {
    const uint32_t *codes;
    const uint16_t *classes;
    Py_ssize_t size, first, last; /* of the text; of the piece that is read */
    int german, contractions;
};

static int
is_one_of(uint32_t code, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e)
{
    return code == a || code == b || code == c || code == d || code == e;
}

/* A mark, and what stands beside it. */
struct mark {
    uint32_t code, code_before, code_after;
    int kind, before, after;
    int dot, dots_before, dots, head, tail;
};

static struct mark
mark_at(const struct text *text, Py_ssize_t at)
{
    int first = at == 0, last = at + 1 == text->size;
    struct mark m = {
        .code = text->codes[at],
        .kind = text->classes[at],
        .before = first ? SPACE : text->classes[at - 1],
        .after = last ? SPACE : text->classes[at + 1],
        .code_before = first ? 32 : text->codes[at - 1],
        .code_after = last ? 32 : text->codes[at + 1],
    };
    int digit_before = m.before & DIGIT, word_before = m.before & (ALPHA | DIGIT);
    int upper_only = (m.before & UPPER) && !(m.before & CASELESS);

    m.dot = m.code == '.';
    m.dots_before = m.dot && m.code_before == '.';
    m.dots = m.dots_before || (m.dot && m.code_after == '.');
    m.head = (m.kind & HEAD) || m.dots;
    int dot_ends = !upper_only &&
                   (word_before || ((m.before & TAIL) && !(m.before & (ICON | HYPHEN))) ||
                    is_one_of(m.code_before, 0x2026, 37, 178, 43, 45));
    m.tail = (m.kind & TAIL) || m.dots || (m.dot && dot_ends);
    if (text->german)
        m.tail = (m.tail && !(m.kind & HYPHEN) && !(m.dot && digit_before && !m.dots)) ||
                 m.code == '/';
    m.tail |= digit_before && ((m.kind & COIN) || m.code == '%');
    return m;
}

/* Says whether a mark takes its piece to the splitter; else notes where tokens start around it. */
static int
read_mark(const struct text *text, Py_ssize_t at, const struct mark *m, int inside, uint8_t *starts)
{
    uint32_t code = m->code, next = m->code_after;
    int alpha_before = m->before & ALPHA, alpha_after = m->after & ALPHA;
    int digit_before = m->before & DIGIT, digit_after = m->after & DIGIT;
    int space_before = m->before & SPACE, space_after = m->after & SPACE;
    int word_before = alpha_before || digit_before;
    int other_before = !(word_before || space_before);
    int other_after = !(alpha_after || digit_after || space_after);
    int upper_only = (m->before & UPPER) && !(m->before & CASELESS);
    int apostrophe = code == 39 || code == 0x2019, hyphen = m->kind & HYPHEN;
    int lone = m->dot && !m->dots;
    int foreign = (m->before & FOREIGN) == FOREIGN || (m->after & FOREIGN) == FOREIGN;

    if ((foreign && (inside || m->dot)) ||
        (lone && ((!space_after && !other_after && !(digit_before && digit_after)) || upper_only ||
                  (inside && other_after))) ||
        (hyphen && word_before && (m->after & HYPHEN)) ||
        (code == 42 && digit_before && (digit_after || next == 45)) ||
        (code == 36 && alpha_before) ||
        (code == 0x2026 && (next == 0x2026 || (other_before && inside))) ||
        (code == 41 && m->code_before == 56) || (code == 40 && next == 56) || (m->dots && inside))
        return 1;
    if (((m->kind & RARE) || (apostrophe && (alpha_after || digit_after || next == code)) ||
         ((code == 58 || code == 59 || code == 61) && (other_before || !space_after)) ||
         ((code == 95 || code == 47) && !(space_before || space_after))) &&
        !stays_inside(text->codes, text->classes, text->first, text->last, at, text->contractions))
        return 1;
    if (text->german &&
        ((inside && alpha_before && alpha_after && (m->kind & TAIL) && code != 44) ||
         (hyphen && (m->after & HYPHEN)) || (apostrophe && word_before)))
        return 1;
    int cut;
    if (text->german)
        cut = (alpha_before && alpha_after && (is_one_of(code, 44, 33, 63, 58, 60) ||
                                               code == 61 || code == 62)) ||
              (word_before && (alpha_after || digit_after) && code == 47);
    else
        cut = (alpha_before && alpha_after && code == 44) ||
              (word_before && alpha_after && (hyphen || is_one_of(code, 58, 60, 61, 62, 47)));
    cut = cut || (m->kind & ICON) || m->dots ||
          (digit_before && code == 45 && (digit_after || next == 45));
    if (!inside || cut) {
        starts[at] |= !m->dots_before;
        starts[at + 1] |= !(m->dots && next == '.');
    }
    return 0;
}

/* Reads the run of marks from `at` on; returns where it ends, or -1 for the splitter. */
static Py_ssize_t
read_marks(const struct text *text, Py_ssize_t at, uint8_t *starts)
{
    Py_ssize_t end = at, trail;
    int lead = at == 0 || (text->classes[at - 1] & SPACE);

    while (end < text->size && !(text->classes[end] & (LETTER | DIGIT | SPACE)))
        end++;
    trail = end;
    if (end == text->size || (text->classes[end] & SPACE))
        while (trail > at && mark_at(text, trail - 1).tail)
            trail--;
    for (; at < end; at++) {
        struct mark mark = mark_at(text, at);
        lead &= mark.head != 0;
        if (read_mark(text, at, &mark, !lead && at < trail, starts))
            return -1;
    }
    return end;
}

/* Notes the starts of the tokens of one piece; returns whether it needs the splitter. */
static int
read_piece(const struct text *text, Py_ssize_t at, Py_ssize_t end, const struct words *whole,
           const struct words *stems, Py_ssize_t longest, uint8_t *starts)
{
    starts[at] = 1;
    while (at < end) {
        if (!(text->classes[at] & (LETTER | DIGIT))) {
            at = read_marks(text, at, starts);
            if (at < 0)
                return 1;
            continue;
        }
        Py_ssize_t first = at;
        uint64_t hash = 0, power = 1;
        for (; at < end && (text->classes[at] & (LETTER | DIGIT)); at++) {
            hash += (text->codes[at] + UINT64_C(1)) * power;
            power *= BASE;
            if ((text->classes[at] & DIGIT) && at + 1 < text->size &&
                (text->classes[at + 1] & LETTER))
                return 1;
        }
        if (at - first > longest)
            continue;
        hash = mixed(hash);
        if (is_among(whole, hash) ||
            (at < text->size && text->codes[at] == '.' && is_among(stems, hash)))
            return 1;
    }
    return 0;
}

/* Asks the splitter, or what it has answered before, for the starts of the tokens of a piece. */
static int
split_piece(PyObject *text, Py_ssize_t first, Py_ssize_t last, PyObject *memo, PyObject *cuts,
            uint8_t *starts)
{
    PyObject *piece = PyUnicode_Substring(text, first, last);
    if (!piece)
        return -1;
    PyObject *found = Py_XNewRef(PyDict_GetItemWithError(memo, piece));
    if (!found && !PyErr_Occurred())
        found = PyObject_CallOneArg(cuts, piece);
    Py_DECREF(piece);
    if (found && !PyTuple_Check(found))
        PyErr_SetString(PyExc_TypeError, "cut_words: the splitter answers with tuples");
    if (found && !PyErr_Occurred()) {
        memset(starts + first + 1, 0, (size_t)(last - first - 1));
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(found); i++) {
            Py_ssize_t at = PyLong_AsSsize_t(PyTuple_GET_ITEM(found, i));
            if (at > 0 && at < last - first)
                starts[first + at] = 1;
        }
    }
    Py_XDECREF(found);
    return PyErr_Occurred() ? -1 : 0;
}

/* Writes the starts and the ends of the tokens, of which there may be one a character. */
static PyObject *
list_tokens(const struct text *text, const uint8_t *starts)
{
    Py_ssize_t count = 0, size = text->size;

    for (Py_ssize_t i = 0; i < size; i++)
        count += starts[i] && !(text->classes[i] & SPACE);
    PyObject *first = PyBytes_FromStringAndSize(NULL, 8 * count);
    PyObject *last = PyBytes_FromStringAndSize(NULL, 8 * count);
    if (first && last) {
        int64_t *from = (int64_t *)PyBytes_AS_STRING(first);
        int64_t *to = (int64_t *)PyBytes_AS_STRING(last);
        int open = 0;
        for (Py_ssize_t i = 0; i < size; i++) {
            int space = text->classes[i] & SPACE;
            if (!starts[i] && !space)
                continue;
            if (open)
                *to++ = i;
            open = !space;
            if (open)
                *from++ = i;
        }
        if (open)
            *to = size;
    }
    PyObject *result = first && last ? PyTuple_Pack(2, first, last) : NULL;
    Py_XDECREF(first);
    Py_XDECREF(last);
    return result;
}

PyObject *
cut_words(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *string, *memo, *cuts, *result = NULL;
    Py_buffer codes, classes;
    struct words whole, stems;
    Py_ssize_t longest;
    struct text text;
    uint8_t *starts = NULL;

    if (!PyArg_ParseTuple(args, "Uy*y*ppy*y*y*y*nO!O", &string, &codes, &classes, &text.german,
                          &text.contractions, &whole.hashes, &whole.seen, &stems.hashes, &stems.seen, &longest,
                          &PyDict_Type, &memo, &cuts))
        return NULL;
    text.codes = codes.buf;
    text.classes = classes.buf;
    text.size = PyUnicode_GET_LENGTH(string);
    for (whole.bits = 1; (Py_ssize_t)1 << whole.bits < whole.seen.len; whole.bits++)
        continue;
    for (stems.bits = 1; (Py_ssize_t)1 << stems.bits < stems.seen.len; stems.bits++)
        continue;
    if (codes.len != 4 * text.size || classes.len != 2 * text.size ||
        whole.seen.len != (Py_ssize_t)1 << whole.bits ||
        stems.seen.len != (Py_ssize_t)1 << stems.bits) {
        PyErr_SetString(PyExc_ValueError, "cut_words: sizes do not fit together");
        goto done;
    }
    starts = PyMem_Calloc((size_t)text.size + 1, 1);
    if (!starts) {
        PyErr_NoMemory();
        goto done;
    }
    for (Py_ssize_t at = 0; at < text.size;) {
        Py_ssize_t first = at;
        if (text.classes[at] & SPACE) {
            at++;
            continue;
        }
        while (at < text.size && !(text.classes[at] & SPACE))
            at++;
        text.first = first, text.last = at;
        if (read_piece(&text, first, at, &whole, &stems, longest, starts) &&
            split_piece(string, first, at, memo, cuts, starts) < 0)
            goto done;
    }
    result = list_tokens(&text, starts);
done:
    PyMem_Free(starts);
    PyBuffer_Release(&codes);
    PyBuffer_Release(&classes);
    PyBuffer_Release(&whole.hashes);
    PyBuffer_Release(&whole.seen);
    PyBuffer_Release(&stems.hashes);
    PyBuffer_Release(&stems.seen);
    return result;
}

/* ---- what is counted of words ---- */

/* Whether parts lie in a text of `size` characters, none of them ending before it starts. */
static int
are_inside(const Py_buffer *first, const Py_buffer *last, Py_ssize_t size)
{
    const int64_t *from = first->buf, *to = last->buf;

    if (first->len != last->len || first->len % 8)
        return 0;
    for (Py_ssize_t i = 0; i < first->len / 8; i++)
        if (from[i] < 0 || from[i] > to[i] || to[i] > size)
            return 0;
    return 1;
}

/* Whether pages have as many items as there are, all together. */
static int
add_up_to(const Py_buffer *pages, Py_ssize_t items)
{
    const int64_t *counts = pages->buf;

    for (Py_ssize_t i = 0; i < pages->len / 8; i++) {
        if (counts[i] < 0 || counts[i] > items)
            return 0;
        items -= (Py_ssize_t)counts[i];
    }
    return !items && pages->len % 8 == 0;
}

/* Eight bytes a part of a text: its hash. */
PyObject *
hash_parts(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *found = NULL;
    Py_buffer codes, first, last;

    if (!PyArg_ParseTuple(args, "y*y*y*", &codes, &first, &last))
        return NULL;
    if (!are_inside(&first, &last, codes.len / 4))
        PyErr_SetString(PyExc_ValueError, "hash_parts: sizes do not fit together");
    else
        found = PyBytes_FromStringAndSize(NULL, first.len);
    for (Py_ssize_t i = 0; found && i < first.len / 8; i++) {
        uint64_t hash = 0, power = 1;
        const uint32_t *end = (const uint32_t *)codes.buf + ((const int64_t *)last.buf)[i];
        for (const uint32_t *at = (const uint32_t *)codes.buf + ((const int64_t *)first.buf)[i];
             at < end; at++) {
            hash += (*at + UINT64_C(1)) * power;
            power *= BASE;
        }
        hash = mixed(hash);
        memcpy(PyBytes_AS_STRING(found) + 8 * i, &hash, 8);
    }
    PyBuffer_Release(&codes);
    PyBuffer_Release(&first);
    PyBuffer_Release(&last);
    return found;
}

#define LONGEST_WORD 256 /* longer ones count as one less */
#define OF_WORDS 4

/* The least length that so many words, shortest first, do not exceed. */
static int
length_of(const int32_t *lengths, int64_t rank)
{
    int length = 0;

    for (int64_t words = lengths[0]; words < rank && length + 1 < LONGEST_WORD;)
        words += lengths[++length];
    return length;
}

/* Columns: words, their characters, twice their median length, tokens with a letter. */
static void
measure_page(const uint16_t *classes, const int64_t *first, const int64_t *last, int64_t tokens,
             int64_t *row)
{
    int32_t lengths[LONGEST_WORD] = {0};

    memset(row, 0, OF_WORDS * sizeof *row);
    for (int64_t i = 0; i < tokens; i++) {
        int64_t size = last[i] - first[i];
        int any = classes[first[i]], all = any;
        if (!(any & LETTER))
            for (int64_t at = first[i] + 1; at < last[i]; at++)
                any |= classes[at], all &= classes[at];
        row[3] += (any & LETTER) != 0;
        if (all & PUNCT)
            continue;
        row[0]++;
        row[1] += size;
        lengths[size < LONGEST_WORD ? size : LONGEST_WORD - 1]++;
    }
    if (row[0])
        row[2] = length_of(lengths, (row[0] + 1) / 2) + length_of(lengths, row[0] / 2 + 1);
}

PyObject *
measure_words(PyObject *Py_UNUSED(module), PyObject *args)
{
    Py_buffer classes, first, last, pages, out;

    if (!PyArg_ParseTuple(args, "y*y*y*y*w*", &classes, &first, &last, &pages, &out))
        return NULL;
    Py_ssize_t count = pages.len / 8;
    int right = are_inside(&first, &last, classes.len / 2) && add_up_to(&pages, first.len / 8) &&
                out.len == 8 * OF_WORDS * count && first.len / 8 < INT32_MAX;
    const int64_t *from = first.buf, *to = last.buf, *tokens = pages.buf;
    for (Py_ssize_t i = 0; right && i < first.len / 8; i++)
        right = from[i] < to[i];
    if (!right)
        PyErr_SetString(PyExc_ValueError, "measure_words: sizes do not fit together");
    for (Py_ssize_t page = 0; right && page < count; page++) {
        measure_page(classes.buf, from, to, tokens[page], (int64_t *)out.buf + OF_WORDS * page);
        from += tokens[page];
        to += tokens[page];
    }
    PyBuffer_Release(&classes);
    PyBuffer_Release(&first);
    PyBuffer_Release(&last);
    PyBuffer_Release(&pages);
    PyBuffer_Release(&out);
    if (!right)
        return NULL;
    Py_RETURN_NONE;
}

/* Adds to the counts of the chosen pages how many different ones of at most 64 words they hold. */
PyObject *
count_known(PyObject *Py_UNUSED(module), PyObject *args)
{
    Py_buffer hashes, pages, chosen, out;
    struct words words;

    if (!PyArg_ParseTuple(args, "y*y*y*y*y*w*", &hashes, &pages, &chosen, &words.hashes,
                          &words.seen, &out))
        return NULL;
    for (words.bits = 1; (Py_ssize_t)1 << words.bits < words.seen.len; words.bits++)
        continue;
    int right = add_up_to(&pages, hashes.len / 8) && chosen.len == pages.len / 8 &&
                out.len == pages.len && words.hashes.len <= 8 * 64 &&
                words.seen.len == (Py_ssize_t)1 << words.bits;
    if (!right)
        PyErr_SetString(PyExc_ValueError, "count_known: sizes do not fit together");
    const uint64_t *hash = hashes.buf;
    for (Py_ssize_t page = 0; right && page < chosen.len; page++) {
        int64_t tokens = ((const int64_t *)pages.buf)[page];
        uint64_t there = 0;
        if (((const uint8_t *)chosen.buf)[page])
            for (int64_t i = 0; i < tokens; i++) {
                Py_ssize_t place = place_among(&words, hash[i]);
                if (place >= 0)
                    there |= UINT64_C(1) << place;
            }
        for (; there; there &= there - 1)
            ((int64_t *)out.buf)[page]++;
        hash += tokens;
    }
    PyBuffer_Release(&hashes);
    PyBuffer_Release(&pages);
    PyBuffer_Release(&chosen);
    PyBuffer_Release(&words.hashes);
    PyBuffer_Release(&words.seen);
    PyBuffer_Release(&out);
    if (!right)
        return NULL;
    Py_RETURN_NONE;
}

/* ---- characters ---- */

#define OF_CHARACTERS 4
#define CODES 0x110000

/* Reads the code points of a text and their classes. */
static void
read_classes(PyObject *text, const uint16_t *table, uint32_t *codes, uint16_t *classes)
{
    int kind = PyUnicode_KIND(text);
    const void *data = PyUnicode_DATA(text);
    Py_ssize_t size = PyUnicode_GET_LENGTH(text);

    if (kind == PyUnicode_1BYTE_KIND)
        for (Py_ssize_t i = 0; i < size; i++) {
            codes[i] = ((const Py_UCS1 *)data)[i];
            classes[i] = table[((const Py_UCS1 *)data)[i]];
        }
    else if (kind == PyUnicode_2BYTE_KIND)
        for (Py_ssize_t i = 0; i < size; i++) {
            codes[i] = ((const Py_UCS2 *)data)[i];
            classes[i] = table[((const Py_UCS2 *)data)[i]];
        }
    else
        for (Py_ssize_t i = 0; i < size; i++) {
            codes[i] = ((const Py_UCS4 *)data)[i];
            classes[i] = table[((const Py_UCS4 *)data)[i]];
        }
}

/* Columns: letters, digits of any script, capital letters, all but symbols. */
static void
count_characters(const uint16_t *classes, int64_t size, int64_t *row)
{
    memset(row, 0, OF_CHARACTERS * sizeof *row);
    for (int64_t first = 0; first < size; first += 0x8000) { /* few enough for 16 bits */
        int64_t end = first + 0x8000 < size ? first + 0x8000 : size;
        uint16_t letters = 0, digits = 0, upper = 0, others = 0;
        for (int64_t i = first; i < end; i++) {
            uint16_t class = classes[i];
            letters += (class & (LETTER | CASELESS)) != 0;
            digits += (class & (DIGIT | NUMERAL)) != 0;
            upper += (class & UPPER) != 0;
            others += (class & (LETTER | CASELESS | NUMERAL | SPACE)) != 0;
        }
        row[0] += letters;
        row[1] += digits;
        row[2] += upper;
        row[3] += others;
    }
}

/* The code points of a text of pages, between which one character stands, and their classes; what
   is counted of each page goes to the last argument. */
PyObject *
classify(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *text, *codes = NULL, *classes = NULL, *result = NULL;
    Py_buffer table, pages, out;

    if (!PyArg_ParseTuple(args, "Uy*y*w*", &text, &table, &pages, &out))
        return NULL;
    Py_ssize_t size = PyUnicode_GET_LENGTH(text), left = size + 1, count = pages.len / 8;
    const int64_t *sizes = pages.buf;
    int right = table.len == 2 * CODES && out.len == 8 * OF_CHARACTERS * count &&
                pages.len % 8 == 0;
    for (Py_ssize_t i = 0; right && i < count; i++) {
        right = sizes[i] >= 0 && sizes[i] < left;
        left -= right ? (Py_ssize_t)sizes[i] + 1 : 0;
    }
    if (!right || left)
        PyErr_SetString(PyExc_ValueError, "classify: sizes do not fit together");
    else {
        codes = PyBytes_FromStringAndSize(NULL, 4 * size);
        classes = PyBytes_FromStringAndSize(NULL, 2 * size);
    }
    if (codes && classes) {
        uint16_t *class = (uint16_t *)PyBytes_AS_STRING(classes);
        read_classes(text, table.buf, (uint32_t *)PyBytes_AS_STRING(codes), class);
        for (Py_ssize_t i = 0; i < count; i++) {
            count_characters(class, sizes[i], (int64_t *)out.buf + OF_CHARACTERS * i);
            if (i + 1 < count)
                class += sizes[i] + 1;
        }
        result = PyTuple_Pack(2, codes, classes);
    }
    Py_XDECREF(codes);
    Py_XDECREF(classes);
    PyBuffer_Release(&table);
    PyBuffer_Release(&pages);
    PyBuffer_Release(&out);
    return result;
}
