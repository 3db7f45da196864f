"""Where a key may be sent: addresses, URLs and the policy's permission."""

from __future__ import annotations

import pytest

from keyturn.model import Param, Reason
from keyturn.probes import addresses, blanks
from keyturn.probes.origins import Origin, Place, may_connect, place, require_permission
from keyturn.probes.unsettled import UnsettledError

PUBLIC = ["1.2.3.4", "93.184.215.14", "2606:4700::1111", "64:ff9b::102:304"]
OWN = ["10.0.0.5", "172.16.0.1", "192.168.1.1", "127.0.0.1", "127.8.8.8", "::1", "fd00::5"]
NOBODYS = [
    "0.0.0.0",  # noqa: S104 # an address to refuse, nothing is bound to it
    "100.64.0.1",
    "100.127.255.255",
    "169.254.169.254",
    "192.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::7f00:1",
    "::ffff:1.2.3.4",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::a00:5",
    "64:ff9b::6440:1",
    "64:ff9b:1::102:304",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "fe80::1",
    "fe80::1%eth0",
    "2606:4700::1111%eth0",
    "fec0::1",
    "ff02::1",
    "not an address",
    "",
    "0x7f.1",
    "2130706433",
    "127.1",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address(address: str) -> None:
    assert addresses.is_public(address)


@pytest.mark.parametrize("address", [*OWN, *NOBODYS])
def test_an_address_that_is_not_public(address: str) -> None:
    assert not addresses.is_public(address)


HTTPS, HTTP = Origin("https", "shop.acme.example", 443), Origin("http", "shop.acme.example", 80)


@pytest.mark.parametrize("address", [*OWN, *NOBODYS])
def test_nothing_else_is_connected_to_over_https(address: str) -> None:
    assert not may_connect(address, HTTPS, ["shop.acme.example", "10.9.9.9"])


@pytest.mark.parametrize("address", OWN)
def test_an_http_origin_may_lead_to_ones_own_network(address: str) -> None:
    assert may_connect(address, HTTP, ["http://shop.acme.example"])


@pytest.mark.parametrize("address", NOBODYS)
def test_an_http_origin_leads_nowhere_else(address: str) -> None:
    assert not may_connect(address, HTTP, ["http://shop.acme.example"])


@pytest.mark.parametrize("entry", ["10.0.0.5", "https://10.0.0.5:8443", "http://10.0.0.5"])
def test_the_policy_may_name_a_private_address(entry: str) -> None:
    assert may_connect("10.0.0.5", HTTPS, ["shop.acme.example", entry])
    assert not may_connect("10.0.0.6", HTTPS, ["shop.acme.example", entry])


def test_the_policy_may_name_an_ipv6_address() -> None:
    assert may_connect("fd00:0::5", HTTPS, ["[fd00::5]"])


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param("https://Api.Example.com", Place(Origin("https", "api.example.com", 443), "/"), id="bare"),
        pytest.param("https://a.example?x=1", Place(Origin("https", "a.example", 443), "/?x=1"), id="query-alone"),
        pytest.param("http://a.example:8080/x/", Place(Origin("http", "a.example", 8080), "/x/"), id="port"),
        pytest.param("https://a.example/u/@me", Place(Origin("https", "a.example", 443), "/u/@me"), id="at-in-path"),
        pytest.param("https://[fd00::5]:8/", Place(Origin("https", "fd00::5", 8), "/"), id="ipv6"),
        pytest.param("https://a.example/x%2Fy", Place(Origin("https", "a.example", 443), "/x%2Fy"), id="escaped"),
    ],
)
def test_a_place(url: str, expected: Place) -> None:
    assert place(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example/",
        "//a.example/",
        "a.example",
        "https://",
        "https:///x",
        "https://alice@a.example/",
        "https://alice:pw@a.example/",
        "https://a.example\\@evil.example/",
        "https://a.example#@evil.example/",
        "https://a.example/#x",
        "https://a.example /",
        "https://a.example/\t",
        "https://a.example/\r\nX: y",
        "https://a.example/\n",
        "https://exa%6Dple.com/",
        "https://\u0430.example/",
        "https://a_b.example/",
        "https://-a.example/",
        "https://a..example/",
        "https://a.example./",
        "https://a.example:x/",
        "https://a.example:99999/",
        "https://a.example:+80/",
        "https://[::1/",
        "https://[fe80::1%25eth0]/",
        "https://a.example/x/../y",
        "https://a.example/x/..",
        "https://a.example/./y",
        "https://a.example/..%2fy",
        "https://a.example/x%2f..%2Fy",
        "https://a.example/%2e%2E/y",
        'https://a.example/"',
        "https://a.example/{x}",
    ],
)
def test_a_url_that_two_may_read_differently(url: str) -> None:
    with pytest.raises(UnsettledError) as caught:
        place(url)
    assert caught.value.reason is Reason.PARAM_MALFORMED


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("https://a.example", "a.example"),
        ("https://a.example:80", "a.example:80"),
        ("http://a.example", "a.example"),
        ("https://[fd00::5]:8443", "[fd00::5]:8443"),
    ],
)
def test_the_header_host(url: str, authority: str) -> None:
    assert place(url).origin.authority == authority


