"""What names of classes and ids, tags, roles and link targets hint at. Weighed, never obeyed.

A *mask* is an integer whose bit `GROUPS.index(name)` says that the group is hinted at. Names are
split into words (`entry-content`, `entryContent` and `entry_content` are `entry`, `content`) and
looked up whole, so `header` does not hit `head`; a few stems are looked for inside words, because
they stand in compounds of many languages.
"""

import re

from transforms.text.html.forum import POST, system_of_class, system_of_id

GROUPS: dict[str, str] = {
    "comment": (
        "comment comments commentlist commentbody commentarea commentaire commentaires"
        " comentario comentarios commenti commento kommentar kommentare respond disqus"
        " guestbook pingback pingbacks trackback trackbacks leserbrief leserbriefe livefyre"
        " wpdiscuz intensedebate reacties jdgm remark42 commento hyvor isso utterances giscus"
        " cusdis"
    ),
    "discussion": (
        "reply replies discussion discussions reviews review feedback responses response"
        " opinions reactie reaction reactions conversation talk rating message messages user"
    ),
    "navigation": (
        "nav navi navbar navigation menu menue menus submenu breadcrumb breadcrumbs crumb"
        " crumbs pagination pager paging pages tabs tab toc sitemap skip topbar topnav subnav"
        " mainnav mainmenu dropdown hamburger prev previous next navlinks jump anchor anchors"
        " navigator index directory steps stepper"
    ),
    "footer": (
        "footer foot bottom colophon copyright impressum imprint legal disclaimer footnav"
        " fuss fuß fusszeile subfooter sitefooter prefooter"
    ),
    "header": (
        "header masthead head top topper branding logo kopf kopfzeile siteheader hd brand"
        " slogan tagline"
    ),
    "sidebar": (
        "sidebar side aside widget widgets rail marginal marginalie secondary tertiary right"
        " left rechts links sidecol rightcol leftcol sb textwidget rightcolumn leftcolumn"
    ),
    "related": (
        "related teaser teasers recommend recommended recommendation recommendations more"
        " similar promo promos popular latest recent mehr outbrain taboola carousel slider"
        " swiper slick trending recirc onward also seealso linklist weitere verwandt verwandte"
        " aktuell aktuelle highlights upcoming jp yarpp crp others morenews suggestions"
        " suggested tiles tile"
    ),
    "listing": (
        "card cards grid archive feed loop listing items item list results result excerpt"
        " gallery galerie thumbs thumb thumbnail overview uebersicht stream postlist preview"
    ),
    "share": (
        "share sharing shares social socials follow followus facebook twitter like likes"
        " addthis addtoany shariff sharedaddy sharethis whatsapp pinterest instagram youtube"
        " linkedin sociable teilen bookmark bookmarks shareaholic ssba heateor mashsb"
        " recommendthis sm"
    ),
    "ad": (
        "ad ads adv advert advertisement advertising adsense sponsor sponsors sponsored"
        " anzeige anzeigen werbung affiliate dfp gpt adslot adbox adunit banner banners"
        " promotion publicite publicidad reklama"
    ),
    "newsletter": (
        "newsletter newsletters subscribe subscription subscriptions signup abo abonnement"
        " mailchimp mc4wp optin subscriber mailinglist emailsignup paywall piano donate"
        " donation spenden"
    ),
    "cookie": "cookie cookies consent gdpr dsgvo ccpa cmp onetrust cookiebot borlabs cc cookiebar",
    "meta": (
        "meta metadata date dates datum byline posted postmetadata info infos time timestamp"
        " published publish dateline postinfo postdate articleinfo entryinfo posthead"
        " detailsbar metabox data created modified updated readtime reading views stats"
    ),
    "author": (
        "author authors autor autoren byline bio vcard avatar writer biography authorbox"
        " about profile"
    ),
    "tag": (
        "tag tags tagged tagcloud category categories cat cats kategorie kategorien keywords"
        " keyword topics taxonomy label labels schlagwort schlagworte schlagwoerter filed"
        " terms"
    ),
    "login": (
        "login logout register registration account signin sign user users username password"
        " anmelden anmeldung member members konto profile auth"
    ),
    "content": (
        "content article entry post story text body main prose richtext copy artikel beitrag"
        " inhalt detail blog news page single hentry maincontent rte bodytext csc textblock"
        " wysiwyg txt paragraph contenu contenido tekst primary inner node field copytext"
        " editor"
    ),
    "prose": (
        "articlebody entrycontent postcontent articlecontent storybody postbody entrytext"
        " articletext storycontent fulltext bodycopy fliesstext newstext textbody blogpost"
        " postentry articleentry posttext articlebodytext articlemain blogtext contenttext"
    ),
    "form": (
        "form forms input search suche suchen searchform field fields contact kontakt submit"
        " captcha textarea formular fieldset select searchbox"
    ),
    "hidden": (
        "modal popup overlay hidden hide sr screenreader screen visuallyhidden offscreen"
        " tooltip lightbox offcanvas noprint print invisible dialog toast notice alert message"
    ),
    "caption": (
        "caption captions image img figure photo foto picture bild bildunterschrift credit"
        " credits bildtext media video audio player source quelle"
    ),
    "lead": (
        "lead intro subtitle summary abstract standfirst dek vorspann introduction kicker"
        " deck subline teasertext subheadline subhead lede chapo description"
    ),
    "title": "title titel headline heading headlines entrytitle posttitle pagetitle ueberschrift",
    "forum": (
        "forum thread topic posts postbody viewtopic question answer answers questions"
        " postcontent messagebody postcell vb phpbb xenforo board threadpost"
    ),
    "tool": (
        "tools toolbar tool action actions button buttons btn rating ratings vote votes"
        " voting drucken printlink utility utilities icon icons control controls stars badge"
    ),
    "shop": "cart price product products basket warenkorb buy shop preis checkout woocommerce sku",
    "language": (
        "lang language languages sprache sprachen locale switcher translate wpml translation"
    ),
    "event": "event events termin termine calendar kalender agenda schedule countdown",
    "faq": "accordion faq toggle collapse collapsible expand expandable panel details",
}
"""Words of class and id names, by what the element may be. Collected from the vocabulary of content
management systems and from the class names that share buttons, comment systems and themes
document; no single site's names."""

