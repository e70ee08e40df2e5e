"""The systems that a page's DOM gives away are named in what is removed; posts of forums stay."""
# ruff: noqa: E501  markup is easier to read than its line breaks

import pytest

from transforms.text.html import extract_page
from transforms.text.widgets import SYSTEMS

PROSE = "".join(
    f"<p>{text}</p>"
    for text in (
        "The ferry leaves the harbour at seven in the morning, long before the first visitors wake up.",
        "On the island, the baker has been up since three; her bread is gone by nine, so the queue is long.",
        "Nobody here remembers when the lighthouse was last repaired, but everyone has an opinion on it.",
        "In winter the boat comes twice a week, and the shop closes when the shelves are empty.",
    )
)
BODY = "We took the ferry last spring and the bread really was gone before nine, what a pity!"

SECTIONS = {
    "blogger": '<div class="comments" id="comments"><a name="comments"></a><h4>1 comment:</h4><div id="comment-holder"><div class="comment-thread toplevel-thread"><ol id="top-ra"><li class="comment" id="c1"><p class="comment-content">{}</p></li></ol></div></div></div>',
    "wordpress": '<div id="comments" class="comments-area"><h2 class="comments-title">One thought</h2><ol class="comment-list"><li id="comment-1" class="comment even"><p>{}</p></li></ol><div id="respond" class="comment-respond"><h3>Leave a Reply</h3></div></div>',
    "jetpack": '<div id="respond"><p>{}</p><div class="verbum-comments"></div><iframe class="jetpack_remote_comment" id="jetpack_remote_comment"></iframe><div class="jetpack_remote_comment" id="jetpack_remote_comment"><p>Log in</p></div></div>',
    "wpdiscuz": '<div id="wpdcom"><div class="wpd-thread-list"><div id="wpd-comm-1" class="comment wpd-comment"><div class="wpd-comment-text"><p>{}</p></div></div></div></div>',
    "disqus": '<div id="disqus_thread"><div class="d-noscript-comments"><div class="comment"><p>{}</p></div></div></div>',
    "facebook": '<div class="fb-comments" data-href="/x"><p>{}</p></div>',
    "typepad": '<div id="all-comments"><h2 class="comments-header">Comments</h2><div class="comments-content"><p>{}</p></div></div>',
    "livejournal": '<div class="b-tree-root"><div class="b-leaf"><p>{}</p></div></div>',
    "tumblr": '<ol class="notes"><li class="note reblog"><p>{}</p></li><li class="note like"><p>harbour-cat liked this</p></li></ol>',
    "medium": '<div class="js-responsesWrapper"><div class="responsesStreamWrapper"><p>{}</p></div></div>',
    "substack": '<div class="single-post-section comments"><div id="comments-for-scroll"><div class="comment-list-container"><p>{}</p></div></div></div>',
    "ghost": '<section class="gh-comments gh-canvas"><header class="gh-comments-header">Member discussion</header><div id="ghost-comments-root"><p>{}</p></div></section>',
    "drupal": '<section id="comments" class="comment-wrapper"><div class="comment-published"><div class="field--name-comment-body"><p>{}</p></div></div></section>',
    "joomla": '<div id="jc"><div id="comments" class="jcomments"><p>{}</p></div></div>',
    "typo3": '<div class="tx-pwcomment-pi1"><div class="comment-box"><p>{}</p></div></div>',
    "contao": '<div class="ce_comments block"><div class="comment_default first" id="c1"><p>{}</p></div></div>',
    "serendipity": '<div class="serendipity_comments"><div class="serendipity_comment"><p>{}</p></div></div>',
    "livefyre": '<div id="livefyre-comments"><div class="fyre"><p>{}</p></div></div>',
    "intensedebate": '<div id="idc-container"><div class="idc-c"><p>{}</p></div></div>',
    "viafoura": '<div class="viafoura"><div class="vf3-comments"><p>{}</p></div></div>',
    "coral": '<div id="coral_thread"><div id="coral" class="coral coral-stream"><p>{}</p></div></div>',
    "openweb": '<div class="spcv_conversation"><p>{}</p></div>',
    "hyvor": '<div id="hyvor-talk-view"><p>{}</p></div>',
    "commento": '<div id="commento" class="commento-root"><p>{}</p></div>',
    "remark42": '<div id="remark42"><div class="remark42"><p>{}</p></div></div>',
    "isso": '<section id="isso-thread"><div id="isso-root"><div class="isso-comment"><p>{}</p></div></div></section>',
    "cusdis": '<div id="cusdis_thread"><p>{}</p></div>',
    "waline": '<div id="waline"><div class="wl-cards"><p>{}</p></div></div>',
    "valine": '<div id="vcomments"><div class="vcards"><p>{}</p></div></div>',
    "twikoo": '<div id="twikoo"><div class="tk-comments"><p>{}</p></div></div>',
    "giscus": '<div class="giscus"><p>{}</p></div>',
    "utterances": '<div class="utterances"><p>{}</p></div>',
    "gitalk": '<div id="gitalk-container"><div class="gt-container"><p>{}</p></div></div>',
    "vk": '<div id="vk_comments"><p>{}</p></div>',
    "hypercomments": '<div id="hypercomments_widget"><div class="hc_widget"><p>{}</p></div></div>',
    "changyan": '<div id="SOHUCS"><p>{}</p></div>',
    "echo": '<div class="js-kit-comments"><div class="js-kit-comment"><p>{}</p></div></div>',
    "reviews": '<div class="jdgm-widget"><div class="jdgm-rev"><p>{}</p></div></div>',
    "stackexchange": '<div class="js-post-comments-component"><div class="comments js-comments-container"><p>{}</p></div></div>',
    "xenforo": '<div id="xenforo-comments-7"><ul><li class="xenforo-comment"><p>{}</p></li></ul></div>',
    "discourse": '<div id="discourse-comments"><p>{}</p></div>',
    "woltlab": '<ul class="commentList"><li class="commentListItem"><p>{}</p></li></ul>',
    "schema": '<section class="talk"><div itemprop="comment" itemscope itemtype="https://schema.org/Comment"><p itemprop="text">{}</p></div></section>',
    "mediawiki": '<div class="comments-body" id="allcomments"><p>{}</p></div>',
}
"""A section of each system as its own templates write it."""


