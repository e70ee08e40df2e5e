/* Cuts the markup of a parsed page into units, in one pass: the twin of html/walk.py, which says what
   is done and why. Same names there and here; every branch has its counterpart. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

PyObject *walk_html(PyObject *module, PyObject *args);
Py_ssize_t utf8_size(PyObject *text);      /* _utf8.c */
void utf8_write(PyObject *text, char *to); /* _utf8.c */

typedef struct hints Hints; /* _hints.c */
typedef int64_t HintsOf(const Hints *hints, const char *text, Py_ssize_t size);
const Hints *hints_from(PyObject *capsule);
HintsOf hints_of_class, hints_of_id;

enum { INLINE, BOLD, LINK, BLOCK, CELL, ROW, PRE, BODY, ROOT, SKIP, BREAK, RULE, HEAD };
enum { CLOSE_NOTHING, CLOSE_LINK, CLOSE_BOLD, CLOSE_BLOCK, CLOSE_ROW, CLOSE_PRE };
enum { VOID_ELEMENT = 1, RAW = 2, SCRIPT = 4, TITLE = 8 };
enum { CLASS, ID, ROLE, ITEMPROP, STYLE, HIDDEN, ARIA_HIDDEN, HREF, READ };

#define MAX_CELL_CHARS 300
#define MAX_TITLE_CHARS 1000
#define CACHED 512 /* tags and classes of one page; a power of two */

typedef struct {
    const char *at;
    Py_ssize_t size;
} Span;

typedef struct {
    Span name;
    int close;
    Py_ssize_t before;
} Open;

typedef struct {
    PyObject *lines;
    int64_t element, link_chars, bold_chars, links, inline_mask;
} Unit;

typedef struct {
    int64_t parent, mask, first, last, end;
    PyObject *names;
} Element;

typedef struct {
    Span name;
    int kind, flags;
    int64_t mask;
} Kind;

typedef struct {
    Span name;
    PyObject *text;
    int64_t mask;
} Class;

typedef struct {
    PyObject *function, *seen; /* borrowed; `seen` is a dict that the function fills */
    HintsOf *hints_of;         /* for text of ASCII characters, if not NULL */
} Masks;

typedef struct {
    PyObject *kinds; /* borrowed */
    const Hints *hints;
    Masks classes, ids, roles;
    Py_ssize_t max_depth;
    Open *stack;
    Py_ssize_t depth, stack_room;
    Unit *units;
    Py_ssize_t n_units, units_room;
    Element *elements;
    Py_ssize_t n_elements, elements_room;
    Py_UCS4 *line; /* squeezed so far */
    Py_ssize_t line_size, line_room;
    int space;      /* white space waits for what follows it */
    int has_pieces; /* text was seen since the last unit or line */
    PyObject *done; /* lines that have ended, or NULL */
    char *plain;    /* without references */
    Py_ssize_t plain_room;
    Py_ssize_t element, body;
    int pre, links_open, bold_open;
    int64_t link_chars, bold_chars, links, inline_mask;
    PyObject *title;
    PyObject *empty;
    int runs_on; /* a script had no end but the page's; looking for it each time takes too long */
    Kind kinds_seen[CACHED];
    Class classes_seen[CACHED];
} Walk;

/* ---- memory ---- */

static int
grow(void **array, Py_ssize_t *room, Py_ssize_t wanted, size_t each)
{
    if (wanted <= *room)
        return 0;
    Py_ssize_t more = *room ? *room : 64;
    while (more < wanted)
        more *= 2;
    void *moved = PyMem_Realloc(*array, (size_t)more * each);
    if (!moved) {
        PyErr_NoMemory();
        return -1;
    }
    *array = moved;
    *room = more;
    return 0;
}

/* ---- spans ---- */

static int
same(Span span, const char *text, Py_ssize_t size)
{
    return span.size == size && !memcmp(span.at, text, (size_t)size);
}

