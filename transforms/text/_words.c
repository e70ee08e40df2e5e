/* What the words of a line hint at: the twin of `words_mask` in html/words.py, which says what is done
   and why. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>

#define MAX_CHARS 200

PyObject *words_mask(PyObject *module, PyObject *args);
int64_t mask_of_words(PyObject *line, PyObject *by_word);

static int
is_word(Py_UCS4 c)
{
    if (c < 0x80)
        return (c | 0x20) - 'a' < 26u || c - '0' < 10u || c == '_' || c == '\'' || c == '-';
    return c == 0x2019 || Py_UNICODE_ISALNUM(c);
}

static int
is_digit(Py_UCS4 c)
{
    return c < 0x80 ? c - '0' < 10u : Py_UNICODE_ISDECIMAL(c);
}

/* Between a digit and a letter a word ends: "3comments". */
static int
is_cut(Py_UCS4 before, Py_UCS4 c)
{
    return is_digit(before) && !is_digit(c) && c != '\'' && c != '-' && c != 0x2019;
}

static PyObject *
lower_case(PyObject *line)
{
    if (!PyUnicode_IS_ASCII(line))
        return PyObject_CallMethod(line, "lower", NULL);
    Py_ssize_t length = PyUnicode_GET_LENGTH(line);
    PyObject *lower = PyUnicode_New(length, 127);
    const Py_UCS1 *from = PyUnicode_DATA(line);
    for (Py_ssize_t i = 0; lower && i < length; i++) {
        int is_upper = from[i] >= 'A' && from[i] <= 'Z';
        PyUnicode_1BYTE_DATA(lower)[i] = (Py_UCS1)(is_upper ? from[i] | 0x20 : from[i]);
    }
    return lower;
}

/* The masks of all words of a line that a dictionary has; -1 with an exception. */
int64_t
mask_of_words(PyObject *line, PyObject *by_word)
{
    PyObject *lower = PyUnicode_GET_LENGTH(line) > MAX_CHARS ? NULL : lower_case(line);
    if (!lower)
        return PyErr_Occurred() ? -1 : 0;
    int kind = PyUnicode_KIND(lower);
    const void *data = PyUnicode_DATA(lower);
    Py_ssize_t length = PyUnicode_GET_LENGTH(lower), first = 0;
    int64_t mask = 0;
    Py_UCS4 before = 0;
    for (Py_ssize_t i = 0; i <= length; i++) {
        Py_UCS4 c = i < length ? PyUnicode_READ(kind, data, i) : 0;
        int counts = is_word(c);
        if (counts && !(i > first && is_cut(before, c))) {
            before = c;
            continue;
        }
        PyObject *word = i > first ? PyUnicode_Substring(lower, first, i) : NULL;
        PyObject *found = word ? PyDict_GetItemWithError(by_word, word) : NULL;
        Py_XDECREF(word);
        if (found)
            mask |= PyLong_AsLongLong(found);
        if (PyErr_Occurred()) {
            mask = -1;
            break;
        }
        first = i + !counts;
        before = c;
    }
    Py_DECREF(lower);
    return mask;
}

PyObject *
words_mask(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *line, *by_word;
    if (!PyArg_ParseTuple(args, "UO!", &line, &PyDict_Type, &by_word))
        return NULL;
    int64_t mask = mask_of_words(line, by_word);
    return PyErr_Occurred() ? NULL : PyLong_FromLongLong(mask);
}