STEMS = (
    ("comment", "comment"),
    ("kommentar", "comment"),
    ("coment", "comment"),
    ("sidebar", "sidebar"),
    ("widget", "sidebar"),
    ("cookie", "cookie"),
    ("newsletter", "newsletter"),
    ("footer", "footer"),
    ("breadcrumb", "navigation"),
    ("navig", "navigation"),
    ("menu", "navigation"),
    ("nav", "navigation"),
    ("related", "related"),
    ("teaser", "related"),
    ("share", "share"),
    ("social", "share"),
    ("banner", "ad"),
    ("author", "author"),
    ("article", "content"),
    ("artikel", "content"),
    ("content", "content"),
    ("search", "form"),
    ("login", "login"),
    ("header", "header"),
    ("consent", "cookie"),
    ("caption", "caption"),
    ("forum", "forum"),
)
"""Stems that count anywhere inside a word."""

_PARTS_OF_PROSE = (
    {"article", "entry", "post", "story", "blog", "news", "artikel", "beitrag", "page", "main"},
    {"content", "body", "text", "copy", "inhalt", "txt"},
)

BIT = {name: 1 << number for number, name in enumerate(GROUPS)}
N_GROUPS = len(GROUPS)

TAG_BITS = (
    "nav", "footer", "header", "aside", "article", "main", "section", "form", "table", "ul", "li",
    "dl", "blockquote", "h1", "h2", "h3", "h4", "pre", "figure", "a", "button", "label", "address",
    "p", "td", "details", "dialog", "small",
)  # fmt: skip
"""Tags that are features, as bits above the groups; several tags may share one bit."""
TAG_BIT = {name: 1 << (N_GROUPS + number) for number, name in enumerate(TAG_BITS)}
N_BITS = N_GROUPS + len(TAG_BITS)

TAG_MASK = {
    **TAG_BIT,
    "ol": TAG_BIT["ul"], "menu": TAG_BIT["nav"], "h5": TAG_BIT["h4"], "h6": TAG_BIT["h4"],
    "figcaption": TAG_BIT["figure"] | BIT["caption"], "caption": BIT["caption"],
    "th": TAG_BIT["td"], "dt": TAG_BIT["dl"], "dd": TAG_BIT["dl"], "summary": TAG_BIT["details"],
    "legend": TAG_BIT["label"], "fieldset": TAG_BIT["form"], "search": TAG_BIT["form"],
    "time": BIT["meta"], "hgroup": TAG_BIT["header"], "center": 0,
}  # fmt: skip
"""Mask that a tag adds to its element."""

_ROLES = {
    "navigation": TAG_BIT["nav"], "contentinfo": TAG_BIT["footer"], "banner": TAG_BIT["header"],
    "complementary": TAG_BIT["aside"], "main": TAG_BIT["main"], "article": TAG_BIT["article"],
    "search": TAG_BIT["form"], "form": TAG_BIT["form"], "menu": TAG_BIT["nav"],
    "menubar": TAG_BIT["nav"], "menuitem": TAG_BIT["nav"], "dialog": TAG_BIT["dialog"],
    "alertdialog": TAG_BIT["dialog"], "button": TAG_BIT["button"], "tablist": TAG_BIT["nav"],
    "articlebody": BIT["prose"], "datepublished": BIT["meta"], "author": BIT["author"],
    "comment": BIT["comment"], "headline": BIT["title"], "commenttext": BIT["comment"],
    "breadcrumb": BIT["navigation"], "keywords": BIT["tag"], "reviewbody": BIT["comment"],
    "name": 0,
}  # fmt: skip
"""Values of `role` and `itemprop`."""

