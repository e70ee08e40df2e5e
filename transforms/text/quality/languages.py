"""Function words and writing habits per language; typed from general knowledge of the languages.

The English list is that of the Gopher paper (Rae et al. 2021, A.1.1). The others hold the most
frequent function words of their language, in lower case, eight to sixteen each: a page of running
text holds several of them, a list of names or prices hardly any. A language that is not here has no
data: rules that need them abstain.
`benchmarks/check_stop_words.py` compares the lists with counts in a text of each language.
"""

STOP_WORDS: dict[str, tuple[str, ...]] = {
    language: tuple(words.split())
    for language, words in {
        "en": "the be to of and that have with",
        "ar": "في من على إلى أن هذا التي الذي عن مع ما كان",
        "bg": "на и в за от се да е с не са по",
        "bn": "এবং এই করে থেকে জন্য না একটি ও হয় করা তার এর",
        "ca": "de la i que el en els amb per una les és",
        "cs": "a v na se že je s z do o to pro",
        "da": "og i at det er en til på af som for med",
        "de": "der die und in den von zu das mit ist des nicht",
        "el": "και το να του της η με για από την στο που",
        "es": "de la que el en y los del las un por con",
        "et": "ja on ei et kui see oma ka mis aga ning oli",
        "fa": "و در به از که این را با است برای آن یک",
        "fi": "ja on ei että se oli hän mutta kun myös ovat joka",
        "fr": "de la le et les des en un que une du est",
        "he": "של את על לא הוא כי זה עם היא גם או אל",
        "hi": "के में की है और से का को पर यह नहीं ने",
        "hr": "i u je na se da za su od s a koji",
        "hu": "a az és hogy nem is egy ez meg volt de mint",
        "id": "yang dan di dari untuk dengan ini pada itu dalam tidak adalah",
        "it": "di e che il la in un per del una con non",
        "ko": "이 그 및 수 있는 것 한 등 있다 대한 위해 또한",
        "lt": "ir yra į kad su iš tai kaip bet jis buvo ar",
        "lv": "un ir ar no par ka uz kas tas bet kā arī",
        "mk": "на и во да за од се со не е што ги",
        "nl": "de van het een en in is dat op te met voor",
        "no": "og i at det er en til på som for med av",
        "pl": "i w na z do się nie że to jest o jak",
        "pt": "de a o que e do da em um para com não",
        "ro": "de și în a la cu pe nu care din o că",
        "ru": "и в не на что с по это как к а из",
        "sk": "a v na sa je že s z do o to pre",
        "sl": "in je v na se za da so pa z ki po",
        "sq": "e të në dhe për me që një nga është si më",
        "sr": "и у је на се да за су од са а који i u je na se da za su od sa a koji",
        "sv": "och i att det är en på som för av med till",
        "ta": "ஒரு என்று மற்றும் இந்த என அந்த இது உள்ள அவர் ஆகும் மேலும் தான் அல்லது வேண்டும்",
        "tl": "ang ng sa na at mga ay para ito siya hindi may",
        "tr": "ve bir bu da de için ile çok olarak ne daha gibi",
        "uk": "і в на що з у не до та як за це",
        "ur": "کے میں کی ہے اور سے کا کو پر یہ نہیں نے",
        "vi": "và của là các có trong cho được một không với những",
    }.items()
}
"""Function words per ISO 639-1 code, lower case."""

WITHOUT_SPACES = frozenset({"bo", "dz", "ja", "km", "lo", "my", "th", "zh"})
"""Languages written without spaces between words: rules that count words abstain."""

WITHOUT_END_MARKS = frozenset({"bo", "lo", "th"})
"""Languages whose sentences end in a space, not in a mark: rules about end marks abstain."""

CLOSING_QUOTES = ("”", "’", "»", "“", "」", "』")
"""What may stand after the end mark of a line, in languages other than English."""

END_MARKS: dict[str, tuple[str, ...]] = {
    language: tuple(marks)
    for languages, marks in {
        "en": ".?!",
        "bg ca cs da de es et fi fr hr hu id it lt lv mk nl no pl pt ro ru sk sl sq sr sv tl tr uk "
        "vi ko": ".?!…",
        "el": ".;!;…",
        "ar fa ur": ".؟!۔…",
        "he": ".?!…",
        "hi bn": "।.?!॥",
        "ta te ml kn gu": ".?!।",
        "zh ja": "。．？！.?!…",
        "my": "။",
        "km": "។៕.?!",
        "hy": "։․:",
        "am": "።፧.?!",
        "ka": ".?!…",
    }.items()
    for language in languages.split()
}
"""What ends a sentence, per ISO 639-1 code."""


def base(language: str) -> str:
    """Returns the language of a code such as `zh-cn`, lower case, "nb" and "nn" as "no"."""
    code = language.partition("-")[0].partition("_")[0].lower()
    return {"nb": "no", "nn": "no", "iw": "he", "in": "id", "fil": "tl"}.get(code, code)
