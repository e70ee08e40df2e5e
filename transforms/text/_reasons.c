/* Names rule and evidence of a page's removed units: the twin of `Reasons` in html/reasons.py, which
   says what is done and why. Same names there and here. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

#define MAX_NAME_CHARS 100
#define MAX_WORDS_CHARS 60

PyObject *name_reasons(PyObject *module, PyObject *args);
int64_t mask_of_words(PyObject *line, PyObject *by_word); /* _words.c */

typedef struct {
    /* Borrowed from the arguments. */
    PyObject *lines, *names, *comment, *system, *rules;
    PyObject *hint_rules, *tag_names, *scores; /* pairs of a rule and bits, of a name and bits; texts */
    PyObject *by_word, *word_rules, *known, *section; /* the last two are functions of an element */
    const double *steps;
    Py_ssize_t n_steps, n_elements, n_units;
    double chrome;
    long long any_hint, known_bit;
    const int64_t *parent, *mask, *first, *last, *element, *inline_mask;
    /* One an element: the closest one with names that speak for a rule, or -1; what those of an
       element give, NULL where not yet asked; what all its chrome goes under. */
    int64_t *named;
    PyObject **rule, **place, **sure;
} Page;

/* A number of a list of whole numbers; -2 with an exception. */
static int64_t
number_at(PyObject *list, Py_ssize_t at)
{
    int64_t number = PyLong_AsLongLong(PyList_GET_ITEM(list, at));
    return number == -1 && PyErr_Occurred() ? -2 : number < -1 ? -1 : number;
}

/* For each element the closest one, itself included, whose names speak for a rule. */
static int
find_named(Page *page)
{
    int64_t most = page->n_units / 2;
    for (Py_ssize_t e = 0; e < page->n_elements; e++) {
        int64_t up = page->parent[e], comment = number_at(page->comment, e);
        if (up < 0 || up > (e ? e - 1 : 0) || comment == -2) {
            if (!PyErr_Occurred())
                PyErr_SetString(PyExc_ValueError, "name_reasons: elements are not in order");
            return -1;
        }
        int marked = (page->mask[e] & page->any_hint) != 0;
        if (page->last[e] - page->first[e] > most)
            marked = 0;
        else if (!marked && page->mask[e] & page->known_bit) {
            PyObject *system = PyObject_CallFunction(page->known, "n", e);
            marked = system ? PyObject_IsTrue(system) : -1;
            Py_XDECREF(system);
            if (marked < 0)
                return -1;
        }
        if (comment == e)
            marked = 1;
        page->named[e] = marked ? e : e ? page->named[up] : -1;
    }
    for (Py_ssize_t e = 0; e < page->n_elements; e++) {
        int64_t comment = number_at(page->comment, e);
        if (comment >= page->n_elements) {
            PyErr_SetString(PyExc_ValueError, "name_reasons: no such element");
            return -1;
        }
        if (comment >= 0)
            page->named[e] = comment;
    }
    return 0;
}

/* The first text of pairs whose bits a mask has; borrowed, NULL without one. */
static PyObject *
text_by_mask(PyObject *pairs, int64_t mask)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(pairs); i++) {
        PyObject *pair = PyTuple_GET_ITEM(pairs, i);
        if (PyLong_AsLongLong(PyTuple_GET_ITEM(pair, 1)) & mask)
            return PyTuple_GET_ITEM(pair, 0);
    }
    return NULL;
}

/* Writes the first word of what id or class begin with behind a mark; the characters written. */
static Py_ssize_t
put_name(Py_UCS4 *to, Py_UCS4 mark, PyObject *names)
{
    int kind = PyUnicode_KIND(names);
    const void *data = PyUnicode_DATA(names);
    Py_ssize_t length = PyUnicode_GET_LENGTH(names), at = 0, size = 0;
    if (length > MAX_NAME_CHARS)
        length = MAX_NAME_CHARS;
    while (at < length && Py_UNICODE_ISSPACE(PyUnicode_READ(kind, data, at)))
        at++;
    for (; at < length; at++) {
        Py_UCS4 c = PyUnicode_READ(kind, data, at);
        if (Py_UNICODE_ISSPACE(c))
            break;
        if (!size)
            to[size++] = mark;
        to[size++] = Py_UNICODE_ISPRINTABLE(c) ? c : '?';
    }
    return size;
}

/* What evidence begins with: the element's id or first class as a CSS selector, its tag where it has
   neither. */
static PyObject *
place_of(const Page *page, int64_t element)
{
    PyObject *pair = PyList_GET_ITEM(page->names, element);
    Py_UCS4 place[MAX_NAME_CHARS + 6] = {'i', 'n', ' '};
    Py_ssize_t size = put_name(place + 3, '#', PyTuple_GET_ITEM(pair, 1));
    if (!size)
        size = put_name(place + 3, '.', PyTuple_GET_ITEM(pair, 0));
    if (size) {
        place[size + 3] = ',', place[size + 4] = ' ';
        return PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, place, size + 5);
    }
    PyObject *tag = text_by_mask(page->tag_names, page->mask[element]);
    return tag ? PyUnicode_FromFormat("in %U, ", tag)
               : PyUnicode_FromString("in a block without a name, ");
}

