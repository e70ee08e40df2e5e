/* What names of classes and ids hint at: the twin of html/hints.py, which says what is done and why,
   for names of ASCII characters. Same names there and here. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

#define MAX_NAME_CHARS 300
#define MAX_NAMES 12
#define CAPSULE "transforms.text._kernel.hints"

enum {
    WORDS, STEMS, STATES, NO_STATES, STATE_INSIDE, STATE_ENDS, CLASSES, CLASS_STARTS, IDS, ID_STARTS,
    POSTS, PARTS_OF_PROSE, LISTS
}; /* each a list of texts in lower case with a mask */

typedef struct {
    const char *text;
    Py_ssize_t size;
    int64_t mask;
    uint32_t hash, next; /* of those that begin with the same character: number and one, or 0 */
} Entry;

typedef struct {
    Entry *entries;
    Py_ssize_t count;
    uint32_t *slots, room; /* number of an entry and one, or 0; room is a power of two */
    uint32_t first[128];   /* the same of the last that begins with a character */
} List;

typedef struct hints {
    PyObject *texts; /* they are held here */
    List lists[LISTS];
} Hints;

PyObject *make_hints(PyObject *module, PyObject *texts);
PyObject *hint_mask(PyObject *module, PyObject *args);
const Hints *hints_from(PyObject *capsule);
int64_t hints_of_class(const Hints *hints, const char *text, Py_ssize_t size);
int64_t hints_of_id(const Hints *hints, const char *text, Py_ssize_t size);

static char
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static int
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int
is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

static int
is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f);
}

#define HASH_OF_NOTHING UINT32_C(2166136261)

static uint32_t
hash_on(uint32_t hash, char c)
{
    return (hash ^ (uint8_t)c) * UINT32_C(16777619);
}

static int
begins(const Entry *entry, const char *at, const char *end)
{
    if (end - at < entry->size)
        return 0;
    for (Py_ssize_t i = 0; i < entry->size; i++)
        if (lower(at[i]) != entry->text[i])
            return 0;
    return 1;
}

/* The entry of a text, or NULL. */
static const Entry *
find(const List *list, const char *at, const char *end, uint32_t hash)
{
    for (uint32_t slot = hash ^ hash >> 15;; slot++) {
        uint32_t number = list->slots[slot & (list->room - 1)];
        if (!number)
            return NULL;
        const Entry *entry = &list->entries[number - 1];
        if (entry->hash == hash && entry->size == end - at && begins(entry, at, end))
            return entry;
    }
}

/* The masks of all entries that a text begins with. */
static int64_t
beginning(const List *list, const char *at, const char *end)
{
    int64_t mask = 0;
    if (at == end)
        return 0;
    for (uint32_t number = list->first[lower(*at) & 127]; number;) {
        const Entry *entry = &list->entries[number - 1];
        if (begins(entry, at, end))
            mask |= entry->mask;
        number = entry->next;
    }
    return mask;
}

static int64_t
inside(const List *list, const char *at, const char *end)
{
    int64_t mask = 0;
    for (; at < end; at++)
        if (list->first[lower(*at) & 127])
            mask |= beginning(list, at, end);
    return mask;
}

/* Whether a name tells what a page is about or how it is set up. */
static int
is_state(const Hints *hints, const char *name, const char *end)
{
    const List *states = &hints->lists[STATES], *ends = &hints->lists[STATE_ENDS];
    if (name == end)
        return 0;
    for (uint32_t number = states->first[lower(*name) & 127]; number;) {
        const Entry *state = &states->entries[number - 1];
        if (end - name > state->size && begins(state, name, end)) {
            const char *behind = name + state->size;
            if ((*behind == '-' || *behind == '_') &&
                !beginning(&hints->lists[NO_STATES], behind + 1, end))
                return 1;
        }
        number = state->next;
    }
    for (Py_ssize_t i = 0; i < ends->count; i++)
        if (end - name >= ends->entries[i].size &&
            begins(&ends->entries[i], end - ends->entries[i].size, end))
            return 1;
    return inside(&hints->lists[STATE_INSIDE], name, end) != 0;
}

