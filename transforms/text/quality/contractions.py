"""English contractions and abbreviations that are split or kept in a way of their own.

The table states which words spaCy's English tokenizer (3.8), the one that datatrove counts words
with, treats as exceptions; built here from a few lists and rules, checked by measuring.
"""

from collections.abc import Iterator

_PRONOUNS = "i you he she it we they"
_QUESTIONS = "who what when where why how there that this"
_PLURAL_QUESTIONS = "these those"
_NOT_WITH_HAVE = (
    "ca could do does did had may might must need ought sha should wo would",
    "ai are is was were have has dare",
)
_MODALS = "could might must should would"
_NEVER = "Ill ill Its its Hell hell Shell shell Shed shed were Were Well well Whore whore"

_WHOLE = (
    "doin goin nothin nuthin ol somethin Doin Goin Nothin Nuthin Ol Somethin doin' goin' nothin' "
    "nuthin' ol' somethin' Doin' Goin' Nothin' Nuthin' Ol' Somethin' em ll nuff 'em 'll 'nuff "
    "'S 's ‘S ‘s and/or w/o 're 'Cause 'cause 'cos 'Cos 'coz 'Coz 'cuz 'Cuz 'bout ma'am Ma'am "
    "o'clock O'clock lovin' Lovin' lovin Lovin havin' Havin' havin Havin "
    "Mt. Ak. Ala. Apr. Ariz. Ark. Aug. Calif. Colo. Conn. Dec. Del. Feb. Fla. Ga. Ia. Id. Ill. "
    "Ind. Jan. Jul. Jun. Kan. Kans. Ky. La. Mar. Mass. Mich. Minn. Miss. N.C. N.D. N.H. N.J. N.M. "
    "N.Y. Neb. Nebr. Nev. Nov. Oct. Okla. Ore. Pa. S.C. Sep. Sept. Tenn. Va. Wash. Wis. 'd a.m. "
    "Adm. Bros. co. Co. Corp. D.C. Dr. e.g. E.g. E.G. Gen. Gov. i.e. I.e. I.E. Inc. Jr. Ltd. Md. "
    "Messrs. Mo. Mont. Mr. Mrs. Ms. p.m. Ph.D. Prof. Rep. Rev. Sen. St. vs. v.s."
)
_SPLIT = (
    "y'|all y|all how|'d|'y How|'d|'y not|'ve not|ve Not|'ve Not|ve can|not Can|not gon|na Gon|na "
    "got|ta Got|ta let|'s Let|'s c'm|on C'm|on"
)

_EMOTICONS = (
    ":) :-) :)) :-)) :))) :-))) (: (-: =) (= :] :-] [: [-: [= =] :o) (o: :} :-} 8) "
    "8-) (-8 ;) ;-) (; (-; :( :-( :(( :-(( :((( :-((( ): )-: =( >:( :') :'-) :'( :'-( "
    ":/ :-/ =/ =| :| :-| ]= =[ :1 :P :-P :p :-p :O :-O :o :-o :0 :-0 :() >:o :* :-* "
    ":3 :-3 =3 :> :-> :X :-X :x :-x :D :-D ;D ;-D =D xD XD xDD XDD 8D 8-D ^_^ ^__^ "
    "^___^ >.< >.> <.< ._. ;_; -_- -__- v.v V.V v_v V_V o_o o_O O_o O_O 0_o o_0 0_0 "
    "o.O O.o O.O o.o 0.0 o.0 0.o @_@ <3 <33 <333 </3 (^_^) (-_-) (._.) (>_<) (*_*) "
    "(¬_¬) ಠ_ಠ ಠ︵ಠ (ಠ_ಠ) ¯\\(ツ)/¯ (╯°□°）╯︵┻━┻ ><(((*> ' \\\") <space> '' ’’ C++ — \\t \\n "
    "ä. ö. ü."
)


def _endings(words: str, *endings: str) -> Iterator[tuple[str, ...]]:
    """Yields each word, and its title case, with each ending, with and without apostrophes."""
    for word in words.split():
        for form in (word, word.title()):
            for ending in endings:
                parts = (form, *ending.split("|"))
                yield parts
                yield tuple(part.replace("'", "") for part in parts)