static int
begins(const char *at, const char *end, const char *with, Py_ssize_t size)
{
    return end - at >= size && !memcmp(at, with, (size_t)size);
}

static const char *
find_bytes(const char *at, const char *end, const char *wanted, Py_ssize_t size)
{
    while (end - at >= size) {
        at = memchr(at, wanted[0], (size_t)(end - at - size + 1));
        if (!at)
            return NULL;
        if (!memcmp(at, wanted, (size_t)size))
            return at;
        at++;
    }
    return NULL;
}

/* The character that a reference at `at` stands for, as UTF-8, and the reference's size. */
static Py_ssize_t
reference(const char *at, const char *end, const char **character)
{
    static const struct {
        const char *name, *character;
    } all[] = {{"&lt;", "<"}, {"&gt;", ">"}, {"&nbsp;", "\xc2\xa0"}, {"&quot;", "\""}, {"&amp;", "&"}};

    for (int i = 0; i < 5; i++) {
        Py_ssize_t size = (Py_ssize_t)strlen(all[i].name);
        if (begins(at, end, all[i].name, size)) {
            *character = all[i].character;
            return size;
        }
    }
    return 0;
}

static int
unescape(Walk *walk, Span *span)
{
    if (!memchr(span->at, '&', (size_t)span->size))
        return 0;
    if (grow((void **)&walk->plain, &walk->plain_room, span->size, 1))
        return -1;
    const char *at = span->at, *end = at + span->size, *character;
    char *to = walk->plain;
    while (at < end) {
        Py_ssize_t size = *at == '&' ? reference(at, end, &character) : 0;
        if (!size) {
            *to++ = *at++;
            continue;
        }
        while (*character)
            *to++ = *character++;
        at += size;
    }
    *span = (Span){walk->plain, to - walk->plain};
    return 0;
}

/* A string of a span, references replaced. */
static PyObject *
string_of(Walk *walk, Span span)
{
    if (!span.size)
        return Py_NewRef(walk->empty);
    if (unescape(walk, &span))
        return NULL;
    return PyUnicode_DecodeUTF8(span.at, span.size, NULL);
}

static uint32_t
slot_of(Span span)
{
    uint32_t hash = 2166136261u;
    for (Py_ssize_t i = 0; i < span.size; i++)
        hash = (hash ^ (uint8_t)span.at[i]) * 16777619u;
    return (hash ^ hash >> 15) & (CACHED - 1);
}

/* ---- text ---- */

static Py_UCS4
next_character(const uint8_t **at)
{
    const uint8_t *p = *at;
    if (p[0] < 0x80) {
        *at = p + 1;
        return p[0];
    }
    if (p[0] < 0xe0) {
        *at = p + 2;
        return (Py_UCS4)(p[0] & 0x1f) << 6 | (p[1] & 0x3f);
    }
    if (p[0] < 0xf0) {
        *at = p + 3;
        return (Py_UCS4)(p[0] & 0x0f) << 12 | (Py_UCS4)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
    }
    *at = p + 4;
    return (Py_UCS4)(p[0] & 0x07) << 18 | (Py_UCS4)(p[1] & 0x3f) << 12 |
           (Py_UCS4)(p[2] & 0x3f) << 6 | (p[3] & 0x3f);
}

static int
is_control(Py_UCS4 c)
{
    return c < 0x20 || c - 0x7f < 0x21 || c - 0xd800 < 0x800;
}

/* Ends the line that is being made; in `done` where it is not empty. */
static int
end_line(Walk *walk)
{
    walk->space = 0;
    if (!walk->line_size)
        return 0;
    PyObject *line = PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, walk->line, walk->line_size);
    walk->line_size = 0;
    if (!line)
        return -1;
    if (!walk->done && !(walk->done = PyList_New(0))) {
        Py_DECREF(line);
        return -1;
    }
    int failed = PyList_Append(walk->done, line);
    Py_DECREF(line);
    return failed;
}

