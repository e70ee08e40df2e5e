"""The words of class and id names that hint at what an element is, and the bits of hints."""

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
