"""Finds out which words the reference's tokenizer treats in a way of their own, by asking it.

    python3 -m venv venv-datatrove
    venv-datatrove/bin/pip install "datatrove[processing,io]" spacy lxml_html_clean
    npm install cldr-segments-full@46.1.0 cldr-dates-full@46.1.0 cldr-units-full@46.1.0
    python benchmarks/derive_exceptions.py --python=venv-datatrove/bin/python --cldr=node_modules \\
        PAGES.jsonl > transforms/text/quality/exceptions.json

Candidates come from sources of their own: abbreviations, months and units of the Unicode CLDR, the
traditional abbreviations of the states (GPO Style Manual, 9.13), English contractions by grammar,
emoticons as eyes, nose and mouth, common titles, and the words of PAGES.jsonl (one page a line,
with `text` and, where it is known, `language`). Each is given to the tokenizer; what it splits
otherwise than the rules without exceptions do is an exception. So the table holds answers, not a
list of another program.
"""

import argparse
import collections
import itertools
import json
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from transforms.text.quality.tokens import Splitter

ASK = r"""
import json, sys, spacy
nlp = spacy.blank(sys.argv[1])
words = json.load(sys.stdin)
json.dump([[t.text for t in nlp.tokenizer(w)] for w in words], sys.stdout)
"""
STATES = (
    "Ala. Ariz. Ark. Calif. Colo. Conn. Del. D.C. Fla. Ga. Ill. Ind. Kans. Ky. La. Md. Mass. Mich. "
    "Minn. Miss. Mo. Mont. Nebr. Nev. N.H. N.J. N.Mex. N.Y. N.C. N.Dak. Okla. Oreg. Pa. P.R. R.I. "
    "S.C. S.Dak. Tenn. Tex. Vt. Va. V.I. Wash. W.Va. Wis. Wyo."
)
PRONOUNS = "i you he she it we they who what when where why how there that this these those"
AUXILIARIES = (
    "can could do does did had has have is are was were may might must need ought shall should "
    "will would dare ai"
)
ENDINGS = "'m 'll 'd 's 're 've 'll've 'd've 'ma"
OTHER = (
    "o'clock ma'am y'all c'mon let's gonna gotta wanna cannot 'cause 'em 'bout 'til 'nuff 'twas "
    "lovin' goin' doin' nothin' somethin' havin' ol' and/or w/o e.g. i.e. a.m. p.m. vs. v.s. "
    "not've can't can't've shan't won't"
)
WORD = re.compile(r"[^\W\d_](?:[.'’&/-]?[^\W\d_]){0,11}[.'’]?")
TITLES = (
    "Dr. Prof. Mr. Mrs. Ms. Messrs. Jr. Sr. St. Mt. Rev. Gen. Gov. Sen. Rep. Adm. Col. Capt. Sgt. "
    "Lt. Co. Corp. Inc. Ltd. Bros. Dept. Univ. Assn. Ave. Blvd. Rd. al. vs. etc. e.g. i.e. cf. no. "
    "Ph.D. B.A. M.A. B.Sc. M.Sc. U.S. U.K. U.N. R.I.P. p.m. a.m. A.M. P.M. v.s. L.A. N.Y. approx."
)
GERMAN = (
    "Abb. Anm. Aufl. bspw. bzgl. dgl. ebd. gegr. gem. Hrsg. insb. Kap. lt. max. min. mind. MwSt. "
    "s.o. s.u. Tsd. uvm. z.T. z.B. d.h. u.a. o.ä. i.d.R. u.v.m. v.Chr. n.Chr. bzw. usw. ca. "
    "'s ’s 'S ’S s' s’ S' S’ d' d’ l' l’ L' L’ 'ne ’ne"
)
UNIT_BASES = (
    "m g l t s b B W V A N J Hz Pa bar byte m² m³ m/s m/h /s K C F м г л т с б Б Па бар бит м² "
    "м³ м/с м/ч in ft yd lb oz mph nm ha dm ml T G M % gb tb kb mb"
)
QUOTES = "' \" ’ ‘ “ ” „ ` ´ , « »"
EYES, NOSES, MOUTHS = ":;=8xX", ("", "-", "o", "'", "'-"), ")(][}{|/\\DPpOo0*3><X xS"
PAIRS = ("^", ".", ">", "<", "-", "o", "O", "0", "v", "V", ";", "@", "T")
JOINS = ("_", "__", "___", ".", "")