/* Ends the unit: what `_cut` returns becomes one. */
static int
end_unit(Walk *walk)
{
    if (end_line(walk))
        return -1;
    if (walk->done) {
        if (grow((void **)&walk->units, &walk->units_room, walk->n_units + 1, sizeof(Unit)))
            return -1;
        walk->units[walk->n_units++] = (Unit){walk->done, walk->element, walk->link_chars,
                                              walk->bold_chars, walk->links, walk->inline_mask};
        walk->done = NULL;
    }
    walk->has_pieces = 0;
    walk->link_chars = walk->bold_chars = walk->links = walk->inline_mask = 0;
    return 0;
}

static int
add_text(Walk *walk, const char *text, Py_ssize_t size, int raw)
{
    Span span = {text, size};
    if (!raw && unescape(walk, &span))
        return -1;
    if (grow((void **)&walk->line, &walk->line_room, walk->line_size + span.size + 1,
             sizeof(Py_UCS4)))
        return -1;
    const uint8_t *at = (const uint8_t *)span.at, *end = at + span.size;
    Py_ssize_t number = 0, first = -1, last = -1;
    Py_UCS4 *line = walk->line;
    Py_ssize_t filled = walk->line_size;
    int space = walk->space;

    for (; at < end; number++) {
        Py_UCS4 c = next_character(&at);
        if (c > 0x20 && c < 0x7f)
            ;
        else if (Py_UNICODE_ISSPACE(c)) {
            space = 1;
            if (walk->pre && c == '\n') {
                walk->line_size = filled;
                if (end_line(walk))
                    return -1;
                filled = 0;
                space = 0;
            }
            continue;
        }
        if (first < 0)
            first = number;
        last = number;
        if (c >= 0x7f ? is_control(c) : c < 0x20)
            continue;
        if (space && filled)
            line[filled++] = ' ';
        space = 0;
        line[filled++] = c;
    }
    walk->line_size = filled;
    walk->space = space;
    if (first < 0)
        return 0;
    walk->has_pieces = 1;
    if (walk->links_open)
        walk->link_chars += last - first + 1;
    if (walk->bold_open)
        walk->bold_chars += last - first + 1;
    return 0;
}

/* ---- tags ---- */

/* Reads a tag: its end, or NULL, and then `broken` is where what is no tag ends. */
static const char *
read_tag(const char *at, const char *end, Span *name, Span *attributes, const char **broken)
{
    const char *p = at + 1;
    *broken = p;
    if (p < end && *p == '/')
        p++;
    if (p == end || (*p | 0x20) < 'a' || (*p | 0x20) > 'z')
        return NULL;
    while (p < end && *p != ' ' && *p != '>')
        p++;
    *name = (Span){at + 1, p - at - 1};
    const char *first = p;
    while (p < end && *p == ' ') {
        const char *q = p + 1;
        if (q == end || *q == ' ' || *q == '>')
            break;
        for (q++; q < end && *q != ' ' && *q != '=' && *q != '>';)
            q++;
        if (end - q < 2 || q[0] != '=' || q[1] != '"')
            break;
        q = memchr(q + 2, '"', (size_t)(end - q - 2));
        if (!q)
            break;
        p = q + 1;
    }
    *broken = p;
    *attributes = (Span){first, p - first};
    return p < end && *p == '>' ? p + 1 : NULL;
}

static void
read_attributes(Span attributes, Span *read)
{
    static const struct {
        const char *name;
        Py_ssize_t size;
    } known[READ] = {{"class", 5}, {"id", 2},      {"role", 4},         {"itemprop", 8},
                     {"style", 5}, {"hidden", 6}, {"aria-hidden", 11}, {"href", 4}};
    const char *at = attributes.at, *end = at + attributes.size;

    while (at < end) {
        const char *name = ++at;
        at = memchr(at + 1, '=', (size_t)(end - at - 1));
        Span found = {name, at - name};
        const char *value = at + 2;
        at = (const char *)memchr(value, '"', (size_t)(end - value)) + 1;
        for (int i = 0; i < READ; i++)
            if (same(found, known[i].name, known[i].size))
                read[i] = (Span){value, at - 1 - value};
    }
}

