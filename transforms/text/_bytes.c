/* Finds bytes in packed data: the twin of `bytes.find`, which looks at each byte of it. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <string.h>

PyObject *find_bytes(PyObject *module, PyObject *args);

/* Where bytes first stand from a place on, -1 where they do not. They are looked for by their first
   byte, which data that looks random has at one place in 256. */
PyObject *
find_bytes(PyObject *Py_UNUSED(module), PyObject *args)
{
    Py_buffer data, sought;
    Py_ssize_t start, place = -1;
    if (!PyArg_ParseTuple(args, "y*y*n", &data, &sought, &start))
        return NULL;
    const char *begin = data.buf, *what = sought.buf;
    int right = start >= 0 && sought.len > 0;
    for (Py_ssize_t at = start, last = data.len - sought.len; right && place < 0 && at <= last; at++) {
        const char *found = memchr(begin + at, what[0], (size_t)(last - at + 1));
        if (!found)
            break;
        at = found - begin;
        if (!memcmp(found, what, (size_t)sought.len))
            place = at;
    }
    PyBuffer_Release(&data);
    PyBuffer_Release(&sought);
    if (right)
        return PyLong_FromSsize_t(place);
    PyErr_SetString(PyExc_ValueError, "find_bytes: nothing to find, or a place before the data");
    return NULL;
}
