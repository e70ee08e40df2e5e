/* Measures what bounds the time that a parser takes for a page: the twin of html/limits.py. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

#include "_machine.h"

#define MAX_LOOK 10000
#define LANES 32

PyObject *long_tags(PyObject *module, PyObject *args);
PyObject *measure_markup(PyObject *module, PyObject *args);

typedef struct {
    const char *name; /* NULL: free */
    Py_ssize_t size, open, styled;
    int thirds; /* of a level that it adds: 3, or 1 inside of pictures only, or none */
    int formats;
} Name;

typedef struct {
    Name *names;
    size_t room, used; /* room is a power of two */
} Names;

static int
is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static char
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static int
same(const Name *entry, const char *name, Py_ssize_t size)
{
    if (entry->size != size)
        return 0;
    for (Py_ssize_t i = 0; i < size; i++)
        if (lower(entry->name[i]) != lower(name[i]))
            return 0;
    return 1;
}

/* The entry of a name, or the free one where it belongs. */
static Name *
find(const Names *table, const char *name, Py_ssize_t size)
{
    /* Python's hash has a key: nobody can make a page of names that meet in one place. */
    Py_hash_t (*hash)(const void *, Py_ssize_t) = PyHash_GetFuncDef()->hash;
    char part[64];
    size_t sum = 0;
    for (Py_ssize_t first = 0; first < size; first += (Py_ssize_t)sizeof part - 8) {
        Py_ssize_t count = size - first < (Py_ssize_t)sizeof part - 8 ? size - first : (Py_ssize_t)sizeof part - 8;
        uint64_t before = sum; /* the parts before count in each hash */
        memcpy(part, &before, 8);
        for (Py_ssize_t i = 0; i < count; i++)
            part[8 + i] = lower(name[first + i]);
        sum = (size_t)hash(part, count + 8);
    }
    for (size_t slot = sum ^ sum >> 15;; slot++) {
        Name *entry = &table->names[slot & (table->room - 1)];
        if (!entry->name || same(entry, name, size))
            return entry;
    }
}

static int
enlarge(Names *table)
{
    Names larger = {NULL, table->room ? 4 * table->room : 256, table->used};
    larger.names = PyMem_Calloc(larger.room, sizeof(Name));
    if (!larger.names) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; i < table->room; i++)
        if (table->names[i].name)
            *find(&larger, table->names[i].name, table->names[i].size) = table->names[i];
    PyMem_Free(table->names);
    *table = larger;
    return 0;
}

static int
ends_name(char c)
{
    return c == '>' || c == '/' || c == ' ' || (c >= '\t' && c <= '\r' && c != '\v');
}

static int
holds(PyObject *names, PyObject *text, int *failed)
{
    int found = text ? PySet_Contains(names, text) : -1;
    *failed |= found < 0;
    return found > 0;
}

static Name *
entry_of(Names *table, const char *name, Py_ssize_t size, PyObject *const *sets)
{
    Name *entry = find(table, name, size);
    if (entry->name)
        return entry;
    if (2 * table->used >= table->room) {
        if (enlarge(table))
            return NULL;
        entry = find(table, name, size);
    }
    char small[32] = {0}; /* longer names are in none of the sets */
    for (Py_ssize_t i = 0; i < size && i < 31; i++)
        small[i] = lower(name[i]);
    PyObject *text = PyUnicode_DecodeUTF8(small, size < 31 ? size : 0, "replace");
    int failed = 0;
    int never = holds(sets[0], text, &failed), rarely = holds(sets[1], text, &failed);
    int formats = holds(sets[2], text, &failed);
    Py_XDECREF(text);
    if (failed)
        return NULL;
    *entry = (Name){name, size, 0, 0, never ? 0 : rarely ? 1 : 3, formats};
    table->used++;
    return entry;
}

static int
is_picture(const char *name, Py_ssize_t size)
{
    static const Name svg = {"svg", 3, 0, 0, 0, 0}, math = {"math", 4, 0, 0, 0, 0};
    return same(&svg, name, size) || same(&math, name, size);
}

/* Whether a tag ends with "/>", as far as a look at the closest ">" tells. */
static int
ends_itself(const char *at, const char *end)
{
    const char *found = memchr(at, '>', (size_t)(end - at < MAX_LOOK ? end - at : MAX_LOOK));
    return found && found[-1] == '/';
}

/* Where the comment that begins at "<!--" ends; `at` where it does not. */
static const char *
comment_end(const char *at, const char *end)
{
    for (const char *from = at + 2; (from = memchr(from, '-', (size_t)(end - from))); from++)
        if (end - from > 2 && from[1] == '-' && from[2] == '>')
            return from;
    return at;
}

