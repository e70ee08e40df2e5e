/* The forms of texts that deduplication compares: part of the compiled kernel, see _kernel.c; the
   twins in Python are in normal.py and templates.py. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

PyObject *read_texts(PyObject *module, PyObject *args);
PyObject *have_words(PyObject *module, PyObject *args);
PyObject *drop_digits(PyObject *module, PyObject *args);

#define MARK 0x1f
#define ENOUGH_PIECES 1
#define HAS_DIGIT 2
#define MAY_BE_DENSE 4 /* of a script without spaces between words */

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

#define WORD 1
#define DIGIT 2
#define SPACE 4

/* Of each character of the basic plane what it is in a form: itself in lower case, 0 for one that
   goes, and `ODD` for two whose lower case is another character more, or depends on the next. */
static uint16_t LOW[0x10000];
static uint8_t CLASS[0x10000];
#define ODD 0xffff

static void
fill_tables(void)
{
    if (CLASS['a'])
        return;
    for (Py_UCS4 c = 0xffff; c < 0x10000; c--) { /* 'a' comes late */
        CLASS[c] = (uint8_t)((is_word(c) ? WORD : 0) | (is_digit(c) ? DIGIT : 0) |
                             (Py_UNICODE_ISSPACE(c) ? SPACE : 0));
        LOW[c] = is_word(c) ? (uint16_t)Py_UNICODE_TOLOWER(c) : 0;
    }
    LOW[0x130] = LOW[0x3a3] = ODD;
}

struct found {
    int marks, flags, odd;
    int64_t digits, characters; /* from 0 to 9; word characters together with line feeds */
};

#if defined(__GNUC__)
#define INLINE static inline __attribute__((always_inline))
#else
#define INLINE static inline
#endif

/* Counts what there is in a text, and writes its form: in lower case, without what is no word
   character; between two digits a mark stays. Returns the form's length. */
INLINE Py_ssize_t
read_text(int kind, const void *data, Py_ssize_t length, Py_ssize_t least, Py_UCS4 *form,
          struct found *found)
{
    Py_ssize_t size = 0;
    int after_digit = 0, gap = 0, inside = 0, seen = 0;

    for (Py_ssize_t i = 0; i < length; i++) {
        Py_UCS4 c = PyUnicode_READ(kind, data, i), low;
        int class;
        if (kind != PyUnicode_4BYTE_KIND || c < 0x10000) {
            class = CLASS[c];
            low = LOW[c];
        }
        else {
            class = (is_word(c) ? WORD : 0) | (is_digit(c) ? DIGIT : 0);
            low = Py_UNICODE_TOLOWER(c);
        }
        if (kind != PyUnicode_1BYTE_KIND && ((c >= 0xe00 && c < 0x1800) || c >= 0x3040))
            found->flags |= MAY_BE_DENSE;
        int space = class & SPACE;
        least -= !space && !inside;
        inside = !space;
        if (!(class & WORD)) {
            gap = 1;
            found->characters += c == '\n';
            continue;
        }
        int digit = class & DIGIT;
        if (digit) {
            if (gap && after_digit)
                form[size++] = MARK, found->marks++;
            seen = 1;
            found->digits += c - '0' < 10u;
        }
        found->odd |= low == ODD;
        form[size++] = low;
        after_digit = digit;
        gap = 0;
    }
    found->characters += size - found->marks;
    found->flags |= (least <= 0 ? ENOUGH_PIECES : 0) | (seen ? HAS_DIGIT : 0);
    return size;
}

/* Takes every character from a text in lower case; the counts are made already. */
static Py_ssize_t
form_of(PyObject *low, Py_UCS4 *form, int *marks)
{
    int kind = PyUnicode_KIND(low), after_digit = 0, gap = 0;
    const void *data = PyUnicode_DATA(low);
    Py_ssize_t length = PyUnicode_GET_LENGTH(low), size = 0;

    *marks = 0;
    for (Py_ssize_t i = 0; i < length; i++) {
        Py_UCS4 c = PyUnicode_READ(kind, data, i);
        if (!is_word(c)) {
            gap = 1;
            continue;
        }
        int digit = is_digit(c);
        if (gap && after_digit && digit)
            form[size++] = MARK, ++*marks;
        form[size++] = c;
        after_digit = digit;
        gap = 0;
    }
    return size;
}