static int
is_hidden(const Span *read)
{
    if (read[HIDDEN].at)
        return !same(read[HIDDEN], "until-found", 11);
    Span style = read[STYLE];
    if (style.at && find_bytes(style.at, style.at + style.size, "none", 4)) {
        static const char wanted[] = "display:none";
        int fits = 0; /* no beginning of it stands in it again, but its first letter */
        for (Py_ssize_t i = 0; i < style.size && fits < 12; i++) {
            char c = style.at[i];
            if (c == ' ')
                continue;
            c = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
            fits = c == wanted[fits] ? fits + 1 : c == 'd';
        }
        return fits == 12;
    }
    return read[ARIA_HIDDEN].at && same(read[ARIA_HIDDEN], "true", 4);
}

static int
mask_of(const Walk *walk, const Masks *masks, PyObject *text, int64_t *mask)
{
    if (masks->hints_of && PyUnicode_IS_ASCII(text)) {
        *mask |= masks->hints_of(walk->hints, PyUnicode_DATA(text), PyUnicode_GET_LENGTH(text));
        return 0;
    }
    PyObject *found = PyDict_GetItemWithError(masks->seen, text);
    if (found)
        Py_INCREF(found);
    else if (PyErr_Occurred() || !(found = PyObject_CallOneArg(masks->function, text)))
        return -1;
    *mask |= PyLong_AsLongLong(found);
    Py_DECREF(found);
    return PyErr_Occurred() ? -1 : 0;
}

static Kind *
kind_of(Walk *walk, Span name)
{
    Kind *kind = &walk->kinds_seen[slot_of(name)];
    if (kind->name.at && same(kind->name, name.at, name.size))
        return kind;
    PyObject *text = PyUnicode_DecodeUTF8(name.at, name.size, NULL);
    if (!text)
        return NULL;
    PyObject *found = PyDict_GetItemWithError(walk->kinds, text);
    Py_DECREF(text);
    kind->name = (Span){NULL, 0};
    kind->kind = INLINE, kind->mask = 0, kind->flags = 0;
    if (found) {
        long long mask;
        if (!PyArg_ParseTuple(found, "iLi", &kind->kind, &mask, &kind->flags))
            return NULL;
        kind->mask = mask;
    }
    else if (PyErr_Occurred())
        return NULL;
    kind->name = name;
    return kind;
}

static Class *
class_of(Walk *walk, Span names)
{
    Class *entry = &walk->classes_seen[slot_of(names)];
    if (entry->text && same(entry->name, names.at, names.size))
        return entry;
    Py_CLEAR(entry->text);
    PyObject *text = string_of(walk, names);
    if (!text)
        return NULL;
    entry->mask = 0;
    if (mask_of(walk, &walk->classes, text, &entry->mask)) {
        Py_DECREF(text);
        return NULL;
    }
    entry->text = text;
    entry->name = names;
    return entry;
}

static int
letters_are(const char *at, const char *end, const char *lower)
{
    for (; *lower; at++, lower++)
        if (at == end || (*at != *lower && (*at | 0x20) != *lower))
            return 0;
    return at < end && strchr("\t\n\f\r />", *at) && *at;
}

