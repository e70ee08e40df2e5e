/* Tells marks inside of words that need no splitter: part of the words of _quality.c. */

#include <Python.h>
#include <stdint.h>

#include "_charclass.h"

int stays_inside(const uint32_t *codes, const uint16_t *classes, Py_ssize_t first, Py_ssize_t last,
                 Py_ssize_t at, int contractions);

#define LONGEST_PIECE 100 /* characters; longer ones, which are few, go to the splitter */

/* Whether the mark at `at`, in the piece from `first` to `last`, belongs to no exception, to no
   address and to no token that is put together from several: then the plain rules cut it as the
   splitter does. An address has a full stop inside, a word that is cut short an apostrophe. Those
   exceptions with such a mark between letters or digits are smileys, whose letter stands alone,
   `w/o`, `and/or`, and the contractions of a language that has them. */
int
stays_inside(const uint32_t *codes, const uint16_t *classes, Py_ssize_t first, Py_ssize_t last,
             Py_ssize_t at, int contractions)
{
    Py_ssize_t before = 0, after = 0;
    int apostrophes = 0, dots = 0;
    if (last - first > LONGEST_PIECE)
        return 0;
    for (Py_ssize_t i = first; i < last; i++) {
        if (codes[i] > 0xFFFF) /* the splitter has no letters there */
            return 0;
        dots |= codes[i] == '.';
        if (dots && classes[i] & (LETTER | DIGIT | CASELESS | NUMERAL))
            return 0;
        apostrophes |= codes[i] == '\'' || codes[i] == 0x2019;
    }
    if (apostrophes && codes[at] != '\'' && codes[at] != 0x2019)
        return 0;
    while (before < 2 && at - before > first && classes[at - before - 1] & (LETTER | DIGIT))
        before++;
    while (after < 2 && at + after + 1 < last && classes[at + after + 1] & (LETTER | DIGIT))
        after++;
    switch (codes[at]) {
    case '_':
        return before && after;
    case '\\':
        return after == 2 && classes[at + 1] & LETTER;
    case ':':
    case ';':
    case '=':
        return before == 2 && after == 2;
    case '/':
        return before == 2 && after == 2 && !(codes[at - 1] == 'd' && codes[at + 1] == 'o');
    case '\'':
    case 0x2019:
        return !contractions && before && after == 2 && classes[at - 1] & classes[at + 1] & LETTER;
    default:
        return 0;
    }
}
