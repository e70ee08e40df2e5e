/* The forms of texts that deduplication compares: part of the compiled kernel, see _kernel.c; the
   twins in Python are in normal.py and templates.py. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

PyObject *read_texts(PyObject *module, PyObject *args);
PyObject *have_words(PyObject *module, PyObject *args);

#define MARK 0x1f
#define ENOUGH_PIECES 1
#define HAS_DIGIT 2

static int
is_word(Py_UCS4 c)
{
    if (c < 0x80)
        return (c | 0x20) - 'a' < 26u || c - '0' < 10u || c == '_';
    return Py_UNICODE_ISALNUM(c);
}

/* A digit of any script; a letter is none, and of letters there are most. */
static int
is_digit(Py_UCS4 c)
{
    if (c < 0x80)
        return c - '0' < 10u;
    return !Py_UNICODE_ISALPHA(c) && Py_UNICODE_ISDECIMAL(c);
}

struct found {
    int marks, flags;
    int64_t digits, characters; /* from 0 to 9; word characters together with line feeds */
};

/* Removes what is no word character; between two digits a mark stays. Returns the length. */
static Py_ssize_t
form_of(PyObject *text, Py_UCS4 *form, struct found *found)
{
    int kind = PyUnicode_KIND(text);
    const void *data = PyUnicode_DATA(text);
    Py_ssize_t length = PyUnicode_GET_LENGTH(text), size = 0;
    int after_digit = 0, gap = 0;

    for (Py_ssize_t i = 0; i < length; i++) {
        Py_UCS4 c = PyUnicode_READ(kind, data, i);
        if (!is_word(c)) {
            gap = 1;
            continue;
        }
        int digit = is_digit(c);
        if (gap && after_digit && digit)
            form[size++] = MARK, found->marks++;
        if (digit)
            found->flags |= HAS_DIGIT;
        form[size++] = c;
        after_digit = digit;
        gap = 0;
    }
    return size;
}

/* Counts what `struct found` holds of a text as it is, and whether it has so many pieces between
   white space. */
static void
count_in(PyObject *text, Py_ssize_t least, struct found *found)
{
    int kind = PyUnicode_KIND(text), inside = 0;
    const void *data = PyUnicode_DATA(text);
    Py_ssize_t length = PyUnicode_GET_LENGTH(text);

    for (Py_ssize_t i = 0; i < length; i++) {
        Py_UCS4 c = PyUnicode_READ(kind, data, i);
        found->digits += c - '0' < 10u;
        found->characters += is_word(c) || c == '\n';
        if (least > 0) {
            int space = Py_UNICODE_ISSPACE(c);
            least -= !space && !inside;
            inside = !space;
        }
    }
    if (least <= 0)
        found->flags |= ENOUGH_PIECES;
}

static PyObject *
words_of(const Py_UCS4 *form, Py_ssize_t size, Py_UCS4 *words)
{
    Py_ssize_t length = 0;
    for (Py_ssize_t i = 0; i < size; i++)
        if (form[i] != MARK)
            words[length++] = form[i];
    return PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, words, length);
}

/* What an ASCII character is in a form: itself in lower case, or 0 for one that goes. */
static uint8_t PLAIN[128];

static void
fill_plain(void)
{
    for (int c = 0; c <= 'z'; c++)
        PLAIN[c] = is_word((Py_UCS4)c) ? (uint8_t)Py_TOLOWER(c) : 0;
}

/* All of the above for a text of ASCII alone, in one pass. */
static int
read_plain(PyObject *text, Py_ssize_t least, uint8_t *form, struct found *found, PyObject **forms,
           PyObject **words)
{
    const uint8_t *data = PyUnicode_1BYTE_DATA(text);
    Py_ssize_t length = PyUnicode_GET_LENGTH(text), size = 0;
    int after_digit = 0, gap = 0, inside = 0;

    for (Py_ssize_t i = 0; i < length; i++) {
        Py_UCS4 c = data[i];
        uint8_t low = PLAIN[c];
        int space = !low && Py_UNICODE_ISSPACE(c);
        least -= !space && !inside;
        inside = !space;
        if (!low) {
            gap = 1;
            found->characters += c == '\n';
            continue;
        }
        int digit = c - '0' < 10u;
        if (digit) {
            if (gap && after_digit)
                form[size++] = MARK, found->marks++;
            found->digits++;
        }
        form[size++] = low;
        after_digit = digit;
        gap = 0;
    }
    found->characters += size - found->marks;
    found->flags = (least <= 0 ? ENOUGH_PIECES : 0) | (found->digits ? HAS_DIGIT : 0);
    *forms = PyUnicode_FromKindAndData(PyUnicode_1BYTE_KIND, form, size);
    if (*forms && !found->marks)
        *words = Py_NewRef(*forms);
    else if (*forms) {
        Py_ssize_t left = 0;
        for (Py_ssize_t i = 0; i < size; i++)
            if (form[i] != MARK)
                form[left++] = form[i];
        *words = PyUnicode_FromKindAndData(PyUnicode_1BYTE_KIND, form, left);
    }
    return *forms && *words ? 0 : -1;
}

