/* Turns the units of pages into rows of whole numbers: the twin of html/features.py and html/lines.py,
   which say what is counted and why. Same groups there and here, one page after the other. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

PyObject *build_features(PyObject *module, PyObject *args);

enum { COMMENT, ARTICLE, MAIN, FOOTER, NAV, H1, HEADINGS, CHROME, WEAK_ON_WRAPPERS, N_MASKS };
enum { SIZE, LINKED, LONG, LINKS, PROSE, N_SUMS };
enum { SENTENCE = 1, UPPER_FIRST = 2, DIGIT_FIRST = 4, BAR = 8, SEEN_BEFORE = 16 };

#define FULL 256
#define LEVELS 5
#define MAX_LEVELS 12
#define LONG_CHARS 100
#define SHORT_CHARS 200
#define ALL_LINKS 230
#define PROSE_BELOW 100
#define N_NUMBERS 124
#define LOG_SIZE 65536
#define PER_ELEMENT 15
#define PER_UNIT 24

typedef struct {
    int64_t words, commas, digits, stops, flags;
} Line;

typedef struct {
    const int64_t *masks, *logs, *bits; /* the same for all pages */
    Py_ssize_t n_bits;
    Py_ssize_t n_elements, n_units;
    const int64_t *parent, *mask, *end;
    const int64_t *element, *link_chars, *bold_chars, *links, *n_lines, *inline_mask, *chars;
    int64_t *first, *last, *guarded, *inherited, *depth, *score, *levels, *filled; /* of elements */
    int64_t *table;                                                                /* seven each */
    int64_t *size, *density, *prose, *chosen, *log_size, *hinted, *seen, *coming;  /* of units */
    int64_t *sums[N_SUMS];                                                         /* before each */
    Line *lines;
    int64_t *room;
    size_t room_size;
    PyObject *seen_lines;
} Page;

/* ---- scales ---- */

static int64_t
least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t
most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t
share(int64_t part, int64_t whole)
{
    return least(part * FULL / most(whole, 1), FULL);
}

static double
log_of(const Page *page, int64_t count)
{
    return (double)page->logs[most(0, least(count, LOG_SIZE - 1))];
}

/* ---- the page as columns ---- */

/* Takes over a page's tables; an error where they are none. */
static int
read_tables(Page *page, const Py_buffer *elements, const Py_buffer *units, Py_ssize_t n_lines)
{
    const int64_t *of = elements->buf;
    Py_ssize_t count = page->n_elements = elements->len / 40, n = page->n_units = units->len / 56;
    if (!count || !n || elements->len % 40 || units->len % 56 || n != n_lines)
        goto broken;
    size_t wanted = (size_t)count * PER_ELEMENT + (size_t)n * PER_UNIT + N_SUMS + 1;
    if (wanted > page->room_size) {
        int64_t *more = PyMem_Realloc(page->room, wanted * sizeof(int64_t));
        if (!more) {
            PyErr_NoMemory();
            return -1;
        }
        page->room = more;
        page->room_size = wanted;
    }
    memset(page->room, 0, wanted * sizeof(int64_t));
    int64_t *at = page->room;
    int64_t **of_elements[] = {&page->first, &page->last,  &page->guarded, &page->inherited,
                               &page->depth, &page->score, &page->levels,  &page->filled};
    for (size_t i = 0; i < sizeof of_elements / sizeof *of_elements; i++, at += count)
        *of_elements[i] = at;
    page->table = at, at += 7 * count;
    int64_t **of_units[] = {&page->size,     &page->density, &page->prose,
                            &page->chosen,   &page->log_size, &page->hinted};
    for (size_t i = 0; i < sizeof of_units / sizeof *of_units; i++, at += n)
        *of_units[i] = at;
    page->seen = at, at += 3 * n;
    page->coming = at, at += 3 * n;
    for (int i = 0; i < N_SUMS; i++, at += n + 1)
        page->sums[i] = at;
    page->lines = (Line *)at, at += 5 * n;

    page->parent = of, page->mask = of + count, page->end = of + 4 * count;
    for (Py_ssize_t i = 0; i < count; i++) {
        if (of[i] < 0 || of[i] > i || of[2 * count + i] < 0 || page->end[i] < 0 ||
            page->end[i] > count)
            goto broken;
        page->first[i] = least(of[2 * count + i], n);
        page->last[i] = most(least(of[3 * count + i], n), page->first[i]);
    }
    of = units->buf;
    page->element = of, page->link_chars = of + n, page->bold_chars = of + 2 * n;
    page->links = of + 3 * n, page->n_lines = of + 4 * n, page->inline_mask = of + 5 * n;
    page->chars = of + 6 * n;
    for (Py_ssize_t i = 0; i < n; i++)
        if (of[i] < 0 || of[i] >= count || page->link_chars[i] < 0 || page->bold_chars[i] < 0 ||
            page->links[i] < 0 || page->n_lines[i] < 1 || page->chars[i] < 1)
            goto broken;
    return 0;
broken:
    PyErr_SetString(PyExc_ValueError, "build_features: tables that do not fit");
    return -1;
}

