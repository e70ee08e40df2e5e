/* Which lines may be a phrase of a widget: part of the compiled kernel, see _kernel.c. It only keeps
   phrasebook.py from looking at the many lines that are none: in doubt it says that one may be. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

PyObject *add_phrases(PyObject *module, PyObject *args);
PyObject *may_be_phrases(PyObject *module, PyObject *args);

#define MAX_CHARS 240
#define PARTS 3      /* most characters that one folds to */
#define ROW 4        /* these, and whether the character goes from the ends of a line */
#define GONE 0xffff  /* folds to nothing */
#define LONG_END 5
#define SHORT_END 2
#define BITS 20

enum kind { WHOLE, LONG_HEAD, LONG_TAIL, SHORT_HEAD, SHORT_TAIL };

static uint32_t
place_of(enum kind kind, const Py_UCS4 *characters, Py_ssize_t count)
{
    uint64_t hash = kind + UINT64_C(0xcbf29ce484222325);

    for (Py_ssize_t i = 0; i < count; i++)
        hash = (hash ^ characters[i]) * UINT64_C(0x9E3779B97F4A7C15);
    return (uint32_t)(hash >> (64 - BITS));
}

static int
is_there(const uint8_t *bits, enum kind kind, const Py_UCS4 *characters, Py_ssize_t count)
{
    uint32_t place = place_of(kind, characters, count);
    return bits[place >> 3] >> (place & 7) & 1;
}

/* Scripts without case whose characters no normal form changes or joins, without their digits. */
static int
is_inert(Py_UCS4 c)
{
    return (c >= 0x5d0 && c <= 0x5ea) || (c >= 0x621 && c <= 0x63a) || (c >= 0x641 && c <= 0x64a) ||
           (c >= 0xe01 && c <= 0xe30) || (c >= 0x3041 && c <= 0x3096) ||
           (c >= 0x30a1 && c <= 0x30fa) || (c >= 0x4e00 && c <= 0x9fa5) ||
           (c >= 0xac00 && c <= 0xd7a3);
}

static int
is_number(Py_UCS4 c)
{
    return c - '0' < 10u;
}

static int
is_in_number(Py_UCS4 c)
{
    return is_number(c) || c == '.' || c == ',' || c == ':' || c == '\'' || c == 0x2019;
}

/* Folds a line as `normalise` does, its ends aside; returns its length, or -1 for a line with a
   character that the table does not know. */
static Py_ssize_t
fold(PyObject *line, const uint16_t *table, Py_ssize_t rows, Py_UCS4 *folded)
{
    int kind = PyUnicode_KIND(line);
    const void *data = PyUnicode_DATA(line);
    Py_ssize_t length = PyUnicode_GET_LENGTH(line), size = 0, left = 0;

    for (Py_ssize_t i = 0; i < length; i++) {
        Py_UCS4 c = PyUnicode_READ(kind, data, i);
        if (c >= (Py_UCS4)rows || !table[ROW * c]) {
            if (!is_inert(c))
                return -1;
            folded[size++] = c;
            continue;
        }
        const uint16_t *row = table + ROW * c;
        if (row[0] == GONE || (row[0] == ' ' && size && folded[size - 1] == ' '))
            continue;
        for (int part = 0; part < PARTS && row[part]; part++)
            folded[size++] = row[part];
    }
    for (Py_ssize_t i = 0; i < size; i++) {
        if (!is_number(folded[i])) {
            folded[left++] = folded[i];
            continue;
        }
        Py_ssize_t last = i;
        for (Py_ssize_t next = i + 1; next < size && is_in_number(folded[next]); next++)
            if (is_number(folded[next]))
                last = next;
        folded[left++] = '0';
        i = last;
    }
    return left;
}

static int
may_be_phrase(PyObject *line, const uint16_t *table, Py_ssize_t rows, const uint8_t *bits)
{
    Py_UCS4 folded[PARTS * MAX_CHARS], *key = folded;

    if (PyUnicode_GET_LENGTH(line) > MAX_CHARS)
        return 0;
    Py_ssize_t size = fold(line, table, rows, folded);
    if (size < 0)
        return 1;
    while (size && key[0] < (Py_UCS4)rows && table[ROW * key[0] + PARTS])
        key++, size--;
    while (size && key[size - 1] < (Py_UCS4)rows && table[ROW * key[size - 1] + PARTS])
        size--;
    return size && (is_there(bits, WHOLE, key, size) ||
                    (size >= LONG_END && (is_there(bits, LONG_HEAD, key, LONG_END) ||
                                          is_there(bits, LONG_TAIL, key + size - LONG_END, LONG_END))) ||
                    (size >= SHORT_END &&
                     (is_there(bits, SHORT_HEAD, key, SHORT_END) ||
                      is_there(bits, SHORT_TAIL, key + size - SHORT_END, SHORT_END))));
}

/* Notes keys, or what stands at one of their ends, in the bits: 0 whole keys, 1 the first five
   characters, 2 the last five, 3 the first two, 4 the last two. */
PyObject *
add_phrases(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *keys;
    Py_buffer bits;
    int kind;

    if (!PyArg_ParseTuple(args, "O!iw*", &PyList_Type, &keys, &kind, &bits))
        return NULL;
    if (bits.len != 1 << (BITS - 3) || kind < WHOLE || kind > SHORT_TAIL)
        PyErr_SetString(PyExc_ValueError, "add_phrases: sizes do not fit together");
    for (Py_ssize_t i = 0; !PyErr_Occurred() && i < PyList_GET_SIZE(keys); i++) {
        PyObject *key = PyList_GET_ITEM(keys, i);
        Py_UCS4 *characters = NULL;
        if (!PyUnicode_Check(key))
            PyErr_SetString(PyExc_TypeError, "add_phrases: not a string");
        else
            characters = PyUnicode_AsUCS4Copy(key);
        if (characters) {
            uint32_t place = place_of(kind, characters, PyUnicode_GET_LENGTH(key));
            ((uint8_t *)bits.buf)[place >> 3] |= (uint8_t)(1 << (place & 7));
            PyMem_Free(characters);
        }
    }
    PyBuffer_Release(&bits);
    if (PyErr_Occurred())
        return NULL;
    Py_RETURN_NONE;
}

/* One byte a line: whether it may be a phrase. */
PyObject *
may_be_phrases(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *lines, *found = NULL;
    Py_buffer table, bits;

    if (!PyArg_ParseTuple(args, "O!y*y*", &PyList_Type, &lines, &table, &bits))
        return NULL;
    Py_ssize_t rows = table.len / (2 * ROW), count = PyList_GET_SIZE(lines);
    if (bits.len != 1 << (BITS - 3) || table.len != 2 * ROW * rows)
        PyErr_SetString(PyExc_ValueError, "may_be_phrases: sizes do not fit together");
    else
        found = PyBytes_FromStringAndSize(NULL, count);
    for (Py_ssize_t i = 0; found && i < count; i++) {
        PyObject *line = PyList_GET_ITEM(lines, i);
        if (!PyUnicode_Check(line)) {
            PyErr_SetString(PyExc_TypeError, "may_be_phrases: not a string");
            Py_CLEAR(found);
        }
        else
            PyBytes_AS_STRING(found)[i] = (char)may_be_phrase(line, table.buf, rows, bits.buf);
    }
    PyBuffer_Release(&table);
    PyBuffer_Release(&bits);
    return found;
}