/* Where the end tag of an element begins whose text is written without escapes. */
static const char *
raw_end(Walk *walk, const char *at, const char *end, Span name, int flags)
{
    const char *found = at;
    while ((found = find_bytes(found, end, "</", 2))) {
        if (end - found > name.size + 2 && !memcmp(found + 2, name.at, (size_t)name.size) &&
            found[name.size + 2] == '>')
            break;
        found += 2;
    }
    if (!found)
        return end;
    if (!(flags & SCRIPT) || walk->runs_on || !find_bytes(at, found, "<!--", 4))
        return found;
    int commented = 0, nested = 0;
    while (at < end) {
        if (begins(at, end, "<!--", 4) && !begins(at, end, "<!-->", 5) &&
            !begins(at, end, "<!--->", 6))
            commented = 1, at += 4;
        else if (begins(at, end, "-->", 3))
            commented = nested = 0, at += 3;
        else if (*at == '<' && letters_are(at + 1, end, "script"))
            nested = commented, at += 7;
        else if (begins(at, end, "</", 2) && letters_are(at + 2, end, "script")) {
            if (!nested)
                return at;
            nested = 0, at += 8;
        }
        else
            at++;
    }
    walk->runs_on = 1;
    return found; /* the page ended inside of the script */
}

/* ---- elements ---- */

/* Makes one unit of a table row whose cells hold one short line each. */
static int
join_cells(Walk *walk, Py_ssize_t row)
{
    Py_ssize_t start = walk->elements[row].first, count = walk->n_units - start;
    Unit *units = walk->units + start;
    if (count < 2)
        return 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *lines = units[i].lines;
        if (walk->elements[units[i].element].parent != row || PyList_GET_SIZE(lines) > 1 ||
            PyUnicode_GET_LENGTH(PyList_GET_ITEM(lines, 0)) > MAX_CELL_CHARS ||
            (i && units[i].element == units[i - 1].element))
            return 0;
    }
    PyObject *cells = PyList_New(count), *line = NULL, *lines = NULL;
    PyObject *separator = PyUnicode_FromString(" | ");
    for (Py_ssize_t i = 0; cells && i < count; i++)
        PyList_SET_ITEM(cells, i, Py_NewRef(PyList_GET_ITEM(units[i].lines, 0)));
    if (cells && separator)
        line = PyUnicode_Join(separator, cells);
    Py_XDECREF(separator);
    Py_XDECREF(cells);
    if (!line || !(lines = PyList_New(1))) {
        Py_XDECREF(line);
        return -1;
    }
    PyList_SET_ITEM(lines, 0, line);
    for (Py_ssize_t i = 0; i < count; i++) {
        walk->elements[units[i].element].first = start;
        walk->elements[units[i].element].last = start + 1;
        Py_CLEAR(units[i].lines);
        if (!i)
            continue;
        units[0].link_chars += units[i].link_chars;
        units[0].bold_chars += units[i].bold_chars;
        units[0].links += units[i].links;
        units[0].inline_mask |= units[i].inline_mask;
    }
    units[0].lines = lines;
    walk->n_units = start + 1;
    return 0;
}

static int
close_element(Walk *walk)
{
    Open open = walk->stack[--walk->depth];
    if (open.close >= CLOSE_BLOCK) {
        if ((walk->has_pieces || walk->done) && end_unit(walk))
            return -1;
        if (open.close == CLOSE_PRE)
            walk->pre--;
        else if (open.close == CLOSE_ROW && join_cells(walk, walk->element))
            return -1;
        walk->elements[walk->element].last = walk->n_units;
        walk->elements[walk->element].end = walk->n_elements;
        walk->element = open.before;
    }
    else if (open.close == CLOSE_LINK)
        walk->links_open--;
    else if (open.close == CLOSE_BOLD)
        walk->bold_open--;
    return 0;
}

static int
push(Walk *walk, Span name, int close)
{
    if (grow((void **)&walk->stack, &walk->stack_room, walk->depth + 1, sizeof(Open)))
        return -1;
    walk->stack[walk->depth++] = (Open){name, close, walk->element};
    return 0;
}

