"""Personal data is masked where its form is certain; block lists cover subdomains."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.text.quality import host_blocked, mask_pii
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
    ],
)
def test_other_numbers_stay(text):
    assert mask_pii([text]) == ([text], [[]])


def test_what_was_found_is_given_in_places_of_the_text():
    text = "x@y.org and 8.8.8.8"
    assert mask_pii([text, ""])[1] == [[("email", 0, 7), ("ip", 12, 19)], []]


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