@pytest.mark.parametrize(
    ("url", "entry"),
    [
        ("https://shop.acme.example/x", "shop.acme.example"),
        ("https://shop.acme.example", "SHOP.acme.example"),
        ("https://shop.acme.example", "https://shop.acme.example"),
        ("https://shop.acme.example", "https://shop.acme.example:443"),
        ("https://shop.acme.example:8443", "shop.acme.example:8443"),
        ("http://shop.acme.example", "http://shop.acme.example"),
    ],
)
def test_what_the_policy_lists_is_permitted(url: str, entry: str) -> None:
    require_permission(place(url).origin, ["other.example", entry], is_fixed=False)


@pytest.mark.parametrize(
    ("url", "entry"),
    [
        ("https://evil.example", "shop.acme.example"),
        ("https://shop.acme.example.evil.example", "shop.acme.example"),
        ("https://x.shop.acme.example", "shop.acme.example"),
        ("https://acme.example", "shop.acme.example"),
        ("https://shop.acme.example:8443", "shop.acme.example"),
        ("http://shop.acme.example", "shop.acme.example"),
        ("http://shop.acme.example:443", "https://shop.acme.example"),
        ("https://shop.acme.example", "http://shop.acme.example"),
        ("https://shop.acme.example", "shop.acme.example:99999"),
    ],
)
def test_what_is_only_similar_is_not_permitted(url: str, entry: str) -> None:
    with pytest.raises(UnsettledError) as caught:
        require_permission(place(url).origin, [entry], is_fixed=False)
    assert caught.value.reason is Reason.HOST_NOT_PERMITTED


def test_the_shipped_catalogue_fixes_https_origins_only() -> None:
    require_permission(HTTPS, [], is_fixed=True)
    with pytest.raises(UnsettledError):
        require_permission(HTTP, [], is_fixed=True)


# -- params --------------------------------------------------------------------------------------------------------

