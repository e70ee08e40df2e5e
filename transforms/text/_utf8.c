/* Text to UTF-8: the twin of `str.encode`, which takes six times as long for text that is ASCII but
   for a letter here and there, as pages are. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

#include "_machine.h"

#define AT_ONCE 16
#define BLOCK 4096 /* characters; three bytes more for each are counted in 16 bits */

PyObject *encode_utf8(PyObject *module, PyObject *text);
Py_ssize_t utf8_size(PyObject *text);
void utf8_write(PyObject *text, char *to);

/* Bytes of a text in UTF-8; -1 where it holds a surrogate. */
FOR_EACH_MACHINE("avx2")
static Py_ssize_t
size_of_narrow(const uint8_t *at, Py_ssize_t length)
{
    Py_ssize_t size = length;
    for (Py_ssize_t done = 0; done < length;) {
        Py_ssize_t count = length - done < BLOCK ? length - done : BLOCK;
        uint16_t more = 0;
        for (Py_ssize_t i = 0; i < count; i++)
            more += at[done + i] >> 7;
        size += more;
        done += count;
    }
    return size;
}

FOR_EACH_MACHINE("avx2")
static Py_ssize_t
size_of_wide(const uint16_t *at, Py_ssize_t length)
{
    Py_ssize_t size = length;
    for (Py_ssize_t done = 0; done < length;) {
        Py_ssize_t count = length - done < BLOCK ? length - done : BLOCK;
        uint16_t more = 0, surrogates = 0;
        for (Py_ssize_t i = 0; i < count; i++) {
            uint16_t c = at[done + i];
            more += (uint16_t)((c >= 0x80) + (c >= 0x800));
            surrogates |= (uint16_t)((c & 0xf800) == 0xd800);
        }
        if (surrogates)
            return -1;
        size += more;
        done += count;
    }
    return size;
}

FOR_EACH_MACHINE("avx2")
static Py_ssize_t
size_of_widest(const uint32_t *at, Py_ssize_t length)
{
    Py_ssize_t size = length;
    int surrogates = 0;
    for (Py_ssize_t i = 0; i < length; i++) {
        uint32_t c = at[i];
        size += (c >= 0x80) + (c >= 0x800) + (c >= 0x10000);
        surrogates |= (c & 0xfffff800) == 0xd800;
    }
    return surrogates ? -1 : size;
}

/* Bytes of a text in UTF-8; -1 where it holds a lone surrogate. */
Py_ssize_t
utf8_size(PyObject *text)
{
    const void *data = PyUnicode_DATA(text);
    Py_ssize_t length = PyUnicode_GET_LENGTH(text);
    if (PyUnicode_IS_ASCII(text))
        return length;
    if (PyUnicode_KIND(text) == PyUnicode_1BYTE_KIND)
        return size_of_narrow(data, length);
    if (PyUnicode_KIND(text) == PyUnicode_2BYTE_KIND)
        return size_of_wide(data, length);
    return size_of_widest(data, length);
}

static char *
put(char *to, uint32_t c)
{
    if (c < 0x80)
        *to++ = (char)c;
    else if (c < 0x800) {
        *to++ = (char)(0xc0 | c >> 6);
        *to++ = (char)(0x80 | (c & 0x3f));
    }
    else {
        if (c < 0x10000)
            *to++ = (char)(0xe0 | c >> 12);
        else {
            *to++ = (char)(0xf0 | c >> 18);
            *to++ = (char)(0x80 | (c >> 12 & 0x3f));
        }
        *to++ = (char)(0x80 | (c >> 6 & 0x3f));
        *to++ = (char)(0x80 | (c & 0x3f));
    }
    return to;
}

/* Where that many characters are left there is room for as many bytes, whatever they are. */
#define WRITE(name, type)                                       \
    static void name(const type *at, Py_ssize_t length, char *to) \
    {                                                           \
        const type *end = at + length;                          \
        const uint64_t high = (type)-0x80 * (UINT64_MAX / (type)-1); \
        while (at < end) {                                      \
            if (end - at >= AT_ONCE) {                          \
                type some[AT_ONCE];                             \
                char bytes[AT_ONCE];                            \
                uint64_t words[sizeof some / 8];                \
                memcpy(some, at, sizeof some);                  \
                memcpy(words, at, sizeof some);                 \
                for (int i = 0; i < AT_ONCE; i++)               \
                    bytes[i] = (char)some[i];                   \
                for (size_t i = 1; i < sizeof some / 8; i++)    \
                    words[0] |= words[i];                       \
                if (!(words[0] & high)) {                       \
                    memcpy(to, bytes, sizeof bytes);            \
                    at += AT_ONCE, to += AT_ONCE;               \
                    continue;                                   \
                }                                               \
            }                                                   \
            const type *stop = end - at > AT_ONCE ? at + AT_ONCE : end; \
            while (at < stop)                                   \
                to = put(to, *at++);                            \
        }                                                       \
    }

WRITE(write_narrow, uint8_t)
WRITE(write_wide, uint16_t)
WRITE(write_widest, uint32_t)

/* Writes as many bytes as `utf8_size` says. */
void
utf8_write(PyObject *text, char *to)
{
    const void *data = PyUnicode_DATA(text);
    Py_ssize_t length = PyUnicode_GET_LENGTH(text);
    if (PyUnicode_IS_ASCII(text))
        memcpy(to, data, (size_t)length);
    else if (PyUnicode_KIND(text) == PyUnicode_1BYTE_KIND)
        write_narrow(data, length, to);
    else if (PyUnicode_KIND(text) == PyUnicode_2BYTE_KIND)
        write_wide(data, length, to);
    else
        write_widest(data, length, to);
}

/* The text in UTF-8; None where it holds a lone surrogate. */
PyObject *
encode_utf8(PyObject *Py_UNUSED(module), PyObject *text)
{
    if (!PyUnicode_Check(text)) {
        PyErr_SetString(PyExc_TypeError, "encode_utf8: not a string");
        return NULL;
    }
    Py_ssize_t size = utf8_size(text);
    if (size < 0)
        Py_RETURN_NONE;
    PyObject *encoded = PyBytes_FromStringAndSize(NULL, size);
    if (encoded)
        utf8_write(text, PyBytes_AS_STRING(encoded));
    return encoded;
}
