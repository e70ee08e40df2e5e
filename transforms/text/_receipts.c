/* The lines of a page's receipts, made in one go of the parts that the caller has as JSON. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

#define DIGITS 20
#define TEXT_KEY ",\"text\":"
#define BEFORE 4 /* bytes of a list before its first string, and between two: `[\n  `, `,\n  ` */
#define AFTER 2  /* and after the last one: `\n]` */

PyObject *join_receipts(PyObject *module, PyObject *args);

static char *
put(char *to, const void *from, Py_ssize_t size)
{
    memcpy(to, from, (size_t)size);
    return to + size;
}

static char *
put_number(char *to, uint64_t number)
{
    char digits[DIGITS];
    int first = DIGITS;

    do
        digits[--first] = (char)('0' + number % 10);
    while (number /= 10);
    return put(to, digits + first, DIGITS - first);
}

/* Bytes of the next string of a list, which JSON with line ends has alone in its line; -1 where
   there is none. */
static Py_ssize_t
next_string(const char *at, const char *stop, int is_last)
{
    const char *end = stop - at > BEFORE ? memchr(at + BEFORE, '\n', (size_t)(stop - at - BEFORE))
                                         : NULL;
    Py_ssize_t size = end == NULL ? -1 : end - at - BEFORE - !is_last;

    return size < 2 || (is_last && stop - end != AFTER) ? -1 : size;
}

/* head: what each line begins with, up to its number. numbers: one a line. texts: a list of as many
   strings, indented by two. reasons: what follows each text, without the closing bracket. end: what
   closes a line. Returns all lines, and a list of each with a closing bracket instead of `end`. */
PyObject *
join_receipts(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *numbers, *reasons, *joined = NULL, *lines = NULL;
    Py_buffer head, texts, end;

    if (!PyArg_ParseTuple(args, "y*O!y*O!y*", &head, &PyList_Type, &numbers, &texts, &PyList_Type,
                          &reasons, &end))
        return NULL;
    Py_ssize_t count = PyList_GET_SIZE(numbers);
    Py_ssize_t size = texts.len + count * (head.len + DIGITS + (Py_ssize_t)strlen(TEXT_KEY) + end.len);
    int right = count == PyList_GET_SIZE(reasons) && end.len > 0;
    for (Py_ssize_t i = 0; right && i < count; i++) {
        right = PyLong_Check(PyList_GET_ITEM(numbers, i)) &&
                PyBytes_Check(PyList_GET_ITEM(reasons, i));
        if (right)
            size += PyBytes_GET_SIZE(PyList_GET_ITEM(reasons, i));
    }
    if (right && ((joined = PyBytes_FromStringAndSize(NULL, size)) == NULL ||
                  (lines = PyList_New(count)) == NULL))
        goto failed;
    char *to = joined == NULL ? NULL : PyBytes_AS_STRING(joined);
    const char *from = texts.buf, *stop = from + texts.len;
    for (Py_ssize_t i = 0; right && i < count; i++) {
        const char *start = to;
        PyObject *reason = PyList_GET_ITEM(reasons, i), *line;
        uint64_t number = PyLong_AsUnsignedLongLong(PyList_GET_ITEM(numbers, i));
        Py_ssize_t length = next_string(from, stop, i + 1 == count);
        if (number == UINT64_MAX && PyErr_Occurred())
            goto failed;
        if ((right = length >= 0) == 0)
            break;
        to = put(to, head.buf, head.len);
        to = put_number(to, number);
        to = put(to, TEXT_KEY, (Py_ssize_t)strlen(TEXT_KEY));
        to = put(to, from + BEFORE, length);
        from += BEFORE + length;
        to = put(to, PyBytes_AS_STRING(reason), PyBytes_GET_SIZE(reason));
        if ((line = PyBytes_FromStringAndSize(NULL, to - start + 1)) == NULL)
            goto failed;
        put(PyBytes_AS_STRING(line), start, to - start)[0] = '}';
        PyList_SET_ITEM(lines, i, line);
        to = put(to, end.buf, end.len);
    }
    if (!right) {
        PyErr_SetString(PyExc_ValueError, "join_receipts: sizes or types do not fit together");
        goto failed;
    }
    if (_PyBytes_Resize(&joined, to - PyBytes_AS_STRING(joined)) == 0) {
        PyBuffer_Release(&head);
        PyBuffer_Release(&texts);
        PyBuffer_Release(&end);
        return Py_BuildValue("NN", joined, lines);
    }
failed:
    PyBuffer_Release(&head);
    PyBuffer_Release(&texts);
    PyBuffer_Release(&end);
    Py_XDECREF(joined);
    Py_XDECREF(lines);
    return NULL;
}