static int64_t
word_mask(const Hints *hints, const char *word, const char *end, uint32_t hash)
{
    const Entry *found = find(&hints->lists[WORDS], word, end, hash);
    if (found)
        return found->mask;
    return end - word > 3 ? inside(&hints->lists[STEMS], word, end) : 0;
}

static int64_t
name_mask(const Hints *hints, const char *name, const char *end)
{
    if (end - name > MAX_NAME_CHARS)
        end = name + MAX_NAME_CHARS;
    while (end > name && is_digit(end[-1]))
        end--;
    if (is_state(hints, name, end))
        return 0;
    int64_t mask = 0;
    uint32_t hash = HASH_OF_NOTHING;
    const char *word = name;
    for (const char *at = name;; at++) {
        char c = at < end ? lower(*at) : 0;
        int counts = is_letter(c) || is_digit(c);
        if (!counts || (at > word && ((is_digit(c) && is_letter(lower(at[-1]))) ||
                                      (c != *at && is_letter(at[-1]))))) {
            if (at > word)
                mask |= word_mask(hints, word, at, hash);
            if (at == end)
                break;
            hash = HASH_OF_NOTHING;
            word = at + !counts;
        }
        if (counts)
            hash = hash_on(hash, c);
    }
    const Entry *parts = hints->lists[PARTS_OF_PROSE].entries; /* both, and what they hint at */
    int64_t both = parts[0].mask | parts[1].mask;
    return (mask & both) == both ? (mask & ~both) | parts[2].mask : mask & ~both;
}

/* Bits that stand for a name itself, not for its words. */
static int64_t
bits_of(const List *whole, const List *starts, const char *name, const char *end)
{
    uint32_t hash = HASH_OF_NOTHING;
    for (const char *at = name; at < end; at++)
        hash = hash_on(hash, lower(*at));
    const Entry *found = find(whole, name, end, hash);
    return (found ? found->mask : 0) | beginning(starts, name, end);
}

/* The next name of a class attribute; its end, or NULL where there is no further one. */
static const char *
next_name(const char **at, const char *end)
{
    while (*at < end && is_space(**at))
        ++*at;
    const char *stop = *at;
    while (stop < end && !is_space(*stop))
        stop++;
    return stop > *at ? stop : NULL;
}

/* Hints of a class attribute of ASCII characters. */
int64_t
hints_of_class(const Hints *hints, const char *text, Py_ssize_t size)
{
    const char *end = text + size, *at = text, *stop;
    const char *last = size > MAX_NAME_CHARS ? text + MAX_NAME_CHARS : end;
    int64_t mask = 0;
    int count = 0;
    while (count <= MAX_NAMES && (stop = next_name(&at, last)))
        at = stop, count++;
    if (count > MAX_NAMES)
        count = MAX_NAMES / 2;
    for (at = text; count > 0 && (stop = next_name(&at, last)); at = stop, count--)
        mask |= name_mask(hints, at, stop);
    for (at = text; (stop = next_name(&at, end)); at = stop)
        mask |= bits_of(&hints->lists[CLASSES], &hints->lists[CLASS_STARTS], at, stop);
    return mask;
}

/* Hints of an id of ASCII characters. */
int64_t
hints_of_id(const Hints *hints, const char *text, Py_ssize_t size)
{
    const char *end = text + size;
    int64_t mask = name_mask(hints, text, end);
    mask |= bits_of(&hints->lists[IDS], &hints->lists[ID_STARTS], text, end);
    for (Py_ssize_t i = 0; i < hints->lists[POSTS].count; i++) {
        const Entry *post = &hints->lists[POSTS].entries[i];
        if (!begins(post, text, end) || post->size == size)
            continue;
        const char *at = text + post->size;
        while (at < end && is_digit(*at))
            at++;
        if (at == end)
            mask |= post->mask;
    }
    return mask;
}

/* ---- the lists ---- */