static int
open_block(Walk *walk, Span name, int kind, int64_t mask, const Span *read)
{
    int close = kind == ROW ? CLOSE_ROW : kind == PRE ? CLOSE_PRE : CLOSE_BLOCK;
    if (kind == PRE)
        walk->pre++;
    else if (kind == BODY)
        walk->body = walk->n_elements;
    if (push(walk, name, close) || grow((void **)&walk->elements, &walk->elements_room,
                                        walk->n_elements + 1, sizeof(Element)))
        return -1;
    PyObject *names = PyTuple_New(2), *class_names = NULL, *identifier = NULL;
    if (kind < BODY && read[CLASS].size) {
        Class *found = class_of(walk, read[CLASS]); /* seen a moment ago */
        class_names = found ? Py_NewRef(found->text) : NULL;
    }
    else
        class_names = string_of(walk, read[CLASS]);
    if (class_names)
        identifier = string_of(walk, read[ID]);
    if (!names || !class_names || !identifier) {
        Py_XDECREF(names);
        Py_XDECREF(class_names);
        Py_XDECREF(identifier);
        return -1;
    }
    PyTuple_SET_ITEM(names, 0, class_names);
    PyTuple_SET_ITEM(names, 1, identifier);
    walk->elements[walk->n_elements] =
        (Element){walk->element, mask, walk->n_units, 0, 0, names};
    walk->element = walk->n_elements++;
    return 0;
}

static int
hints_of(Walk *walk, int kind, const Span *read, int64_t *mask)
{
    if (kind < BODY && read[CLASS].size) {
        Class *found = class_of(walk, read[CLASS]);
        if (!found)
            return -1;
        *mask |= found->mask;
    }
    for (int i = ID; i <= ITEMPROP; i++) {
        if (!read[i].at || (i == ID && (kind >= BODY || !read[i].size)))
            continue;
        PyObject *text = string_of(walk, read[i]);
        if (!text || mask_of(walk, i == ID ? &walk->ids : &walk->roles, text, mask)) {
            Py_XDECREF(text);
            return -1;
        }
        Py_DECREF(text);
    }
    return 0;
}

static int
set_title(Walk *walk, const char *at, const char *end)
{
    const char *stop = memchr(at, '<', (size_t)(end - at));
    Walk *line = PyMem_Calloc(1, sizeof(Walk)); /* the page's own line may have begun */
    if (!line) {
        PyErr_NoMemory();
        return -1;
    }
    if (!add_text(line, at, (stop ? stop : end) - at, 0)) {
        Py_ssize_t size = line->line_size < MAX_TITLE_CHARS ? line->line_size : MAX_TITLE_CHARS;
        walk->title = PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, line->line, size);
    }
    PyMem_Free(line->line);
    PyMem_Free(line->plain);
    PyMem_Free(line);
    return walk->title ? 0 : -1;
}

/* ---- the pass ---- */

