/* Measures what bounds the time that a parser takes for a page: the twin of html/limits.py. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

PyObject *measure_markup(PyObject *module, PyObject *args);

typedef struct {
    const char *name; /* NULL: free */
    Py_ssize_t size, open;
    int nests;
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
    uint32_t hash = 2166136261u;
    for (Py_ssize_t i = 0; i < size; i++)
        hash = (hash ^ (uint8_t)lower(name[i])) * 16777619u;
    for (size_t slot = hash ^ hash >> 15;; slot++) {
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

static Name *
entry_of(Names *table, const char *name, Py_ssize_t size, PyObject *never_nest)
{
    Name *entry = find(table, name, size);
    if (entry->name)
        return entry;
    if (2 * table->used >= table->room) {
        if (enlarge(table))
            return NULL;
        entry = find(table, name, size);
    }
    char small[32] = {0}; /* longer names are not among those that never nest */
    for (Py_ssize_t i = 0; i < size && i < 31; i++)
        small[i] = lower(name[i]);
    PyObject *text = PyUnicode_FromString(size < 31 ? small : "");
    int never = text ? PySet_Contains(never_nest, text) : -1;
    Py_XDECREF(text);
    if (never < 0)
        return NULL;
    *entry = (Name){name, size, 0, !never};
    table->used++;
    return entry;
}

/* The largest number of elements that can be open at once, or -1. */
static Py_ssize_t
open_at_most(const char *at, const char *end, PyObject *never_nest)
{
    Names table = {NULL, 0, 0};
    Py_ssize_t depth = 0, deepest = 0;

    if (enlarge(&table))
        return -1;
    while ((at = memchr(at, '<', (size_t)(end - at)))) {
        int closes = ++at < end && *at == '/';
        const char *name = at += closes;
        if (at == end || !is_letter(*at))
            continue;
        while (at < end && (is_letter(*at) || (*at >= '0' && *at <= '9')))
            at++;
        Name *entry = entry_of(&table, name, at - name, never_nest);
        if (!entry) {
            deepest = -1;
            break;
        }
        if (!entry->nests)
            continue;
        if (!closes) {
            entry->open++;
            depth++;
            deepest = depth > deepest ? depth : deepest;
        }
        else if (entry->open) {
            entry->open--;
            depth--;
        }
    }
    PyMem_Free(table.names);
    return deepest;
}

PyObject *
measure_markup(PyObject *Py_UNUSED(module), PyObject *args)
{
    const char *data;
    Py_ssize_t size, few, tags = 0, equals = 0, deepest = 0;
    PyObject *never_nest;

    if (!PyArg_ParseTuple(args, "y#O!n", &data, &size, &PyFrozenSet_Type, &never_nest, &few))
        return NULL;
    for (Py_ssize_t i = 0; i < size; i++) {
        tags += data[i] == '<';
        equals += data[i] == '=';
    }
    if (tags > few && (deepest = open_at_most(data, data + size, never_nest)) < 0)
        return NULL;
    return Py_BuildValue("nnn", tags, equals, deepest);
}