static int
read_list(PyObject *pairs, List *list)
{
    if (!PyTuple_Check(pairs)) {
        PyErr_SetString(PyExc_TypeError, "make_hints: not a tuple");
        return -1;
    }
    list->count = PyTuple_GET_SIZE(pairs);
    for (list->room = 16; list->room < 4 * (size_t)list->count;)
        list->room *= 2;
    list->entries = PyMem_Calloc((size_t)list->count + 1, sizeof(Entry));
    list->slots = PyMem_Calloc(list->room, sizeof(uint32_t));
    if (!list->entries || !list->slots) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < list->count; i++) {
        Entry *entry = &list->entries[i];
        long long mask;
        PyObject *pair = PyTuple_GET_ITEM(pairs, i);
        if (!PyTuple_Check(pair)) {
            PyErr_SetString(PyExc_TypeError, "make_hints: not a pair");
            return -1;
        }
        if (!PyArg_ParseTuple(pair, "s#L", &entry->text, &entry->size, &mask))
            return -1;
        entry->mask = mask;
        entry->hash = HASH_OF_NOTHING;
        for (Py_ssize_t k = 0; k < entry->size; k++)
            entry->hash = hash_on(entry->hash, entry->text[k]);
        entry->next = list->first[entry->text[0] & 127];
        list->first[entry->text[0] & 127] = (uint32_t)i + 1;
        uint32_t slot = entry->hash ^ entry->hash >> 15;
        while (list->slots[slot & (list->room - 1)])
            slot++;
        list->slots[slot & (list->room - 1)] = (uint32_t)i + 1;
    }
    return 0;
}

static void
free_hints(Hints *hints)
{
    for (int i = 0; i < LISTS; i++) {
        PyMem_Free(hints->lists[i].entries);
        PyMem_Free(hints->lists[i].slots);
    }
    Py_XDECREF(hints->texts);
    PyMem_Free(hints);
}

static void
drop_hints(PyObject *capsule)
{
    free_hints(PyCapsule_GetPointer(capsule, CAPSULE));
}

/* What `hint_mask` and the pass over markup look names up in. */
PyObject *
make_hints(PyObject *Py_UNUSED(module), PyObject *texts)
{
    if (!PyTuple_Check(texts) || PyTuple_GET_SIZE(texts) != LISTS ||
        !PyTuple_Check(PyTuple_GET_ITEM(texts, PARTS_OF_PROSE)) ||
        PyTuple_GET_SIZE(PyTuple_GET_ITEM(texts, PARTS_OF_PROSE)) != 3) {
        PyErr_SetString(PyExc_TypeError, "make_hints: not the lists that it takes");
        return NULL;
    }
    Hints *hints = PyMem_Calloc(1, sizeof(Hints));
    if (!hints)
        return PyErr_NoMemory();
    hints->texts = Py_NewRef(texts);
    PyObject *capsule = NULL;
    int failed = 0;
    for (int i = 0; i < LISTS && !failed; i++)
        failed = read_list(PyTuple_GET_ITEM(texts, i), &hints->lists[i]);
    if (failed || !(capsule = PyCapsule_New(hints, CAPSULE, drop_hints)))
        free_hints(hints);
    return capsule;
}

const Hints *
hints_from(PyObject *capsule)
{
    return PyCapsule_GetPointer(capsule, CAPSULE);
}

/* The hints of a class attribute, or of an id; None where it is not of ASCII characters. */
PyObject *
hint_mask(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *capsule, *text;
    int is_id;
    if (!PyArg_ParseTuple(args, "OUp", &capsule, &text, &is_id))
        return NULL;
    const Hints *hints = hints_from(capsule);
    if (!hints)
        return NULL;
    if (!PyUnicode_IS_ASCII(text))
        Py_RETURN_NONE;
    const char *at = PyUnicode_DATA(text);
    Py_ssize_t size = PyUnicode_GET_LENGTH(text);
    return PyLong_FromLongLong(is_id ? hints_of_id(hints, at, size) : hints_of_class(hints, at, size));
}