/* Rule and place that the names of an element give, once for each. */
static int
read_names(Page *page, int64_t element)
{
    if (page->rule[element])
        return 0;
    PyObject *rule = NULL, *place;
    if (number_at(page->comment, element) >= 0)
        rule = PyObject_CallFunction(page->section, "L", (long long)element);
    else {
        if (page->mask[element] & page->known_bit) {
            rule = PyObject_CallFunction(page->known, "L", (long long)element);
            if (!rule)
                return -1;
            if (PyUnicode_Check(rule) && !PyUnicode_GET_LENGTH(rule))
                Py_CLEAR(rule);
        }
        if (!rule && (rule = text_by_mask(page->hint_rules, page->mask[element] & page->any_hint)))
            Py_INCREF(rule);
    }
    if (rule && !PyUnicode_Check(rule))
        Py_CLEAR(rule);
    if (!rule || !(place = place_of(page, element))) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_ValueError, "name_reasons: nothing speaks for a rule");
        Py_XDECREF(rule);
        return -1;
    }
    page->rule[element] = rule;
    page->place[element] = place;
    return 0;
}

/* Rule and evidence; a reference to the second is taken, NULL stands for an exception. */
static PyObject *
reason_of(PyObject *rule, PyObject *evidence)
{
    PyObject *reason = evidence ? PyTuple_Pack(2, rule, evidence) : NULL;
    Py_XDECREF(evidence);
    return reason;
}

/* Rule and evidence that a unit without a named element around it gives. */
static PyObject *
by_content(const Page *page, Py_ssize_t unit, double logit, PyObject *score)
{
    int64_t hints = page->inline_mask[unit] & page->any_hint;
    PyObject *rule = hints ? text_by_mask(page->hint_rules, hints) : NULL;
    if (rule)
        return reason_of(rule, PyUnicode_FromFormat("inside the line, %U", score));
    PyObject *line = PyList_GET_ITEM(PyTuple_GET_ITEM(page->lines, unit), 0);
    if (PyUnicode_GET_LENGTH(line) <= MAX_WORDS_CHARS) {
        int64_t words = mask_of_words(line, page->by_word);
        if (PyErr_Occurred())
            return NULL;
        if ((rule = text_by_mask(page->word_rules, words)))
            return reason_of(rule, PyUnicode_FromFormat("words of a short line, %U", score));
    }
    if (logit <= page->chrome)
        return Py_BuildValue("ss", "navigation.links", "nothing but links around");
    return Py_BuildValue("sO", "boilerplate.model", score);
}