static void
look_at_units(Page *page)
{
    Py_ssize_t n = page->n_units;
    for (Py_ssize_t i = 0; i < n; i++) {
        int64_t size = page->size[i] = page->chars[i] + page->n_lines[i] - 1;
        int64_t link = least(page->link_chars[i], size);
        page->density[i] = share(link, size);
        page->prose[i] = page->density[i] < PROSE_BELOW;
        page->log_size[i] = page->logs[least(size, LOG_SIZE - 1)];
        int64_t values[N_SUMS] = {size, link, page->prose[i] && size >= LONG_CHARS,
                                  least(page->links[i], 50), page->prose[i] ? size - link : 0};
        for (int k = 0; k < N_SUMS; k++)
            page->sums[k][i + 1] = page->sums[k][i] + values[k];
    }
}

static void
look_at_elements(Page *page)
{
    int64_t all = page->sums[PROSE][page->n_units], ended = 0;
    for (Py_ssize_t i = 0; i < page->n_elements; i++)
        if (page->end[i] < page->n_elements)
            page->depth[page->end[i]]++; /* at first, how many end there */
    for (Py_ssize_t i = 0; i < page->n_elements; i++) {
        int64_t held = page->sums[PROSE][page->last[i]] - page->sums[PROSE][page->first[i]];
        int64_t counted = held * 2 > all ? ~page->masks[WEAK_ON_WRAPPERS] : -1;
        page->guarded[i] = page->mask[i] & counted;
        page->inherited[i] = page->guarded[i] | (i ? page->inherited[page->parent[i]] : 0);
        ended += page->depth[i];
        page->depth[i] = i - ended;
    }
}

static int
is_chrome(const Page *page, Py_ssize_t unit)
{
    int64_t low = most(unit - 2, 0), high = least(unit + 3, page->n_units);
    int64_t size = page->sums[SIZE][high] - page->sums[SIZE][low];
    int64_t link = page->sums[LINKED][high] - page->sums[LINKED][low];
    int64_t around = page->inherited[page->element[unit]];
    if (page->density[unit] >= ALL_LINKS && share(link, size) >= ALL_LINKS)
        return 1;
    if ((around & page->masks[FOOTER]) && !(around & page->masks[ARTICLE]))
        return 1;
    return (around & page->masks[NAV]) != 0;
}

/* ---- text ---- */

static int
is_one_of(Py_UCS4 c, const Py_UCS4 *all)
{
    for (; *all; all++)
        if (c == *all)
            return 1;
    return 0;
}

