/* What of a page is text and what may be a heading: the twin of `look_for_headings` in
   html/headings.py, which says what is done and why. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>

#define PARTS 7 /* columns of units; the last counts characters */

PyObject *look_for_headings(PyObject *module, PyObject *args);

/* Letters of Thai, Lao, Burmese, Khmer, Japanese and Chinese, which have no spaces between words. */
static int
is_unspaced(Py_UCS4 c)
{
    return c >= 0x0e00 && ((c <= 0x0eff) || (c >= 0x1000 && c <= 0x109f) ||
                           (c >= 0x1780 && c <= 0x17ff) || (c >= 0x3040 && c <= 0x30ff) ||
                           (c >= 0x3400 && c <= 0x9fff));
}

/* Whether a unit is text because its letters stand for words, or for the spaces between its lines. */
static int
is_text(PyObject *lines, Py_ssize_t least)
{
    Py_ssize_t chars = PyList_GET_SIZE(lines) - 1;
    int is_ascii = 1;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(lines); i++) {
        PyObject *line = PyList_GET_ITEM(lines, i);
        int kind = PyUnicode_KIND(line);
        const void *data = PyUnicode_DATA(line);
        Py_ssize_t length = PyUnicode_GET_LENGTH(line);
        chars += length;
        if (PyUnicode_IS_ASCII(line))
            continue;
        is_ascii = 0;
        for (Py_ssize_t k = 0; k < length; k++)
            chars += 2 * is_unspaced(PyUnicode_READ(kind, data, k));
    }
    return !is_ascii && chars >= least;
}

static int
are_lines(PyObject *lines)
{
    int right = PyList_Check(lines);
    for (Py_ssize_t i = 0; right && i < PyList_GET_SIZE(lines); i++)
        right = PyUnicode_Check(PyList_GET_ITEM(lines, i));
    return right;
}

static int
fits(const Py_buffer *elements, const Py_buffer *units, PyObject *keep, PyObject *lines)
{
    Py_ssize_t n = elements->len / 40, m = PyTuple_GET_SIZE(lines);
    const int64_t *parent = elements->buf, *element = units->buf;
    int right = elements->len == 40 * n && units->len == 8 * PARTS * m && PyList_GET_SIZE(keep) == m;
    for (Py_ssize_t i = 0; right && i < n; i++)
        right = parent[i] >= 0 && parent[i] < n;
    for (Py_ssize_t i = 0; right && i < m; i++)
        right = element[i] >= 0 && element[i] < n && are_lines(PyTuple_GET_ITEM(lines, i));
    if (!right)
        PyErr_SetString(PyExc_ValueError, "look_for_headings: sizes or types do not fit together");
    return right;
}

static int
add(PyObject *list, Py_ssize_t unit)
{
    PyObject *number = PyLong_FromSsize_t(unit);
    int failed = number ? PyList_Append(list, number) : -1;
    Py_XDECREF(number);
    return failed;
}

/* Of each unit whether it is text and whether it may be a heading, a byte each, and what it and the
   two elements around hint at, 64 bits; then the headings that go above a text, those named after
   titles, and those up to the first text, and that. None where there is no text. */
PyObject *
look_for_headings(PyObject *Py_UNUSED(module), PyObject *args)
{
    Py_buffer elements, units;
    PyObject *keep, *lines, *found = NULL;
    Py_ssize_t least, most;
    long long headings, titles;

    if (!PyArg_ParseTuple(args, "O!O!y*y*(nnLL)", &PyList_Type, &keep, &PyTuple_Type, &lines,
                          &elements, &units, &least, &most, &headings, &titles))
        return NULL;
    Py_ssize_t n = elements.len / 40, m = PyTuple_GET_SIZE(lines), start = -1;
    int right = fits(&elements, &units, keep, lines);
    const int64_t *parent = elements.buf, *mask = parent + n;
    const int64_t *element = units.buf, *size = element + (PARTS - 1) * m;
    PyObject *text = PyBytes_FromStringAndSize(NULL, m);
    PyObject *heading = PyBytes_FromStringAndSize(NULL, m);
    PyObject *around = PyBytes_FromStringAndSize(NULL, 8 * m);
    PyObject *lost = PyList_New(0), *titled = PyList_New(0), *before = PyList_New(0);
    right = right && text && heading && around && lost && titled && before;
    for (Py_ssize_t i = 0; right && i < m; i++) {
        int stays = PyObject_IsTrue(PyList_GET_ITEM(keep, i));
        int64_t up = parent[element[i]], hints = mask[element[i]] | mask[up] | mask[parent[up]];
        int is_heading = (hints & headings) != 0 && size[i] <= most;
        int is = stays > 0 && (size[i] >= least ||
                               (size[i] * 3 >= least && is_text(PyTuple_GET_ITEM(lines, i), least)));
        PyBytes_AS_STRING(text)[i] = (char)is;
        PyBytes_AS_STRING(heading)[i] = (char)is_heading;
        ((int64_t *)PyBytes_AS_STRING(around))[i] = hints;
        start = start < 0 && is ? i : start;
        right = stays >= 0;
        if (is && i && PyBytes_AS_STRING(heading)[i - 1] &&
            !PyObject_IsTrue(PyList_GET_ITEM(keep, i - 1)))
            right = !add(lost, i - 1);
        if (right && is_heading && hints & titles)
            right = !add(titled, i);
        if (right && is_heading && (start < 0 || start == i))
            right = !add(before, i);
    }
    if (right)
        found = start < 0 ? Py_NewRef(Py_None)
                          : Py_BuildValue("OOOOOOn", text, heading, around, lost, titled, before, start);
    Py_XDECREF(text);
    Py_XDECREF(heading);
    Py_XDECREF(around);
    Py_XDECREF(lost);
    Py_XDECREF(titled);
    Py_XDECREF(before);
    PyBuffer_Release(&elements);
    PyBuffer_Release(&units);
    return found;
}
