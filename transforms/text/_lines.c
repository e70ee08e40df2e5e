/* Cleans all lines of a text at once: the twin of `clean_lines` in html/blocks.py. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

PyObject *clean_lines(PyObject *module, PyObject *text);

/* Of the characters that are no white space those that go. */
static int
goes(Py_UCS4 c)
{
    return c < 0x20 || c - 0x7f < 0x21 || c - 0xd800 < 0x800;
}

static int
is_space(Py_UCS4 c)
{
    return c <= 0x20 || c >= 0x7f ? Py_UNICODE_ISSPACE(c) : 0;
}

/* The line, squeezed; the empty string where nothing of it is left. */
static PyObject *
squeezed(int kind, const void *data, Py_ssize_t at, Py_ssize_t end)
{
    Py_UCS4 *line = PyMem_New(Py_UCS4, end - at);
    Py_ssize_t filled = 0;
    int space = 0;
    if (!line)
        return PyErr_NoMemory();
    for (; at < end; at++) {
        Py_UCS4 c = PyUnicode_READ(kind, data, at);
        if (is_space(c))
            space = filled > 0;
        else if (!goes(c)) {
            if (space)
                line[filled++] = ' ';
            space = 0;
            line[filled++] = c;
        }
    }
    PyObject *made = PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, line, filled);
    PyMem_Free(line);
    return made;
}

/* Adds the line, if anything of it is left; most are in order but for the space around them. */
static int
add_line(PyObject *lines, PyObject *text, Py_ssize_t at, Py_ssize_t end)
{
    int kind = PyUnicode_KIND(text), in_order = 1, space = 0;
    const void *data = PyUnicode_DATA(text);
    while (at < end && is_space(PyUnicode_READ(kind, data, at)))
        at++;
    while (end > at && is_space(PyUnicode_READ(kind, data, end - 1)))
        end--;
    for (Py_ssize_t i = at; i < end && in_order; i++) {
        Py_UCS4 c = PyUnicode_READ(kind, data, i);
        in_order = c == ' ' ? !space : !goes(c) && !is_space(c);
        space = c == ' ';
    }
    PyObject *line =
        in_order ? PyUnicode_Substring(text, at, end) : squeezed(kind, data, at, end);
    if (!line)
        return -1;
    int failed = PyUnicode_GET_LENGTH(line) ? PyList_Append(lines, line) : 0;
    Py_DECREF(line);
    return failed;
}

/* The lines of a text, clean, without those of which nothing is left. */
PyObject *
clean_lines(PyObject *Py_UNUSED(module), PyObject *text)
{
    if (!PyUnicode_Check(text)) {
        PyErr_SetString(PyExc_TypeError, "clean_lines: not a string");
        return NULL;
    }
    PyObject *lines = PyList_New(0);
    Py_ssize_t length = PyUnicode_GET_LENGTH(text);
    for (Py_ssize_t at = 0; lines && at < length;) {
        Py_ssize_t end = PyUnicode_FindChar(text, '\n', at, length, 1);
        if (end < 0)
            end = length;
        if (add_line(lines, text, at, end))
            Py_CLEAR(lines);
        at = end + 1;
    }
    return lines;
}