static int
read_line(Page *page, PyObject *text, Line *line)
{
    static const Py_UCS4 closing[] = {'"', '\'', 0x201c, 0x201d, 0xbb, ')', 0x2019, 0};
    static const Py_UCS4 ends[] = {'.', '!', '?', 0x3002, 0xff01, 0xff1f, 0x964, 0};
    int kind = PyUnicode_KIND(text);
    const void *data = PyUnicode_DATA(text);
    Py_ssize_t size = PyUnicode_GET_LENGTH(text);
    int is_short = size <= SHORT_CHARS;

    *line = (Line){1, 0, 0, 0, 0};
    Py_UCS4 before = 0;
    for (Py_ssize_t i = 0; i < size; i++) {
        Py_UCS4 c = PyUnicode_READ(kind, data, i);
        if (c == ' ') {
            line->words++;
            line->stops += before == '.';
        }
        else if (c == ',')
            line->commas++;
        else if (is_short && (c < 0x80 ? c - '0' < 10u : Py_UNICODE_ISDECIMAL(c)))
            line->digits++;
        else if (is_short && (c == '|' || c == 0xb7 || c == 0x2022))
            line->flags = BAR;
        before = c;
    }
    Py_UCS4 first = PyUnicode_READ(kind, data, 0), last = before;
    if (size > 1 && is_one_of(last, closing))
        last = PyUnicode_READ(kind, data, size - 2);
    if (is_one_of(last, ends))
        line->flags |= SENTENCE;
    if (Py_UNICODE_ISUPPER(first))
        line->flags |= UPPER_FIRST;
    else if (Py_UNICODE_ISDIGIT(first))
        line->flags |= DIGIT_FIRST;
    int seen = PySet_Contains(page->seen_lines, text);
    if (seen < 0 || (!seen && PySet_Add(page->seen_lines, text)))
        return -1;
    line->flags |= seen ? SEEN_BEFORE : 0;
    return 0;
}

/* Looks at the text of the units that are not chrome. */
static int
read_lines(Page *page, PyObject *lines)
{
    PyObject *space = PyUnicode_FromString(" ");
    if (!space || PySet_Clear(page->seen_lines))
        goto failed;
    for (Py_ssize_t i = 0; i < page->n_units; i++) {
        if (!(page->chosen[i] = !is_chrome(page, i)))
            continue;
        PyObject *some = PyTuple_GET_ITEM(lines, i), *text = NULL;
        if (!PyList_Check(some) || PyList_GET_SIZE(some) < 1) {
            PyErr_SetString(PyExc_TypeError, "build_features: a unit without lines");
            goto failed;
        }
        if (PyList_GET_SIZE(some) == 1)
            text = Py_NewRef(PyList_GET_ITEM(some, 0));
        else
            text = PyUnicode_Join(space, some);
        if (text && (!PyUnicode_Check(text) || !PyUnicode_GET_LENGTH(text))) {
            PyErr_SetString(PyExc_TypeError, "build_features: a line without text");
            Py_CLEAR(text);
        }
        if (!text || read_line(page, text, &page->lines[i])) {
            Py_XDECREF(text);
            goto failed;
        }
        Py_DECREF(text);
    }
    Py_DECREF(space);
    return 0;
failed:
    Py_XDECREF(space);
    return -1;
}

/* ---- containers ---- */

/* Scores elements after Readability; the best of them. */
static Py_ssize_t
score_elements(Page *page)
{
    static const int weights[] = {25, 15, 9, 5};
    for (Py_ssize_t i = 0; i < page->n_units; i++) {
        if (!page->prose[i] || page->size[i] < 25)
            continue;
        int64_t good = least(page->size[i], 1000);
        if (page->chosen[i])
            good += 30 * least(page->lines[i].commas, 10);
        Py_ssize_t element = page->element[i];
        for (int level = 0; level < LEVELS - 1; level++) {
            element = page->parent[element];
            page->score[element] += good * weights[level];
        }
    }
    Py_ssize_t best = 0;
    for (Py_ssize_t i = 0; i < page->n_elements; i++) {
        if (!page->score[i])
            continue;
        int64_t first = page->first[i], last = page->last[i];
        int64_t held = page->sums[SIZE][last] - page->sums[SIZE][first];
        int64_t linked = page->sums[LINKED][last] - page->sums[LINKED][first];
        page->score[i] = page->score[i] * (FULL - share(linked, held)) / FULL;
        if (page->score[i] > page->score[best])
            best = i;
    }
    return best;
}

/* The features of an element as an ancestor. */
static const int64_t *
ancestor(Page *page, Py_ssize_t element, int64_t best_score)
{
    int64_t *row = page->table + 7 * element;
    if (page->filled[element])
        return row;
    page->filled[element] = 1;
    int64_t held[N_SUMS], first = page->first[element], last = page->last[element];
    for (int k = 0; k < N_SUMS; k++)
        held[k] = page->sums[k][last] - page->sums[k][first];
    row[0] = share(held[LINKED], held[SIZE]);
    row[1] = share(held[PROSE], page->sums[PROSE][page->n_units]);
    row[2] = share(page->score[element], most(best_score, 1));
    row[3] = (int64_t)log_of(page, held[SIZE]);
    row[4] = (int64_t)log_of(page, last - first);
    row[5] = (int64_t)log_of(page, held[SIZE] / most(last - first, 1));
    row[6] = (int64_t)log_of(page, held[LONG]);
    return row;
}