DECLARED = {
    "account": Param("label"),
    "shop": Param("host"),
    "day": Param("value", pattern="[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    "any": Param("value", pattern="[^a]+"),
    "words": Param("value", pattern="\\w+"),
    "broken": Param("value", pattern="("),
    "bare": Param("value"),
}


@pytest.mark.parametrize(
    ("template", "given", "expected"),
    [
        pytest.param("https://a.example/x", {}, ("https://a.example/x", False), id="nothing-to-fill"),
        pytest.param(
            "https://{account}-api.example.com/x",
            {"account": "acme"},
            ("https://acme-api.example.com/x", False),
            id="label",
        ),
        pytest.param("{shop}/x", {"shop": "a.example"}, ("https://a.example/x", True), id="host-name"),
        pytest.param("{shop}/x", {"shop": "a.example:8443"}, ("https://a.example:8443/x", True), id="host-port"),
        pytest.param("{shop}/x", {"shop": "http://a.example"}, ("http://a.example/x", True), id="origin"),
        pytest.param("{shop}?x", {"shop": "[fd00::5]"}, ("https://[fd00::5]?x", True), id="ipv6"),
        pytest.param(
            "https://a.example/{account}?d={day}",
            {"account": "x", "day": "2026-11-21"},
            ("https://a.example/x?d=2026-11-21", False),
            id="path-and-query",
        ),
        pytest.param(
            "https://a.example/{any}", {"any": "../?#&%"}, ("https://a.example/..%2F%3F%23%26%25", False), id="escaped"
        ),
    ],
)
def test_a_filled_url(template: str, given: dict[str, str], expected: tuple[str, bool]) -> None:
    assert blanks.url(template, DECLARED, given) == expected


@pytest.mark.parametrize(
    ("template", "given", "reason"),
    [
        pytest.param("https://a.example/{day}", {}, Reason.PARAM_MISSING, id="missing"),
        pytest.param("https://a.example/{key}", {"key": "x"}, Reason.PROBE_MALFORMED, id="undeclared"),
        pytest.param("https://{day}.example/", {"day": "2026-11-21"}, Reason.PROBE_MALFORMED, id="value-in-host"),
        pytest.param("https://{shop}/", {"shop": "a.example"}, Reason.PROBE_MALFORMED, id="host-not-first"),
        pytest.param("https://a.example/{shop}", {"shop": "a.example"}, Reason.PROBE_MALFORMED, id="host-in-path"),
        pytest.param("{account}/x", {"account": "acme"}, Reason.PROBE_MALFORMED, id="label-first"),
        pytest.param("{shop}.evil.example/", {"shop": "a.example"}, Reason.PROBE_MALFORMED, id="host-goes-on"),
        pytest.param("{shop}:8443/", {"shop": "a.example"}, Reason.PROBE_MALFORMED, id="port-of-ours"),
        pytest.param("ftp://a.example/", {}, Reason.PROBE_MALFORMED, id="no-http"),
        pytest.param("https://a.example", {}, Reason.PROBE_MALFORMED, id="no-path"),
        pytest.param("https://a.example/{broken}", {"broken": "x"}, Reason.PROBE_MALFORMED, id="broken-pattern"),
        pytest.param("https://a.example/{bare}", {"bare": "x"}, Reason.PARAM_MALFORMED, id="value-without-pattern"),
        *(
            pytest.param(
                "https://{account}.example.com/", {"account": text}, Reason.PARAM_MALFORMED, id=f"label {text!r}"
            )
            for text in (
                "",
                "a.b",
                "a/",
                "-a",
                "a-",
                "a@b",
                "a\n",
                "a b",
                "\u0430",
                "a" * 64,
                "a#",
                "a\\",
                "a:b",
                "%61",
            )
        ),
        *(
            pytest.param("{shop}/x", {"shop": text}, Reason.PARAM_MALFORMED, id=f"host {text!r}")
            for text in (
                "",
                "https://",
                "ftp://a.example",
                "a.example/x",
                "a.example?x",
                "a.example#",
                "a.example\\",
                "alice@a.example",
                "https://a\\@evil.example",
                "a.example\n",
                " a.example",
                "a.example:",
                "a.example:123456",
                "\uff41.example",
                ".".join(["a" * 60] * 5),
            )
        ),
        *(
            pytest.param("https://a.example/{day}", {"day": text}, Reason.PARAM_MALFORMED, id=f"value {text!r}")
            for text in ("", "2026-11-21x", "x2026-11-21", "2026-11-21\n", "2026/11/21", "\u0662026-11-21")
        ),
        pytest.param("https://a.example/{any}", {"any": "b\r\nX: y"}, Reason.PARAM_MALFORMED, id="line-break"),
        pytest.param("https://a.example/{any}", {"any": "b" * 256}, Reason.PARAM_MALFORMED, id="long"),
        pytest.param("https://a.example/{words}", {"words": "\u00e9"}, Reason.PARAM_MALFORMED, id="not-ascii"),
    ],
)
def test_a_url_that_cannot_be_filled(template: str, given: dict[str, str], reason: Reason) -> None:
    with pytest.raises(UnsettledError) as caught:
        blanks.url(template, DECLARED, given)
    assert caught.value.reason is reason
