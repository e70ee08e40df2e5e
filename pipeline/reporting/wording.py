"""Rules and reasons in plain words, for the summary and the report."""

from typing import Final, NamedTuple

from pipeline.reporting.printable import visible


class Words(NamedTuple):
    """A name for a heading, and what it is in one sentence."""

    name: str
    meaning: str


GROUPS: Final[dict[str, Words]] = {
    "comments": Words("Comments", "comment forms, their prompts, and what readers wrote"),
    "duplicate": Words("Duplicates", "text that an earlier page or paragraph already has"),
    "share": Words("Share bars", "share, like and follow buttons"),
    "newsletter": Words("Newsletter boxes", "requests to subscribe"),
    "related": Words("Related links", "teasers of other pages"),
    "navigation": Words("Navigation", "menus, breadcrumbs, page and tag links"),
    "cookies": Words("Cookie notices", "consent banners and privacy prompts"),
    "login": Words("Log-in boxes", "forms and prompts to log in or register"),
    "meta": Words("Bylines", "author, date and category lines"),
    "footer": Words("Footers", "copyright and site-wide lines at the foot"),
    "boilerplate": Words("Boilerplate", "blocks around the text: menus, adverts, lists of links"),
    "template": Words("Site templates", "lines that stand on many pages of one site"),
    "quality": Words("Quality rules", "text that reads like no prose"),
    "language": Words("Language", "text in a language that was not asked for"),
}

_RULES: Final[dict[str, str]] = {
    "duplicate.exact": "the same text stands in an earlier place",
    "duplicate.near": "almost the same text stands in an earlier place",
    "duplicate.page": "the whole page stands in an earlier place",
    "comments.general": "comment forms and readers' comments of no known system",
    "share.follow": "links to the site's accounts elsewhere",
    "boilerplate.model": "blocks around the text, by their place, length and links",
    "navigation.pager": "links to the previous and next page",
    "navigation.tags": "lists of tags and categories",
}

_SYSTEMS: Final = {
    "blogger": "Blogger",
    "wordpress": "WordPress",
    "disqus": "Disqus",
    "jetpack": "Jetpack",
    "facebook": "Facebook",
    "livejournal": "LiveJournal",
    "typo3": "TYPO3",
    "phpbb": "phpBB",
    "vbulletin": "vBulletin",
    "xenforo": "XenForo",
    "mediawiki": "MediaWiki",
    "stackexchange": "Stack Exchange",
    "vk": "VK",
    "smf": "SMF",
    "schema": "pages marked up with schema.org",
}

REASONS: Final[dict[str, str]] = {
    "unreadable": "the file could not be opened or read",
    "truncated": "the data ends too early",
    "corrupt": "compressed data or a container that does not decode",
    "bomb": "compressed data that grows beyond the permitted ratio",
    "malformed": "a line, row or record header that does not parse",
    "no_text": "no text in it",
    "too_large": "above the size limit",
    "too_deep": "nested beyond the limit",
    "failed": "a parser gave up on the page",
    "empty": "no paragraph was left",
    "short": "too little text was left",
    "language": "not in a language that was asked for",
    "language_score": "its language is too uncertain",
    "quality": "fails the quality rules",
    "duplicate": "the same page was read before",
    "seen": "cleaned in an earlier run",
    "http_status": "an answer that is not a page, such as a redirect or an error",
    "content_type": "neither HTML nor plain text",
    "record_type": "a record about the crawl, not of a page",
}
"""Why a page was dropped, rejected or skipped."""

_LANGUAGES: Final = {
    "af": "Afrikaans",
    "ar": "Arabic",
    "bg": "Bulgarian",
    "bn": "Bengali",
    "ca": "Catalan",
    "cs": "Czech",
    "cy": "Welsh",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "et": "Estonian",
    "fa": "Persian",
    "fi": "Finnish",
    "fr": "French",
    "gu": "Gujarati",
    "he": "Hebrew",
    "hi": "Hindi",
    "hr": "Croatian",
    "hu": "Hungarian",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "kn": "Kannada",
    "ko": "Korean",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "mk": "Macedonian",
    "ml": "Malayalam",
    "mr": "Marathi",
    "ne": "Nepali",
    "nl": "Dutch",
    "no": "Norwegian",
    "pa": "Punjabi",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sk": "Slovak",
    "sl": "Slovenian",
    "so": "Somali",
    "sq": "Albanian",
    "sv": "Swedish",
    "sw": "Swahili",
    "ta": "Tamil",
    "te": "Telugu",
    "th": "Thai",
    "tl": "Tagalog",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "ur": "Urdu",
    "vi": "Vietnamese",
    "zh-cn": "Chinese (simplified)",
    "zh-tw": "Chinese (traditional)",
    "und": "Too little text to say",
}


def language_name(code: str) -> str:
    """Returns "English (en)" for "en"; an unknown code is its own name."""
    name = _LANGUAGES.get(code)
    return f"{name} ({code})" if name else code


def group_of(rule: str) -> str:
    """Returns the group of a rule: what stands before its dot."""
    return rule.partition(".")[0]


def group_name(group: str) -> str:
    """Returns a heading for a group of rules; an unknown one is its own, made safe to look at."""
    words = GROUPS.get(group)
    return words.name if words else visible(group.replace("_", " ").capitalize(), 40)


def rule_meaning(rule: str) -> str:
    """Returns in a few words what a rule removes; "" for a rule of an unknown group."""
    if rule in _RULES:
        return _RULES[rule]
    group, _, name = rule.partition(".")
    words = GROUPS.get(group)
    if words is None:
        return ""
    if group == "comments" and name in _SYSTEMS:
        return f"comment forms and readers' comments of {_SYSTEMS[name]}"
    if name in _SYSTEMS:
        return f"{words.meaning} ({_SYSTEMS[name]})"
    return words.meaning


def reason_meaning(reason: str) -> str:
    """Returns in a few words why a page went; "" where the reason is unknown."""
    return REASONS.get(reason) or REASONS.get(reason.rpartition(".")[2], "")