/* For each element the levels from the best one, see scales.py. */
static void
count_levels(Page *page, Py_ssize_t best)
{
    Py_ssize_t chain[MAX_LEVELS + 1];
    int length = 1;
    chain[0] = best;
    for (; length <= MAX_LEVELS && chain[length - 1]; length++)
        chain[length] = page->parent[chain[length - 1]];
    for (Py_ssize_t i = 0; i < page->n_elements; i++)
        page->levels[i] = MAX_LEVELS;
    while (length--)
        for (Py_ssize_t i = chain[length]; i < page->end[chain[length]]; i++)
            page->levels[i] = length;
}

/* ---- rows ---- */

/* Where headings of the first level, long paragraphs and headings stand, from each unit. */
static void
look_around(Page *page)
{
    Py_ssize_t n = page->n_units;
    int64_t seen[3] = {-1, -1, -1}, coming[3] = {n, n, n};
    for (Py_ssize_t i = 0; i < n; i++) {
        int64_t own = page->mask[page->element[i]];
        int hits[3] = {(own & page->masks[H1]) != 0, page->prose[i] && page->size[i] >= LONG_CHARS,
                       (own & page->masks[HEADINGS]) != 0};
        for (int k = 0; k < 3; k++) {
            seen[k] = hits[k] ? i : seen[k];
            page->seen[3 * i + k] = seen[k];
        }
        page->hinted[i] = ((page->inherited[page->element[i]] | page->inline_mask[i]) &
                           page->masks[CHROME]) != 0;
    }
    for (Py_ssize_t i = n; i--;)
        for (int k = 0; k < 3; k++) {
            coming[k] = page->seen[3 * i + k] == i ? i : coming[k];
            page->coming[3 * i + k] = coming[k];
        }
}

static void
add_neighbours(const Page *page, Py_ssize_t unit, double *out)
{
    static const int offsets[] = {-3, -2, -1, 1, 2, 3};
    for (int k = 0; k < 6; k++, out += 5) {
        Py_ssize_t other = unit + offsets[k];
        if (other < 0 || other >= page->n_units) {
            out[0] = out[2] = out[4] = 0;
            out[1] = FULL, out[3] = 1;
            continue;
        }
        out[0] = (double)page->log_size[other];
        out[1] = (double)page->density[other];
        out[2] = page->chosen[other] ? (double)(page->lines[other].flags & SENTENCE) : 0;
        out[3] = (double)page->hinted[other];
        int64_t step = 0;
        if (other)
            step = page->depth[page->element[other]] - page->depth[page->element[other - 1]];
        out[4] = (double)most(-8, least(step, 8));
    }
    for (int by = -1; by <= 1; by += 2, out += 2) {
        Py_ssize_t other = unit + by;
        out[0] = out[1] = 0;
        if (other < 0 || other >= page->n_units)
            continue;
        Py_ssize_t here = page->element[unit], there = page->element[other];
        out[0] = here == there;
        out[1] = page->parent[here] == page->parent[there];
    }
}

static void
add_windows(const Page *page, Py_ssize_t unit, double *out)
{
    static const int widths[] = {2, 5, 12}, logged[] = {SIZE, PROSE, LINKS};
    for (int w = 0; w < 3; w++) {
        int64_t low = most(unit - widths[w], 0), high = least(unit + widths[w] + 1, page->n_units);
        int64_t inside[N_SUMS];
        for (int k = 0; k < N_SUMS; k++)
            inside[k] = page->sums[k][high] - page->sums[k][low];
        out[w] = (double)share(inside[LINKED], inside[SIZE]);
        for (int k = 0; k < 3; k++)
            out[3 + 3 * k + w] = log_of(page, inside[logged[k]]);
        out[12 + w] = (double)(inside[LONG] * FULL / (high - low));
    }
}