NAMED = frozenset(
    (  # noqa: SIM905
        "blogger wordpress jetpack disqus facebook typepad livejournal tumblr medium substack ghost"
        " drupal joomla typo3 xenforo discourse mediawiki livefyre intensedebate viafoura coral"
        " openweb hyvor commento remark42 isso giscus utterances schema"
    ).split()
)


def article(after):
    return f"<html><body><main><article><h1>The ferry</h1><div class='entry'>{PROSE}</div></article>{after}</main></body></html>"


@pytest.mark.parametrize("name", sorted(SECTIONS))
def test_the_section_of_a_system_goes_under_its_name(name):
    extract = extract_page(article(SECTIONS[name].format(BODY)), comments="separate")
    (body,) = [block for block in extract.blocks if block.text == BODY]
    assert body.rule == f"comments.{name}"
    assert body.evidence.startswith("in ")
    assert any(BODY in comment.text for comment in extract.comments)
    kept = [block.text for block in extract.blocks if not block.rule]
    assert len(set(kept) & set(PROSE.replace("<p>", "").split("</p>"))) == 4


def test_the_systems_that_pages_have_most_are_there():
    assert set(SECTIONS) >= NAMED
    rules = {system.rule for system in SYSTEMS}
    assert rules >= {f"comments.{name}" for name in SECTIONS} | {
        "comments.phpbb",
        "comments.vbulletin",
    }


def test_a_section_without_a_system_is_a_container():
    blocks = extract_page(article(f'<div class="kommentare"><p>{BODY}</p></div>')).blocks
    assert [b.rule for b in blocks if b.text == BODY] == ["comments.container"]


@pytest.mark.parametrize(
    ("rule", "markup", "text"),
    [
        (
            "share.jetpack",
            '<div class="sharedaddy sd-sharing-enabled"><h3>Share this:</h3><ul><li><a href="#f">Facebook</a></li></ul></div>',
            "Share this:",
        ),
        (
            "related.posts",
            '<div id="jp-relatedposts" class="jp-relatedposts"><h3>Related</h3><a href="/a">The harbour</a></div>',
            "Related",
        ),
        (
            "navigation.blogger",
            '<div class="blog-pager" id="blog-pager"><a href="/o">Older Post</a></div>',
            "Older Post",
        ),
        (
            "cookies.banner",
            '<div id="cookie-notice"><p>This site uses cookies.</p><a href="#">Ok</a></div>',
            "This site uses cookies.",
        ),
        (
            "newsletter.signup",
            '<div id="mc_embed_signup" class="newsletter"><p>Get the letter from the island.</p></div>',
            "Get the letter from the island.",
        ),
    ],
)
def test_other_widgets_are_named(rule, markup, text):
    blocks = extract_page(article(markup)).blocks
    assert [b.rule for b in blocks if b.text == text] == [rule]


POSTS = {
    "phpBB": '<div id="p{0}" class="post bg2"><div class="postprofile"><a href="/u">{1}</a></div><div class="postbody"><div class="content">{2}</div></div></div>',
    "vBulletin": '<li class="postbit postcontainer" id="post_{0}"><div class="userinfo"><a href="/u">{1}</a></div><div id="post_message_{0}"><blockquote class="postcontent restore">{2}</blockquote></div></li>',
    "Discourse": '<div id="post_{0}" class="topic-body crawler-post"><div class="crawler-post-meta"><a href="/u">{1}</a></div><div class="post">{2}</div></div>',
    "Stack Exchange": '<div class="answer js-answer"><div class="answercell post-layout--right"><div class="s-prose js-post-body">{2}</div><div class="user-details"><a href="/u">{1}</a></div></div></div>',
    "XenForo": '<article class="message message--post" id="js-post-{0}"><div class="message-user"><a href="/u">{1}</a></div><div class="message-content"><div class="message-userContent"><div class="bbWrapper">{2}</div></div></div></article>',
}


@pytest.mark.parametrize("name", sorted(POSTS))
def test_posts_of_forums_stay_and_comments_below_them_go(name):
    texts = [text.replace("<p>", "") for text in PROSE.split("</p>") if text]
    posts = "".join(POSTS[name].format(n, f"user{n}", text) for n, text in enumerate(texts, 1))
    below = f'<div class="js-post-comments-component"><p>{BODY}</p></div>'
    extract = extract_page(
        f"<body><div id='content'>{posts}{below}</div></body>", comments="separate"
    )
    kept = [block.text for block in extract.blocks if not block.rule]
    assert extract.forum
    assert [text for text in kept if text in texts] == texts
    assert BODY not in kept
    assert [comment.text for comment in extract.comments] == [BODY]
