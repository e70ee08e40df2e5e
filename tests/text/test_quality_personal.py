"""Personal data is masked where its form is certain; block lists cover subdomains."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.text.quality import host_blocked, mask_pii, read_hosts
from transforms.text.quality.personal import MASKS


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Mail a.b+c@mail.example.co.uk.", "Mail <email>."),
        ("<a@b.de>", "<<email>>"),
        ("See 8.8.8.8, please", "See <ip>, please"),
        ("dns 2001:4860:4860::8888 ok", "dns <ip> ok"),
        ("Card 4111 1111 1111 1111!", "Card <card>!"),
        ("Card 4111-1111-1111-1111", "Card <card>"),
        ("Call +49 (0) 30 1234567 now", "Call <phone> now"),
        ("(212) 555-1234", "<phone>"),
        ("Tel.: 030/1234567", "Tel.: <phone>"),
        ("邮箱：jo@mail.example，电话：010-12345678", "邮箱：<email>，电话：<phone>"),
        ("地址jo@mail.example", "地址<email>"),
        ("jürgen@müller.example und иван@почта.рф", "<email> und <email>"),
        ("Appelez le 01 23 45 67 89.", "Appelez le <phone>."),
        ("Tél. : 01.23.45.67.89", "Tél. : <phone>"),
        ("Teléfono: 912 345 678", "Teléfono: <phone>"),
        ("Телефон 8 (495) 123-45-67", "Телефон <phone>"),
        ("הנייד: 050-1234567 טלפון 03-1234567", "הנייד: <phone> טלפון <phone>"),
        ("電話番号：03-1234-5678", "電話番号：<phone>"),
        ("Mobile no. 98765 43210", "Mobile no. <phone>"),
        ("Telefon 0171 123 45 67, Fax 0171 123 45 68", "Telefon <phone>, Fax <phone>"),
    ],
)
def test_personal_data_is_masked(text, masked):
    assert mask_pii([text])[0] == [masked]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no data at all",
        "a@b, @name and name@ are none",
        "192.168.0.1 10.0.0.1 127.0.0.1 999.1.1.1",
        "version 1.2.3.4.5 and v8.8.8.8",
        "at 12:30:45 on 2019-01-02",
        "4111 1111 1111 1112",
        "0000 0000 0000 0000",
        "ISBN 978-3-16-148410-0",
        "1,234,567.89 and 10000000000",
        "hotel 123456789",
        "std::vector::iterator",
        "01 23 45 67 89 10 11 12",
        "01 23.45 67 89",
        "cellist 1234567, autotel 1234567",
    ],
)
def test_other_numbers_stay(text):
    assert mask_pii([text]) == ([text], [[]])


def test_what_was_found_is_given_in_places_of_the_text():
    text = "x@y.org and 8.8.8.8"
    assert mask_pii([text, ""])[1] == [[("email", 0, 7), ("ip", 12, 19)], []]


def test_chosen_kinds_alone_are_masked():
    text = "x@y.org, 8.8.8.8, 4111 1111 1111 1111, +49 30 123456"
    assert mask_pii([text], ["ip"])[0] == [text.replace("8.8.8.8", "<ip>")]
    assert mask_pii([text], []) == ([text], [[]])


@pytest.mark.parametrize(
    ("number", "valid"),
    [
        ("4111111111111111", True),
        ("5500005555555559", True),
        ("378282246310005", True),
        ("6011 1111 1111 1117", True),
        ("3530-1113-3330-0000", True),
        ("4111111111111112", False),
        ("5500005555555558", False),
        ("378282246310004", False),
        ("7111111111111111", False),
        ("411111111111", False),
    ],
)
def test_card_numbers_need_their_check_digit(number, valid):
    assert bool(mask_pii([f"Card {number}."])[1][0]) is valid


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(["a@b.de", "8.8.8.8", "+49 30 123456", " ", "1", "Tel: ", "@", "x", "("])
    )
)
def test_found_pieces_are_in_order_and_the_rest_is_kept(parts):
    text = "".join(parts)
    ((masked,), (found,)) = mask_pii([text])
    position, rebuilt = 0, ""
    for kind, start, end in found:
        assert position <= start < end <= len(text)
        rebuilt += text[position:start] + MASKS[kind]
        position = end
    assert masked == rebuilt + text[position:]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(), max_size=5))
def test_a_batch_is_the_map_of_singles(texts):
    masked, found = mask_pii(texts)
    singles = [mask_pii([text]) for text in texts]
    assert masked == [one[0][0] for one in singles]
    assert found == [one[1][0] for one in singles]


@pytest.mark.parametrize(
    "unit", ["1", "1.", "1-", "a@", "@", ":", "a:", "(1", "+1", "tel ", "8.8.8.8 "]
)
def test_megabytes_of_the_same(unit):
    mask_pii([unit * (1_000_000 // len(unit))])


@pytest.mark.parametrize(
    ("url", "blocked"),
    [
        ("http://bad.example/", True),
        ("https://user:pw@WWW.Bad.Example.:8080/x?y#z", True),
        ("//deep.sub.bad.example", True),
        ("http://notbad.example/", False),
        ("http://example/", False),
        ("http://good.example/?u=http://bad.example/", False),
        ("http://bücher.example/", True),
        ("http://[2001:db8::1]/", True),
        ("http://[broken/", False),
        ("bad.example", False),
        ("file:/tmp/bad.example", False),
        ("", False),
        ("http://" + "a" * 300 + "ü/", False),
    ],
)
def test_hosts(url, blocked):
    hosts = frozenset({"bad.example", "xn--bcher-kva.example", "[2001:db8::1]"})
    assert host_blocked(url, hosts) is blocked


def test_block_lists_are_hosts_a_line_or_hosts_files():
    text = (
        "# list\nBad.Example  # comment\n\n0.0.0.0 ads.example\n127.0.0.1\ttracker.example.\n"
        "*.wild.example\n.dot.example\nb\u00fccher.example\n127.0.0.1 localhost\n[2001:db8::1]\n"
    )
    assert read_hosts(text) == {
        *("bad.example", "ads.example", "tracker.example", "wild.example", "dot.example"),
        *("xn--bcher-kva.example", "[2001:db8::1]"),
    }
    assert host_blocked("http://www.b\u00fccher.example/", read_hosts(text))
    assert read_hosts("") == frozenset()


@pytest.mark.parametrize("line", ["http://bad.example/", "bad.example/path", "a b,c", "-", "*"])
def test_what_is_no_host_is_named(line):
    with pytest.raises(ValueError, match=r"line 2: .* is no host"):
        read_hosts(f"good.example\n{line}")