static void
add_places(const Page *page, Py_ssize_t unit, double *out)
{
    static const int places[] = {40, 30, 20};
    Py_ssize_t n = page->n_units;
    const int64_t *size = page->sums[SIZE], *prose = page->sums[PROSE];
    out[0] = (double)(unit * FULL / n);
    out[1] = (double)(size[unit] * FULL / most(size[n], 1));
    out[2] = (double)(prose[unit] * FULL / most(prose[n], 1));
    for (int k = 0; k < 3; k++) {
        int64_t seen = page->seen[3 * unit + k], coming = page->coming[3 * unit + k];
        out[3 + k] = (double)(seen < 0 ? places[k] : least(unit - seen, places[k]));
        out[6 + k] = (double)(coming >= n ? places[k] : least(coming - unit, places[k]));
    }
    out[9] = page->seen[3 * unit] >= 0;
}

/* The page as a whole. */
static void
sum_up(const Page *page, double *out)
{
    Py_ssize_t n = page->n_units;
    int64_t commented = 0, article = 0, main_ = 0;
    for (Py_ssize_t i = 0; i < page->n_elements; i++) {
        commented += (page->mask[i] & page->masks[COMMENT]) != 0;
        article |= page->mask[i] & page->masks[ARTICLE];
        main_ |= page->mask[i] & page->masks[MAIN];
    }
    out[0] = log_of(page, n);
    out[1] = log_of(page, page->sums[PROSE][n]);
    out[2] = log_of(page, page->sums[LONG][n]);
    out[3] = log_of(page, commented);
    out[4] = (double)(page->sums[LINKED][n] * FULL / most(page->sums[SIZE][n], 1));
    out[5] = article != 0;
    out[6] = main_ != 0;
}

static void
fill_row(Page *page, Py_ssize_t unit, Py_ssize_t best, const double *whole, double *out)
{
    const Line *line = &page->lines[unit];
    int64_t size = page->size[unit], last_unit = page->n_units - 1;
    Py_ssize_t element = page->element[unit];
    const int64_t *longs = page->sums[LONG];
    int64_t best_score = page->score[best];
    int64_t inline_mask = page->inline_mask[unit];

    out[0] = (double)page->density[unit];
    out[1] = (double)share(page->bold_chars[unit], size);
    out[2] = (double)least(page->links[unit], 8);
    out[3] = (double)least(page->n_lines[unit], 8);
    out[4] = (double)(share(size, line->words) / 16);
    out[5] = (double)least(line->commas, 8);
    out[6] = (double)share(line->digits, size);
    out[7] = (double)least(line->stops, 5);
    out[8] = (double)least(page->depth[element], 30);
    int64_t logs[8] = {size,
                       line->words,
                       unit,
                       last_unit - unit,
                       most(0, least(page->first[best] - unit, 60)),
                       most(0, least(unit - page->last[best] + 1, 60)),
                       longs[unit],
                       longs[page->n_units] - longs[unit]};
    for (int i = 0; i < 8; i++)
        out[9 + i] = log_of(page, logs[i]);
    Py_ssize_t above[LEVELS];
    for (int level = 0; level < LEVELS; level++) {
        above[level] = level ? page->parent[above[level - 1]] : element;
        const int64_t *row = ancestor(page, above[level], best_score);
        for (int k = 0; k < 7; k++)
            out[17 + LEVELS * k + level] = (double)row[k];
        if (level)
            out[51 + level] = above[level] == best;
    }
    out[56] = (double)page->levels[element];
    out[57] = !page->levels[element];
    add_neighbours(page, unit, out + 58);
    add_windows(page, unit, out + 92);
    add_places(page, unit, out + 107);
    memcpy(out + 117, whole, 7 * sizeof(double));
    int64_t masks[4] = {line->flags, page->mask[element] | inline_mask,
                        page->guarded[above[1]] | page->guarded[above[2]],
                        page->inherited[element] | inline_mask};
    for (Py_ssize_t i = 0; i < page->n_bits; i++)
        out[N_NUMBERS + i] = (double)(masks[page->bits[i] >> 6] >> (page->bits[i] & 63) & 1);
}

