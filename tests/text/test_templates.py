import numpy as np

from transforms.fingerprint_paragraphs import DedupRules, fingerprint_pages
from transforms.records import Page
from transforms.text.duplicates import TEMPLATE
from transforms.text.rows import page_of, paragraph_of
from transforms.text.shingles import ShingleHasher
from transforms.text.templates import (
    content_hashes,
    count_hosts,
    find_templates,
    have_words,
    host_hash,
    sum_hosts,
)


def _page(number: int, url: str, *paragraphs: str) -> Page:
    return Page(id=f"ps:{number:016x}", url=url, date="", paragraphs=paragraphs)


def _templates(
    pages: list[Page], min_pages: int = 5, min_share: float = 0.3
) -> set[tuple[int, int]]:
    rules = DedupRules(template_pages=min_pages, template_share=min_share)
    *_, lines = fingerprint_pages(0, 0, pages, rules, ShingleHasher())
    hosts = count_hosts([page.url for page in pages])
    rng = np.random.default_rng(1)
    found = find_templates(rng.permutation(lines), hosts, min_pages, min_share)
    assert set(found["kind"].tolist()) <= {TEMPLATE}
    return {(int(page_of(address)), int(paragraph_of(address))) for address in found["address"]}


def _article(i: int) -> str:
    return f"What happened on day {i} was told at length by the people who had seen it happen."


def test_lines_of_a_site_go_in_all_copies():
    pages = [_page(i, f"https://a.example/{i}", _article(i), "Home and away") for i in range(6)]
    assert _templates(pages) == {(i, 1) for i in range(6)}


def test_a_page_has_the_hash_of_its_first_longest_paragraph():
    keys = np.arange(1, 7, dtype=np.uint64)
    chars = np.array([3, 5, 5, 2, 9, 1])
    assert content_hashes(chars, keys, [3, 0, 1, 2]).tolist() == [2, 0, 4, 5]


def test_too_few_pages_or_too_small_a_share_is_no_template():
    pages = [_page(i, f"https://a.example/{i}", _article(i), "Home and away") for i in range(4)]
    assert _templates(pages) == set()
    pages += [_page(i, f"https://a.example/{i}", _article(i), f"Own {i}") for i in range(4, 20)]
    assert _templates(pages, min_pages=4) == set()
    assert _templates(pages, min_pages=4, min_share=0.2) == {(i, 1) for i in range(4)}


def test_hosts_are_counted_apart():
    pages = [
        _page(i, f"https://{'ab'[i % 2]}.example/{i}", _article(i), "Home and away")
        for i in range(8)
    ]
    assert _templates(pages) == set()


def test_pages_without_a_host_have_no_template():
    pages = [_page(i, f"file:/x/{i}.txt", _article(i), "Home and away") for i in range(9)]
    assert _templates(pages) == set()


def test_one_article_captured_often_stays():
    pages = [
        _page(i, f"https://a.example/{i}", _article(1), "By Ada, who was there", "The end")
        for i in range(9)
    ]
    assert _templates(pages) == set()


def test_a_line_that_stands_twice_on_a_page_counts_once():
    pages = [_page(i, f"https://a.example/{i}", _article(i), "More", "More") for i in range(3)]
    assert _templates(pages) == set()


def test_hosts_are_summed():
    some = count_hosts(["https://a.example/1", "https://a.example/2", "file:/x"])
    more = count_hosts(["https://A.example/3", "http://b.example"])
    summed = sum_hosts([some, more])
    assert dict(zip(summed["host"].tolist(), summed["pages"].tolist(), strict=True)) == {
        host_hash("https://a.example"): 3,
        host_hash("https://b.example"): 1,
    }


def test_odd_urls_have_no_host():
    for url in ("", "file:/x", "https://[broken", "://", "mailto:a@b.example"):
        assert host_hash(url) == 0


def test_lines_without_a_word_are_no_templates():
    lines = [
        "}",
        ">>",
        "17",
        "",
        "3 ...",
        "+---+",
        "a",
        "Menu",
        "次へ",
        "© 2024 Island Post",
        "Ä b",
        "1 #!/bin/bash",
        "#!/usr/bin/env python3",
    ]
    assert have_words(lines).tolist() == [False] * 7 + [True] * 3 + [False] * 3