def asked(python: str, language: str, words: list[str]) -> list[list[str]]:
    done = subprocess.run(
        [python, "-W", "ignore", "-c", ASK, language],
        input=json.dumps(words),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def emoticons() -> Iterator[str]:
    for eye, nose, mouth in itertools.product(EYES, NOSES, MOUTHS):
        for times in (1, 2, 3):
            yield (eye + nose + mouth * times).strip()
            yield (mouth * times + nose + eye).strip()
    for left, join, right in itertools.product(PAIRS, JOINS, PAIRS):
        face = left + join + right
        yield from (face, f"({face})")
    yield from ("<3", "<33", "<333", "</3", ":()", "xD", "xDD", "XD", "XDD", "C++")


def contractions() -> Iterator[str]:
    words = f"{PRONOUNS} {AUXILIARIES}".split()
    for word, ending in itertools.product(words, ENDINGS.split()):
        yield word + ending
    for word in AUXILIARIES.split():
        yield from (f"{word}n't", f"{word}n't've")
    yield from OTHER.split()


def suppressions(cldr: Path, language: str) -> list[str]:
    path = cldr / "cldr-segments-full" / "segments" / language / "suppressions.json"
    found = json.loads(path.read_text("utf-8"))["segments"]["segmentations"]["SentenceBreak"]
    return [one["suppression"] for one in found["standard"]]


def months(cldr: Path, language: str) -> Iterator[str]:
    path = cldr / "cldr-dates-full" / "main" / language / "ca-gregorian.json"
    dates = json.loads(path.read_text("utf-8"))["main"][language]["dates"]["calendars"]["gregorian"]
    for part, context in itertools.product(("months", "days"), ("format", "stand-alone")):
        for name in dates[part][context]["abbreviated"].values():
            yield name.rstrip(".") + "."


def pieces(path: Path, language: str) -> set[str]:
    """Words that occur twice on pages of a language, and short ones with a full stop of any."""
    counts: collections.Counter[str] = collections.Counter()
    dotted: set[str] = set()
    with path.open(encoding="utf-8") as lines:
        for page in map(json.loads, lines):
            found = page["text"].split()
            dotted.update(word for word in found if word[-1] == "." and len(word) < 8)
            if page.get("language", language) == language:
                counts.update(found)
    seen = {word for word, count in counts.items() if count > 1}
    short = {form for word in dotted for form in (word, word.lower(), word.capitalize())}
    return {word for word in seen | short if WORD.fullmatch(word)}


def forms(words: Iterable[str]) -> Iterator[str]:
    """Each word as it is, capitalised, and with the other apostrophe or none."""
    for word in words:
        for form in {word, word.lower(), word[:1].upper() + word[1:]}:
            yield from {form, form.replace("'", "’"), form.replace("'", "")}


def exceptions(
    python: str, language: str, candidates: Iterable[str], kind: str
) -> dict[str, list[str]]:
    """Returns the candidates that are split otherwise than without exceptions, and how."""
    words = sorted({word for word in candidates if word and not any(c.isspace() for c in word)})
    splitter = Splitter(kind, exceptions={})
    answers = zip(words, asked(python, language, words), strict=True)
    found = {
        word: tokens
        for word, tokens in answers
        if list(splitter.split(word)) != tokens and core(word)
    }
    return shortest(found, splitter)


def core(word: str) -> bool:
    """Whether a word is no longer one with marks around it."""
    return not (word[0] in '"“”‘([{«,;!?' or word[-1] in '"“”)]}»,;!?') or len(word) < 4


def shortest(found: dict[str, list[str]], splitter: Splitter) -> dict[str, list[str]]:
    """Drops what other exceptions explain: a word inside marks, or joined to others."""
    needed: dict[str, list[str]] = {}
    for word in sorted(found, key=lambda word: (len(word), word)):
        with_known = Splitter(splitter.kind, exceptions={w: tuple(t) for w, t in needed.items()})
        if list(with_known.split(word)) != found[word]:
            needed[word] = found[word]
    return dict(sorted(needed.items()))


def units(cldr: Path) -> Iterator[str]:
    for language in ("en", "ru", "ar", "de"):
        path = cldr / "cldr-units-full" / "main" / language / "units.json"
        tables = json.loads(path.read_text("utf-8"))["main"][language]["units"]
        for size in ("short", "narrow"):
            for unit in tables[size].values():
                for name, pattern in unit.items():
                    if name.startswith("unitPattern") and isinstance(pattern, str):
                        yield unicodedata.normalize("NFC", pattern.replace("{0}", "").strip())
    prefixed = (a + b + c for a in "TGMkhdcmµnp кмсгМГТ" for b in "mgltWbBмгбБтПаPa" for c in "²³")
    yield from (p.replace(" ", "") for p in prefixed)
    for a, b in itertools.product(("", *"TGMkhdcmµnкмсдгнМГТ"), UNIT_BASES.split()):
        yield a + b


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", type=Path)
    parser.add_argument("--python", required=True, help="of the environment with spaCy")
    parser.add_argument("--cldr", type=Path, required=True, help="node_modules")
    options = parser.parse_args()
    letters = [f"{chr(code)}." for code in range(0x61, 0x17F) if chr(code).isalpha()]
    quotes = [one * 2 for one in QUOTES.split()]
    common = [*emoticons(), *letters, *quotes]
    everywhere = exceptions(options.python, "en", common, "")
    english = [*contractions(), *f"{STATES} {TITLES}".split()]
    english += suppressions(options.cldr, "en")
    english += [*months(options.cldr, "en")]
    english += pieces(options.pages, "en")
    english += [f"{hour}{p}" for hour in range(1, 13) for p in ("am", "pm", "a.m.", "p.m.")]
    german = [
        *suppressions(options.cldr, "de"),
        *months(options.cldr, "de"),
        *f"{GERMAN} {TITLES}".split(),
    ]
    german += pieces(options.pages, "de")
    words = {
        "": everywhere,
        "en": exceptions(options.python, "en", [*forms(english), *common], "en"),
        "de": exceptions(options.python, "de", [*german, *common], "de"),
    }
    candidates = sorted({unit for unit in units(options.cldr) if unit and " " not in unit})
    tokens = asked(options.python, "xx", [f"10{unit}" for unit in candidates])
    split = [u for u, t in zip(candidates, tokens, strict=True) if t == ["10", u] and len(u) <= 8]
    tables = {
        "words": {
            kind: {word: " ".join(tokens) for word, tokens in table.items()}
            for kind, table in words.items()
        },
        "source": "answers of spaCy 3.8, asked by benchmarks/derive_exceptions.py",
        "units": [unit for unit in split if unit[0].isalpha() or unit == "%"],
    }
    json.dump(tables, sys.stdout, ensure_ascii=False, indent=0)


if __name__ == "__main__":
    main()