static PyObject *
score_of(const Page *page, double logit)
{
    Py_ssize_t low = 0, high = page->n_steps;
    while (low < high) {
        Py_ssize_t middle = (low + high) / 2;
        if (logit < page->steps[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return PyTuple_GET_ITEM(page->scores, low);
}

/* Rule and evidence of a unit that goes, a new reference. */
static PyObject *
name_unit(Page *page, Py_ssize_t unit, double logit)
{
    int64_t element = page->element[unit];
    int64_t system = PyDict_GET_SIZE(page->rules) ? number_at(page->system, element) : -1;
    if (system == -2)
        return NULL;
    if (system >= 0) {
        PyObject *rule =
            PyDict_GetItemWithError(page->rules, PyList_GET_ITEM(page->system, element));
        if (!rule && !PyErr_Occurred())
            PyErr_SetString(PyExc_KeyError, "name_reasons: a container without a rule");
        return Py_XNewRef(rule);
    }
    int64_t near = page->named[element];
    int sure = logit <= page->chrome;
    PyObject *score = score_of(page, logit);
    if (near < 0)
        return by_content(page, unit, logit, score);
    if (sure && page->sure[near])
        return Py_NewRef(page->sure[near]);
    if (read_names(page, near))
        return NULL;
    PyObject *reason = reason_of(page->rule[near], PyUnicode_Concat(page->place[near], score));
    if (sure && reason)
        page->sure[near] = Py_NewRef(reason);
    return reason;
}

static int
are_pairs(PyObject *tuple)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(tuple); i++) {
        PyObject *pair = PyTuple_GET_ITEM(tuple, i);
        if (!PyTuple_Check(pair) || PyTuple_GET_SIZE(pair) != 2 ||
            !PyUnicode_Check(PyTuple_GET_ITEM(pair, 0)) || !PyLong_Check(PyTuple_GET_ITEM(pair, 1)))
            return 0;
        PyLong_AsLongLong(PyTuple_GET_ITEM(pair, 1));
        if (PyErr_Occurred())
            return 0;
    }
    return 1;
}

static int
fits(const Page *page, PyObject *keep, PyObject *logits, const Py_buffer *elements,
     const Py_buffer *units)
{
    int right = elements->len == 5 * 8 * page->n_elements && units->len == 7 * 8 * page->n_units &&
                PyList_GET_SIZE(keep) == page->n_units &&
                PyList_GET_SIZE(logits) == page->n_units &&
                PyList_GET_SIZE(page->comment) == page->n_elements &&
                PyList_GET_SIZE(page->system) == page->n_elements &&
                PyTuple_GET_SIZE(page->scores) == page->n_steps + 1 &&
                are_pairs(page->hint_rules) && are_pairs(page->tag_names) &&
                are_pairs(page->word_rules);
    for (Py_ssize_t i = 0; right && i < page->n_steps + 1; i++)
        right = PyUnicode_Check(PyTuple_GET_ITEM(page->scores, i));
    for (Py_ssize_t i = 0; right && i < page->n_elements; i++) {
        PyObject *pair = PyList_GET_ITEM(page->names, i);
        right = PyTuple_Check(pair) && PyTuple_GET_SIZE(pair) == 2 &&
                PyUnicode_Check(PyTuple_GET_ITEM(pair, 0)) &&
                PyUnicode_Check(PyTuple_GET_ITEM(pair, 1));
    }
    for (Py_ssize_t i = 0; right && i < page->n_units; i++) {
        PyObject *lines = PyTuple_GET_ITEM(page->lines, i);
        int64_t element = ((const int64_t *)units->buf)[i];
        right = PyList_Check(lines) && PyList_GET_SIZE(lines) > 0 &&
                PyUnicode_Check(PyList_GET_ITEM(lines, 0)) && element >= 0 &&
                element < page->n_elements;
    }
    if (!right)
        PyErr_SetString(PyExc_ValueError, "name_reasons: sizes or types do not fit together");
    return right;
}

static PyObject *
name_all(Page *page, PyObject *keep, PyObject *logits)
{
    PyObject *found = find_named(page) ? NULL : PyDict_New();
    for (Py_ssize_t unit = 0; found && unit < page->n_units; unit++) {
        int stays = PyObject_IsTrue(PyList_GET_ITEM(keep, unit));
        if (stays > 0)
            continue;
        double logit = PyFloat_AsDouble(PyList_GET_ITEM(logits, unit));
        PyObject *number = PyLong_FromSsize_t(unit);
        PyObject *reason = PyErr_Occurred() ? NULL : name_unit(page, unit, logit);
        if (!number || !reason || PyDict_SetItem(found, number, reason))
            Py_CLEAR(found);
        Py_XDECREF(number);
        Py_XDECREF(reason);
    }
    return found;
}

PyObject *
name_reasons(PyObject *Py_UNUSED(module), PyObject *args)
{
    Page page = {0};
    Py_buffer elements, units, steps;
    PyObject *keep, *logits, *found = NULL;

    if (!PyArg_ParseTuple(args, "O!O!O!O!y*y*O!O!O!(LLO!O!O!O!O!y*d)(OO)", &PyList_Type, &keep,
                          &PyList_Type, &logits, &PyTuple_Type, &page.lines, &PyList_Type,
                          &page.names, &elements, &units, &PyList_Type, &page.comment, &PyList_Type,
                          &page.system, &PyDict_Type, &page.rules, &page.any_hint, &page.known_bit,
                          &PyTuple_Type, &page.hint_rules, &PyTuple_Type, &page.tag_names,
                          &PyDict_Type, &page.by_word, &PyTuple_Type, &page.word_rules,
                          &PyTuple_Type, &page.scores, &steps, &page.chrome, &page.known,
                          &page.section))
        return NULL;
    Py_ssize_t n = page.n_elements = PyList_GET_SIZE(page.names);
    page.n_units = PyTuple_GET_SIZE(page.lines);
    page.steps = steps.buf;
    page.n_steps = steps.len / 8;
    if (fits(&page, keep, logits, &elements, &units)) {
        page.parent = elements.buf, page.mask = page.parent + n;
        page.first = page.mask + n, page.last = page.first + n;
        page.element = units.buf, page.inline_mask = page.element + 5 * page.n_units;
        page.named = PyMem_Calloc((size_t)n + 1, sizeof(int64_t));
        page.rule = PyMem_Calloc(3 * (size_t)n + 1, sizeof(PyObject *));
        if (page.named && page.rule) {
            page.place = page.rule + n, page.sure = page.place + n;
            found = name_all(&page, keep, logits);
            for (Py_ssize_t i = 0; i < 3 * n; i++)
                Py_XDECREF(page.rule[i]);
        }
        else
            PyErr_NoMemory();
        PyMem_Free(page.named);
        PyMem_Free(page.rule);
    }
    PyBuffer_Release(&elements);
    PyBuffer_Release(&units);
    PyBuffer_Release(&steps);
    return found;
}