/* Room for two forms of a text of this length: a mark takes the place of one character at least. */
static int
make_room(Py_UCS4 **space, Py_ssize_t *room, Py_ssize_t length)
{
    if (length > PY_SSIZE_T_MAX / 32) {
        PyErr_SetString(PyExc_ValueError, "read_texts: a text that cannot be read");
        return -1;
    }
    if (length < *room)
        return 0;
    Py_UCS4 *more = PyMem_Realloc(*space, (size_t)(2 * length + 256) * 2 * sizeof(Py_UCS4));
    if (!more) {
        PyErr_NoMemory();
        return -1;
    }
    *space = more;
    *room = 2 * length + 256;
    return 0;
}

PyObject *
read_texts(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *texts;
    Py_ssize_t least;

    if (!PyArg_ParseTuple(args, "O!n", &PyList_Type, &texts, &least))
        return NULL;
    fill_plain();
    Py_ssize_t count = PyList_GET_SIZE(texts);
    PyObject *forms = PyList_New(count), *words = PyList_New(count);
    PyObject *flags = PyBytes_FromStringAndSize(NULL, count);
    PyObject *digits = PyBytes_FromStringAndSize(NULL, 8 * count);
    PyObject *characters = PyBytes_FromStringAndSize(NULL, 8 * count);
    PyObject *result = NULL;
    Py_UCS4 *space = NULL;
    Py_ssize_t room = 0;

    for (Py_ssize_t i = 0; forms && words && flags && digits && characters && i < count; i++) {
        PyObject *text = PyList_GET_ITEM(texts, i), *form = NULL, *word = NULL;
        struct found found = {0};
        if (!PyUnicode_Check(text)) {
            PyErr_SetString(PyExc_TypeError, "read_texts: not a string");
            goto done;
        }
        if (PyUnicode_IS_ASCII(text)) {
            if (make_room(&space, &room, PyUnicode_GET_LENGTH(text)) == 0)
                read_plain(text, least, (uint8_t *)space, &found, &form, &word);
        }
        else {
            PyObject *low = PyObject_CallMethod(text, "lower", NULL);
            if (low && PyUnicode_Check(low) &&
                make_room(&space, &room, PyUnicode_GET_LENGTH(low)) == 0) {
                Py_ssize_t size = form_of(low, space, &found);
                count_in(text, least, &found);
                form = PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, space, size);
                if (form)
                    word = found.marks ? words_of(space, size, space + room) : Py_NewRef(form);
            }
            Py_XDECREF(low);
        }
        if (!form || !word) {
            if (!PyErr_Occurred())
                PyErr_SetString(PyExc_ValueError, "read_texts: a text that cannot be read");
            Py_XDECREF(form);
            Py_XDECREF(word);
            goto done;
        }
        PyList_SET_ITEM(forms, i, form);
        PyList_SET_ITEM(words, i, word);
        PyBytes_AS_STRING(flags)[i] = (char)found.flags;
        memcpy(PyBytes_AS_STRING(digits) + 8 * i, &found.digits, 8);
        memcpy(PyBytes_AS_STRING(characters) + 8 * i, &found.characters, 8);
    }
    if (forms && words && flags && digits && characters)
        result = PyTuple_Pack(5, forms, words, flags, digits, characters);
done:
    PyMem_Free(space);
    Py_XDECREF(forms);
    Py_XDECREF(words);
    Py_XDECREF(flags);
    Py_XDECREF(digits);
    Py_XDECREF(characters);
    return result;
}

/* Whether a text holds two letters in a row. */
static int
has_word(PyObject *text)
{
    int kind = PyUnicode_KIND(text), before = 0;
    const void *data = PyUnicode_DATA(text);
    Py_ssize_t length = PyUnicode_GET_LENGTH(text);

    for (Py_ssize_t i = 0; i < length; i++) {
        Py_UCS4 c = PyUnicode_READ(kind, data, i);
        int letter = c < 0x80 ? (c | 0x20) - 'a' < 26u
                              : Py_UNICODE_ISALNUM(c) && !Py_UNICODE_ISDECIMAL(c);
        if (letter && before)
            return 1;
        before = letter;
    }
    return 0;
}

/* One byte a text: whether it holds a word, and is not the first line of a script. */
PyObject *
have_words(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *texts;

    if (!PyArg_ParseTuple(args, "O!", &PyList_Type, &texts))
        return NULL;
    Py_ssize_t count = PyList_GET_SIZE(texts);
    PyObject *found = PyBytes_FromStringAndSize(NULL, count);
    PyObject *script = PyUnicode_FromString("#!/");
    for (Py_ssize_t i = 0; found && script && i < count; i++) {
        PyObject *text = PyList_GET_ITEM(texts, i);
        int other = -1;
        if (PyUnicode_Check(text))
            other = PyUnicode_Contains(text, script);
        else
            PyErr_SetString(PyExc_TypeError, "have_words: not a string");
        if (other < 0)
            Py_CLEAR(found);
        else
            PyBytes_AS_STRING(found)[i] = !other && has_word(text);
    }
    Py_XDECREF(script);
    if (PyErr_Occurred())
        Py_CLEAR(found);
    return found;
}