static int
pass_over(Walk *walk, const char *at, const char *end)
{
    Span skipped = {NULL, 0};
    Py_ssize_t skipped_depth = 0;
    const char *raw = at; /* the end of text without escapes */
    int in_head = 0;

    while (at < end) {
        Span name = {NULL, 0}, attributes = {NULL, 0};
        const char *from = at, *broken, *next;
        if (at < raw)
            at = raw;
        else if (*at != '<') {
            at = memchr(at, '<', (size_t)(end - at));
            at = at ? at : end;
        }
        else if ((next = read_tag(at, end, &name, &attributes, &broken)))
            at = next;
        else if (begins(at, end, "<!--", 4)) {
            next = find_bytes(at + 4, end, "-->", 3);
            at = next ? next + 3 : end;
            continue;
        }
        else if (begins(at, end, "<!", 2) || begins(at, end, "<?", 2)) {
            next = memchr(at, '>', (size_t)(end - at));
            at = next ? next + 1 : end;
            continue;
        }
        else {
            name = (Span){NULL, 0};
            at = broken;
        }
        if (!name.at) {
            if (!skipped.at && !in_head && add_text(walk, from, at - from, from < raw))
                return -1;
            continue;
        }
        if (*name.at == '/') {
            name = (Span){name.at + 1, name.size - 1};
            if (skipped.at) {
                if (same(skipped, name.at, name.size) && !--skipped_depth)
                    skipped.at = NULL;
            }
            else if (in_head)
                in_head = !same(name, "head", 4);
            else if (walk->depth &&
                     same(walk->stack[walk->depth - 1].name, name.at, name.size) &&
                     close_element(walk))
                return -1;
            continue;
        }
        Kind *found = kind_of(walk, name);
        if (!found)
            return -1;
        int kind = found->kind, flags = found->flags;
        int64_t mask = found->mask;
        if (flags & RAW) {
            next = raw_end(walk, at, end, name, flags);
            if (skipped.at || in_head || kind == SKIP) {
                at = end - next > name.size + 3 ? next + name.size + 3 : end;
                continue;
            }
            raw = next;
        }
        if (skipped.at) {
            skipped_depth += same(skipped, name.at, name.size);
            continue;
        }
        if (in_head) {
            if (flags & TITLE) {
                if (!walk->title && set_title(walk, at, end))
                    return -1;
            }
            else if (kind == SKIP && !(flags & VOID_ELEMENT))
                skipped = name, skipped_depth = 1;
            continue;
        }
        Span read[READ] = {{NULL, 0}};
        if (kind < SKIP && attributes.size) {
            read_attributes(attributes, read);
            if (hints_of(walk, kind, read, &mask))
                return -1;
            if (is_hidden(read))
                kind = SKIP;
        }
        if (kind <= LINK) {
            int close = CLOSE_NOTHING;
            walk->inline_mask |= mask;
            if (kind == LINK && read[HREF].at) {
                walk->links++, walk->links_open++;
                close = CLOSE_LINK;
            }
            else if (kind == BOLD) {
                walk->bold_open++;
                close = CLOSE_BOLD;
            }
            if (!(flags & VOID_ELEMENT) && push(walk, name, close))
                return -1;
        }
        else if (kind < SKIP) {
            if ((walk->has_pieces || walk->done) && end_unit(walk))
                return -1;
            if (begins(at, end, "</", 2) && begins(at + 2, end, name.at, name.size) &&
                begins(at + 2 + name.size, end, ">", 1)) {
                at += name.size + 3;
                continue;
            }
            if (open_block(walk, name, kind, mask, read))
                return -1;
        }
        else if (kind == HEAD)
            in_head = 1;
        else if (kind == SKIP) {
            if (!(flags & VOID_ELEMENT))
                skipped = name, skipped_depth = 1;
        }
        else if (kind == RULE) {
            if (end_unit(walk))
                return -1;
        }
        else if (walk->has_pieces || walk->done) {
            int empty = !walk->line_size && !walk->pre;
            walk->has_pieces = walk->pre; /* there, an empty line counts as one */
            if (end_line(walk) || (empty && end_unit(walk)))
                return -1;
        }
        if (walk->depth > walk->max_depth)
            return 1;
    }
    if (end_unit(walk))
        return -1;
    while (walk->depth) { /* only where markup was not what it seemed */
        Open open = walk->stack[--walk->depth];
        if (open.close < CLOSE_BLOCK)
            continue;
        walk->elements[walk->element].last = walk->n_units;
        walk->elements[walk->element].end = walk->n_elements;
        walk->element = open.before;
    }
    return 0;
}

/* ---- the result ---- */