def english() -> dict[str, tuple[str, ...]]:
    """Returns each exception with the tokens it is split into."""
    tokens: list[tuple[str, ...]] = []
    tokens += _endings("i", "'m")
    tokens += [(i, m, "a") for i in ("i", "I") for m in ("'m", "m")]
    tokens += _endings(_PRONOUNS, "'ll", "'ll|'ve", "'d", "'d|'ve")
    tokens += _endings("i you we they", "'ve")
    tokens += _endings("you we they", "'re")
    tokens += _endings("he she it", "'s")
    tokens += _endings(_QUESTIONS, "'s")
    tokens += _endings(f"{_QUESTIONS} {_PLURAL_QUESTIONS}", "'ll", "'ll|'ve", "'d", "'d|'ve")
    tokens += _endings(
        " ".join(
            w for w in f"{_QUESTIONS} {_PLURAL_QUESTIONS}".split() if w not in {"that", "this"}
        ),
        "'re",
        "'ve",
    )
    tokens += _endings(_NOT_WITH_HAVE[0], "n't", "n't|'ve")
    tokens += _endings(_NOT_WITH_HAVE[1], "n't")
    tokens += _endings(_MODALS, "'ve")
    for hour in range(1, 13):
        tokens += [(str(hour), period) for period in ("a.m.", "am", "p.m.", "pm")]
    tokens += [(word,) for word in _WHOLE.split()]
    tokens += [tuple(word.split("|")) for word in _SPLIT.split()]
    table = {"".join(parts): parts for parts in tokens}
    for word in _NEVER.split():
        table.pop(word, None)
    return table | {
        word.replace("'", "’"): tuple(part.replace("'", "’") for part in parts)
        for word, parts in table.items()
        if "'" in word
    }


_GERMAN = (
    "z.B. d.h. u.a. usw. bzw. ca. etc. Dr. Prof. Nr. Str. Abs. vgl. evtl. ggf. inkl. max. "
    "min. Mio. Mrd. Jan. Feb. Mrz. Apr. Jun. Jul. Aug. Sep. Sept. Okt. Nov. Dez. Hr. Fr. "
    "St. Tel. Bd. Jh. v.Chr. n.Chr. o.ä. i.d.R. m.E. s.o. s.u. z.T. z.Z. u.U. u.v.m. e.V. "
    "a.D. Abk. Abt. bspw. bzgl. dgl. ders. dt. ebd. eigtl. engl. entspr. ev. exkl. gegr. "
    "geb. gem. gest. ggü. Hbf. hrsg. Hrsg. i.A. Ing. insb. jew. Jr. kath. lat. lt. Mag. "
    "mtl. p.a. phil. Pkt. rd. röm. sog. Std. stellv. tägl. u.ä. ugs. urspr. usf. Verf. "
    "verh. verw. zzgl. Zt. al. Co. Inc. Corp. Mr. Mrs. B.A. M.A. B.Sc. M.Sc. Dipl. med. "
    "e.g. i.e. N.Y. Ph.D. Z.B. D.h. Vgl. Evtl. Ca. Bzw. i.G. k.o. U.S. U.S.S. L.A. R.I.P. "
    "G.m.b.H. Univ. Abb. Allg. Anm. Aufl. Bsp. Kap. Kfm. Kl. Lt. Tsd. MwSt. vs. mind. 's "
    "’s 'S ’S s' s’ S' d' d’"
)


def german() -> dict[str, tuple[str, ...]]:
    """Returns German abbreviations that keep their full stop; typed from general knowledge."""
    return {word: (word,) for word in _GERMAN.split()}


def everywhere() -> dict[str, tuple[str, ...]]:
    """Returns the exceptions of every language: emoticons and letters with a full stop."""
    words = [
        *_EMOTICONS.split(),
        *(f"{letter}." for letter in "abcdefghijklmnopqrstuvwxyz"),
    ]
    table: dict[str, tuple[str, ...]] = {word: (word,) for word in words}
    table |= {f"°{unit}.": ("°", unit, ".") for unit in "cfkCFK"}
    return table
