"""URL block lists: whether a page's host is on one."""

import re

_HOST = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//(?:[^/?#@]*@)?(\[[^\]/?#]*\]|[^/?#:]*)")


def host_of(url: str) -> str:
    """Returns a URL's host in lower case, in its ASCII form, or "" where there is none."""
    match = _HOST.match(url.strip())
    host = match.group(1).rstrip(".").lower() if match else ""
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