static PyObject *
result_of(Walk *walk)
{
    Py_ssize_t n = walk->n_elements, m = walk->n_units;
    PyObject *names = PyList_New(n), *lines = PyList_New(m);
    PyObject *elements = PyBytes_FromStringAndSize(NULL, n * 5 * 8);
    PyObject *units = PyBytes_FromStringAndSize(NULL, m * 7 * 8);
    PyObject *result = NULL;

    if (names && lines && elements && units) {
        int64_t *to = (int64_t *)PyBytes_AS_STRING(elements);
        for (Py_ssize_t i = 0; i < n; i++) {
            Element *element = &walk->elements[i];
            to[i] = element->parent, to[n + i] = element->mask, to[2 * n + i] = element->first;
            to[3 * n + i] = element->last, to[4 * n + i] = element->end;
            PyList_SET_ITEM(names, i, element->names);
            element->names = NULL;
        }
        to = (int64_t *)PyBytes_AS_STRING(units);
        for (Py_ssize_t i = 0; i < m; i++) {
            Unit *unit = &walk->units[i];
            Py_ssize_t count = PyList_GET_SIZE(unit->lines);
            int64_t chars = 0;
            for (Py_ssize_t j = 0; j < count; j++)
                chars += PyUnicode_GET_LENGTH(PyList_GET_ITEM(unit->lines, j));
            to[i] = unit->element, to[m + i] = unit->link_chars, to[2 * m + i] = unit->bold_chars;
            to[3 * m + i] = unit->links, to[4 * m + i] = count;
            to[5 * m + i] = unit->inline_mask, to[6 * m + i] = chars;
            PyList_SET_ITEM(lines, i, unit->lines);
            unit->lines = NULL;
        }
        result = Py_BuildValue("OnOOOO", walk->title ? walk->title : walk->empty, walk->body, names,
                               lines, elements, units);
    }
    Py_XDECREF(names);
    Py_XDECREF(lines);
    Py_XDECREF(elements);
    Py_XDECREF(units);
    return result;
}

PyObject *
walk_html(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *html, *hints;
    Walk *walk = PyMem_Calloc(1, sizeof(Walk));
    if (!walk)
        return PyErr_NoMemory();
    if (!PyArg_ParseTuple(args, "UO!((OO!)(OO!)(OO!))On", &html, &PyDict_Type, &walk->kinds,
                          &walk->classes.function, &PyDict_Type, &walk->classes.seen,
                          &walk->ids.function, &PyDict_Type, &walk->ids.seen, &walk->roles.function,
                          &PyDict_Type, &walk->roles.seen, &hints, &walk->max_depth) ||
        !(walk->hints = hints_from(hints))) {
        PyMem_Free(walk);
        return NULL;
    }
    walk->classes.hints_of = hints_of_class;
    walk->ids.hints_of = hints_of_id;
    PyObject *result = NULL;
    Py_ssize_t size = utf8_size(html);
    const char *text;
    char *encoded = NULL;
    if (size < 0 || PyUnicode_IS_ASCII(html))
        text = PyUnicode_AsUTF8AndSize(html, &size); /* an error at a lone surrogate */
    else if ((text = encoded = PyMem_Malloc((size_t)size + 1)))
        utf8_write(html, encoded);
    else
        PyErr_NoMemory();
    walk->empty = PyUnicode_New(0, 0);
    if (text && walk->empty) {
        int failed = pass_over(walk, text, text + size);
        if (!failed)
            result = result_of(walk);
        else if (failed > 0)
            result = Py_NewRef(Py_None); /* too deep */
    }
    for (Py_ssize_t i = 0; i < walk->n_units; i++)
        Py_XDECREF(walk->units[i].lines);
    for (Py_ssize_t i = 0; i < walk->n_elements; i++)
        Py_XDECREF(walk->elements[i].names);
    for (int i = 0; i < CACHED; i++)
        Py_XDECREF(walk->classes_seen[i].text);
    Py_XDECREF(walk->title);
    Py_XDECREF(walk->empty);
    Py_XDECREF(walk->done);
    PyMem_Free(walk->stack);
    PyMem_Free(walk->units);
    PyMem_Free(walk->elements);
    PyMem_Free(walk->line);
    PyMem_Free(walk->plain);
    PyMem_Free(walk);
    PyMem_Free(encoded);
    return result;
}
