/* Classes of characters, as in quality/charclass.py. */

enum {
    SPACE = 1, LETTER = 2, DIGIT = 4, UPPER = 8, PUNCT = 16, HEAD = 32, TAIL = 64, CASELESS = 128,
    HYPHEN = 2048, ICON = 4096, COIN = 8192, RARE = 16384, NUMERAL = 32768
};