static PyObject *
words_of(Py_UCS4 *form, Py_ssize_t size)
{
    Py_ssize_t length = 0;
    for (Py_ssize_t i = 0; i < size; i++)
        if (form[i] != MARK)
            form[length++] = form[i];
    return PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, form, length);
}

/* Room for the form of a text of this length: a mark takes the place of one character at least. */
static int
make_room(Py_UCS4 **space, Py_ssize_t *room, Py_ssize_t length)
{
    if (length > PY_SSIZE_T_MAX / 32) {
        PyErr_SetString(PyExc_ValueError, "read_texts: a text that cannot be read");
        return -1;
    }
    if (length <= *room)
        return 0;
    Py_UCS4 *more = PyMem_Realloc(*space, (size_t)(length + 256) * sizeof(Py_UCS4));
    if (!more) {
        PyErr_NoMemory();
        return -1;
    }
    *space = more;
    *room = length + 256;
    return 0;
}

PyObject *
read_texts(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *texts;
    Py_ssize_t least;

    if (!PyArg_ParseTuple(args, "O!n", &PyList_Type, &texts, &least))
        return NULL;
    fill_tables();
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
        const void *data = PyUnicode_DATA(text);
        Py_ssize_t length = PyUnicode_GET_LENGTH(text), size;
        if (make_room(&space, &room, length) < 0)
            goto done;
        if (PyUnicode_KIND(text) == PyUnicode_1BYTE_KIND)
            size = read_text(PyUnicode_1BYTE_KIND, data, length, least, space, &found);
        else if (PyUnicode_KIND(text) == PyUnicode_2BYTE_KIND)
            size = read_text(PyUnicode_2BYTE_KIND, data, length, least, space, &found);
        else
            size = read_text(PyUnicode_4BYTE_KIND, data, length, least, space, &found);
        if (found.odd) {
            PyObject *low = PyObject_CallMethod(text, "lower", NULL);
            int right = low && PyUnicode_Check(low) &&
                        make_room(&space, &room, PyUnicode_GET_LENGTH(low)) == 0;
            size = right ? form_of(low, space, &found.marks) : -1;
            Py_XDECREF(low);
        }
        if (size >= 0)
            form = PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, space, size);
        if (form)
            word = found.marks ? words_of(space, size) : Py_NewRef(form);
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

/* Texts with each run of digits as one zero. */
PyObject *
drop_digits(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *texts;
    Py_UCS4 *space = NULL;
    Py_ssize_t room = 0;

    if (!PyArg_ParseTuple(args, "O!", &PyList_Type, &texts))
        return NULL;
    fill_tables();
    Py_ssize_t count = PyList_GET_SIZE(texts);
    PyObject *found = PyList_New(count);
    for (Py_ssize_t n = 0; found && n < count; n++) {
        PyObject *text = PyList_GET_ITEM(texts, n), *form = NULL;
        if (!PyUnicode_Check(text))
            PyErr_SetString(PyExc_TypeError, "drop_digits: not a string");
        else if (make_room(&space, &room, PyUnicode_GET_LENGTH(text)) == 0) {
            int kind = PyUnicode_KIND(text), after_digit = 0;
            const void *data = PyUnicode_DATA(text);
            Py_ssize_t length = PyUnicode_GET_LENGTH(text), size = 0;
            for (Py_ssize_t i = 0; i < length; i++) {
                Py_UCS4 c = PyUnicode_READ(kind, data, i);
                int digit = c < 0x10000 ? CLASS[c] & DIGIT : is_digit(c);
                if (!digit || !after_digit)
                    space[size++] = digit ? '0' : c;
                after_digit = digit;
            }
            form = PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, space, size);
        }
        if (form)
            PyList_SET_ITEM(found, n, form);
        else
            Py_CLEAR(found);
    }
    PyMem_Free(space);
    return found;
}