/* Adds the rows of a page; `units` gets their units' numbers. */
static int
add_page(Page *page, PyObject *lines, Py_ssize_t before, PyObject *rows, PyObject *units)
{
    look_at_units(page);
    look_at_elements(page);
    if (read_lines(page, lines))
        return -1;
    Py_ssize_t count = 0, best = score_elements(page);
    count_levels(page, best);
    look_around(page);
    double whole[7];
    sum_up(page, whole);
    for (Py_ssize_t i = 0; i < page->n_units; i++)
        count += page->chosen[i];
    Py_ssize_t width = N_NUMBERS + page->n_bits;
    Py_ssize_t filled = PyByteArray_GET_SIZE(rows), numbered = PyByteArray_GET_SIZE(units);
    if (PyByteArray_Resize(rows, filled + count * width * (Py_ssize_t)sizeof(double)) ||
        PyByteArray_Resize(units, numbered + count * (Py_ssize_t)sizeof(int64_t)))
        return -1;
    double *row = (double *)(PyByteArray_AS_STRING(rows) + filled);
    int64_t *number = (int64_t *)(PyByteArray_AS_STRING(units) + numbered);
    for (Py_ssize_t i = 0; i < page->n_units; i++) {
        if (!page->chosen[i])
            continue;
        fill_row(page, i, best, whole, row);
        *number++ = before + i;
        row += width;
    }
    return 0;
}

/* A buffer of 64-bit numbers. */
static int
take(PyObject *object, Py_buffer *buffer, Py_ssize_t least_numbers)
{
    if (PyObject_GetBuffer(object, buffer, PyBUF_C_CONTIGUOUS))
        return -1;
    if (buffer->len % 8 == 0 && buffer->len >= 8 * least_numbers && (uintptr_t)buffer->buf % 8 == 0)
        return 0;
    PyBuffer_Release(buffer);
    PyErr_SetString(PyExc_ValueError, "build_features: tables that do not fit");
    return -1;
}

static int
add_pages(Page *page, PyObject *pages, PyObject *rows, PyObject *units)
{
    Py_ssize_t before = 0;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(pages); i++) {
        PyObject *of_elements, *of_units, *lines;
        Py_buffer elements, columns;
        if (!PyArg_ParseTuple(PyList_GET_ITEM(pages, i), "OOO!", &of_elements, &of_units,
                              &PyTuple_Type, &lines) ||
            take(of_elements, &elements, 5))
            return -1;
        if (take(of_units, &columns, 7)) {
            PyBuffer_Release(&elements);
            return -1;
        }
        int failed = read_tables(page, &elements, &columns, PyTuple_GET_SIZE(lines)) ||
                     add_page(page, lines, before, rows, units);
        before += page->n_units;
        PyBuffer_Release(&columns);
        PyBuffer_Release(&elements);
        if (failed)
            return -1;
    }
    return 0;
}

PyObject *
build_features(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *pages, *objects[3], *result = NULL;
    Py_buffer buffers[3];
    int taken = 0;
    Page page = {0};

    if (!PyArg_ParseTuple(args, "O!OOO", &PyList_Type, &pages, &objects[0], &objects[1],
                          &objects[2]))
        return NULL;
    static const Py_ssize_t sizes[3] = {0, LOG_SIZE, N_MASKS};
    PyObject *rows = PyByteArray_FromStringAndSize(NULL, 0);
    PyObject *units = PyByteArray_FromStringAndSize(NULL, 0);
    page.seen_lines = PySet_New(NULL);
    if (!rows || !units || !page.seen_lines)
        goto done;
    for (; taken < 3; taken++)
        if (take(objects[taken], &buffers[taken], sizes[taken]))
            goto done;
    page.bits = buffers[0].buf, page.n_bits = buffers[0].len / 8;
    page.logs = buffers[1].buf, page.masks = buffers[2].buf;
    for (Py_ssize_t i = 0; i < page.n_bits; i++)
        if (page.bits[i] < 0 || page.bits[i] >= 4 * 64) {
            PyErr_SetString(PyExc_ValueError, "build_features: a bit that is none");
            goto done;
        }
    if (!add_pages(&page, pages, rows, units))
        result = PyTuple_Pack(2, rows, units);
done:
    while (taken)
        PyBuffer_Release(&buffers[--taken]);
    PyMem_Free(page.room);
    Py_XDECREF(page.seen_lines);
    Py_XDECREF(rows);
    Py_XDECREF(units);
    return result;
}
