/* The paragraphs of a page that stay: the twin of `_keep` in transforms/records.py. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

PyObject *keep(PyObject *module, PyObject *args);

/* Marks the places that go; returns how many stay, -1 for a failure. */
static Py_ssize_t
mark(char *gone, Py_ssize_t count, PyObject *removals)
{
    PyObject *number, *reason;
    Py_ssize_t at = 0, stay = count;
    while (PyDict_Next(removals, &at, &number, &reason)) {
        if (!PyLong_Check(number)) {
            PyErr_SetString(PyExc_TypeError, "keep: a paragraph's number is no integer");
            return -1;
        }
        Py_ssize_t place = PyLong_AsSsize_t(number);
        if (place == -1 && PyErr_Occurred())
            return -1;
        if (place < 0 || place >= count) {
            PyErr_SetString(PyExc_IndexError, "keep: there is no paragraph of this number");
            return -1;
        }
        stay -= !gone[place];
        gone[place] = 1;
    }
    return stay;
}

/* Those of a tuple's items that stay, or with an integer in its place those of the numbers below
   it, as a list; what goes are the keys of a dictionary. */
PyObject *
keep(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *items, *removals, *kept = NULL;
    if (!PyArg_ParseTuple(args, "OO!", &items, &PyDict_Type, &removals))
        return NULL;
    int texts = PyTuple_Check(items);
    Py_ssize_t count = texts ? PyTuple_GET_SIZE(items) : PyLong_AsSsize_t(items);
    if (count < 0) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_ValueError, "keep: a negative number of items");
        return NULL;
    }
    char *gone = PyMem_Calloc((size_t)count + 1, 1);
    if (!gone)
        return PyErr_NoMemory();
    Py_ssize_t stay = mark(gone, count, removals);
    if (stay >= 0)
        kept = PyList_New(stay);
    for (Py_ssize_t i = 0, filled = 0; kept && i < count; i++) {
        if (gone[i])
            continue;
        PyObject *item = texts ? Py_NewRef(PyTuple_GET_ITEM(items, i)) : PyLong_FromSsize_t(i);
        if (!item)
            Py_CLEAR(kept);
        else
            PyList_SET_ITEM(kept, filled++, item);
    }
    PyMem_Free(gone);
    return kept;
}