_ANY_STEM = re.compile("|".join(stem for stem, _ in STEMS))
_WORD_BREAK = re.compile(r"[^a-zäöüß0-9]+|(?<=[a-zäöüß])(?=[0-9])")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_BY_WORD: dict[str, int] = {}
for _group, _words in GROUPS.items():
    for _word in _words.split():
        _BY_WORD[_word] = _BY_WORD.get(_word, 0) | BIT[_group]

_STATES = (
    "category|tag|has|no|not|show|showing|hide|with|js|is|term|author|enable|enabled|type|format"
    "|status|postid|post-id|page-id|single|front|wp-custom|logged|u|tw|sm|md|lg|xl"
)
_STATE = re.compile(rf"(?:{_STATES})[-_](?!content|body|text)")
_STATE_HEADS = frozenset(state.split("-")[0] for state in _STATES.split("|"))
_STATE_INSIDE = re.compile(r"commentary|template-default|(?:main|text|bg)color")
_STATE_ENDS = ("enabled", "disabled")
"""Names that tell what a page or a post is about or how it is set up, not what an element is."""

_MAX_NAME_CHARS = 300
_MAX_NAMES = 12
"""Lists of more class names describe a whole post or page; only the first ones count."""
_MAX_CACHED = 50_000
_MAX_CACHED_CHARS = 1_000
CLASS_MASKS: dict[str, int] = {}
"""Masks of class attributes that `class_mask` has seen."""
_name_cache: dict[str, int] = {}
_word_cache: dict[str, int] = {}


def class_mask(class_names: str) -> int:
    """Hints of a class attribute.

    Args:
      class_names: the attribute; only its first 300 characters count.

    Returns:
      A mask of the groups in `GROUPS`, and `forum.POST` for the classes of posts.
    """
    mask = CLASS_MASKS.get(class_names)
    if mask is None:
        mask = 0
        if system_of_class(class_names):
            mask = POST
        names = class_names[:_MAX_NAME_CHARS].split()
        if len(names) > _MAX_NAMES:
            names = names[: _MAX_NAMES // 2]
        for name in names:
            found = _name_cache.get(name)
            mask |= name_mask(name) if found is None else found
        if len(class_names) <= _MAX_CACHED_CHARS:
            if len(CLASS_MASKS) >= _MAX_CACHED:  # a pure function: this changes no result
                CLASS_MASKS.clear()
            CLASS_MASKS[class_names] = mask
    return mask


def id_mask(identifier: str) -> int:
    """Hints of an id; bit `forum.POST` stands for the ids of posts.

    Args:
      identifier: the attribute.
    """
    mask = name_mask(identifier)
    return mask | POST if system_of_id(identifier) else mask


def name_mask(name: str) -> int:
    """Hints of an id or of one class name; its first 300 characters count, digits at its end not.

    Args:
      name: the id or class name.

    Returns:
      A mask of the groups in `GROUPS`.
    """
    mask = _name_cache.get(name)
    if mask is None:
        short = name[:_MAX_NAME_CHARS].rstrip("0123456789")
        low = short.lower()
        words = low.replace("_", "-").split("-") if "-" in low or "_" in low else [low]
        state = (
            (words[0] in _STATE_HEADS and _STATE.match(low))
            or (("comm" in low or "color" in low or "temp" in low) and _STATE_INSIDE.search(low))
            or low.endswith(_STATE_ENDS)
        )
        if state:
            mask = 0
        else:
            if (
                not low.isascii()
                or not "".join(words).isalpha()
                or (short != low and _CAMEL.search(short))
            ):
                words = _WORD_BREAK.split(_CAMEL.sub("-", short).lower())
            mask = _words_mask(words)
        if len(name) <= _MAX_CACHED_CHARS:
            if len(_name_cache) >= _MAX_CACHED:
                _name_cache.clear()
            _name_cache[name] = mask
    return mask


def role_mask(value: str) -> int:
    """Hints of a `role` or `itemprop` attribute.

    Args:
      value: the attribute; its first word counts.
    """
    return _ROLES.get(value[:40].lower().split(" ", 1)[0], 0)


def _words_mask(words: list[str]) -> int:
    mask = 0
    for word in words:
        found = _word_cache.get(word)
        mask |= _word_mask(word) if found is None else found
    if (
        len(words) > 1
        and not _PARTS_OF_PROSE[0].isdisjoint(words)
        and not _PARTS_OF_PROSE[1].isdisjoint(words)
    ):
        mask |= BIT["prose"]
    return mask


def _word_mask(word: str) -> int:
    mask = _BY_WORD.get(word)
    if mask is None:
        mask = 0
        if len(word) > 3 and _ANY_STEM.search(word):
            for stem, group in STEMS:
                if stem in word:
                    mask |= BIT[group]
    if len(_word_cache) >= _MAX_CACHED:
        _word_cache.clear()
    _word_cache[word] = mask
    return mask