/* The largest numbers of elements, and of those that format text, that can be open at once. */
static int
open_at_most(const char *at, const char *end, PyObject *const *sets, Py_ssize_t *most)
{
    Names table = {NULL, 0, 0};
    Py_ssize_t depth = 0, styles = 0;
    const char *comment = at, *no_comment = end;
    Py_ssize_t in_pictures = 0;
    int pictures = 0;

    if (enlarge(&table))
        return -1;
    while ((at = memchr(at, '<', (size_t)(end - at)))) {
        if (end - at > 3 && !memcmp(at, "<!--", 4) && at >= comment && at < no_comment) {
            comment = comment_end(at, end);
            if (comment == at)
                no_comment = at; /* nor does any further one */
        }
        int closes = ++at < end && *at == '/';
        const char *name = at += closes;
        if (at == end || !is_letter(*at))
            continue;
        while (at < end && !ends_name(*at))
            at++;
        Name *entry = entry_of(&table, name, at - name, sets);
        if (!entry) {
            PyMem_Free(table.names);
            return -1;
        }
        if (closes && name < comment)
            continue;
        if (is_picture(name, at - name)) {
            pictures |= !closes;
            in_pictures += !closes ? 1 : in_pictures ? -1 : 0;
        }
        else if (in_pictures && !closes && ends_itself(at, end))
            continue;
        if (!entry->thirds || (entry->thirds == 1 && !pictures))
            continue;
        int plain = at < end && *at == '>';
        if (!closes) {
            entry->open++;
            depth += entry->thirds;
            if (entry->formats && (!plain || entry->open - entry->styled <= 3))
                styles++;
            entry->styled += !plain;
            most[0] = depth > most[0] ? depth : most[0];
            most[1] = styles > most[1] ? styles : most[1];
        }
        else if (entry->open) {
            Py_ssize_t others = entry->open - entry->styled;
            if (entry->formats && others <= 3)
                styles--;
            entry->styled -= !others;
            entry->open--;
            depth -= entry->thirds;
        }
    }
    PyMem_Free(table.names);
    most[0] /= 3;
    return 0;
}

/* Counts "<" and "=", a vector of bytes at a time, as many as a byte can count. */
FOR_EACH_MACHINE("avx2")
static void
count_marks(const char *at, Py_ssize_t size, Py_ssize_t *tags, Py_ssize_t *equals)
{
    const char *end = at + size;
    while (end - at >= LANES) {
        uint8_t opens[LANES] = {0}, gives[LANES] = {0};
        Py_ssize_t rows = (end - at) / LANES < 255 ? (end - at) / LANES : 255;
        for (; rows > 0; rows--, at += LANES)
            for (int i = 0; i < LANES; i++) {
                opens[i] += at[i] == '<';
                gives[i] += at[i] == '=';
            }
        for (int i = 0; i < LANES; i++) {
            *tags += opens[i];
            *equals += gives[i];
        }
    }
    for (; at < end; at++) {
        *tags += *at == '<';
        *equals += *at == '=';
    }
}

PyObject *
measure_markup(PyObject *Py_UNUSED(module), PyObject *args)
{
    const char *data;
    Py_ssize_t size, few, tags = 0, equals = 0, most[2] = {0, 0};
    PyObject *sets[3];

    if (!PyArg_ParseTuple(args, "s#O!O!O!n", &data, &size, &PyFrozenSet_Type, &sets[0],
                          &PyFrozenSet_Type, &sets[1], &PyFrozenSet_Type, &sets[2], &few))
        return NULL;
    count_marks(data, size, &tags, &equals);
    if (tags > few && open_at_most(data, data + size, sets, most))
        return NULL;
    return Py_BuildValue("nnnn", tags, equals, most[0], most[1]);
}

/* Where the tag at `at` ends, by quotes and brackets alone: behind its ">", or before a quote that
   is not closed. Linear over a page: behind the last quote of a kind there is no further one. */
static const char *
end_of_tag(const char *at, const char *end)
{
    while (at < end && *at != '>') {
        if (*at == '"' || *at == '\'') {
            const char *closed = memchr(at + 1, *at, (size_t)(end - at - 1));
            if (!closed)
                return at;
            at = closed;
        }
        at++;
    }
    return at < end ? at + 1 : end;
}

PyObject *
long_tags(PyObject *Py_UNUSED(module), PyObject *args)
{
    const char *at;
    Py_ssize_t size, least;

    if (!PyArg_ParseTuple(args, "y#n", &at, &size, &least))
        return NULL;
    PyObject *found = PyList_New(0);
    const char *end = at + size;
    while (found && at < end && (at = memchr(at, '<', (size_t)(end - at)))) {
        const char *start = at++;
        if (at == end || !is_letter(*at))
            continue;
        at = end_of_tag(at + 1, end);
        if (at - start <= least)
            continue;
        PyObject *tag = PyBytes_FromStringAndSize(start, at - start);
        if (!tag || PyList_Append(found, tag))
            Py_CLEAR(found);
        Py_XDECREF(tag);
    }
    return found;
}
