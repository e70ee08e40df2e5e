"""URL block lists: whether a page's host is on one."""

import re

_NOWHERE = frozenset({"0.0.0.0", "127.0.0.1", "::1", "::", "localhost"})  # noqa: S104 - no binding
_PLAIN = re.compile(r"[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?|\[[0-9a-f:.]+\]")
_HOST = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//(?:[^/?#@]*@)?(\[[^\]/?#]*\]|[^/?#:]*)")


def host_of(url: str) -> str:
    """Returns a URL's host in lower case, in its ASCII form, or "" where there is none."""
    match = _HOST.match(url.strip())
    return _ascii(match.group(1).rstrip(".").lower()) if match else ""


def read_hosts(text: str) -> frozenset[str]:
    """Reads a block list: one host a line, or lines of a hosts file such as `0.0.0.0 bad.example`.

    What follows a `#` is a comment; `*.` and a dot before a host are left out, since domains stand
    for their hosts; international names get their ASCII form.

    Raises:
      ValueError: for a line that is none.
    """
    found = set()
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].split()
        if len(words) > 1 and words[0] in _NOWHERE:
            words = words[1:]
        for word in words:
            host = _ascii(word.lower().removeprefix("*").strip("."))
            if not _PLAIN.fullmatch(host):
                raise ValueError(f"line {number}: {word[:80]!r} is no host; write bad.example")
            found.add(host)
    return frozenset(found - _NOWHERE)


def _ascii(host: str) -> str:
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def host_blocked(url: str, hosts: frozenset[str]) -> bool:
    """Returns whether a URL's host, or a domain above it, is in a block list.

    Args:
      url: an absolute URL; one without a host is never blocked.
      hosts: lower-case hosts without port; international names in their ASCII (`xn--`) form.
    """
    host = host_of(url)
    while host:
        if host in hosts:
            return True
        host = host.partition(".")[2]
    return False
