from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.api.domain.link_finding import find_last_link, find_links

# The wanted link stands between «»; a text without them has no link at all. Where reasonable
# people differ the id gives our reason.
LAST_LINKS = {
    # Where a link ends
    "a full stop before a space is the sentence's": "Now «https://a.example.com/x». Reply STOP",
    "a full stop at the end of the text, too": "Now «https://a.example.com/x».",
    "only the last comma is prose": "2BHK: «https://h.example.org/Pune,MH/2bhk/», call",
    "a semicolon behind the host is prose": "Visit «http://example.com»; reply STOP",
    "an ellipsis is prose": "Read «https://news.example.com/a»... or later",
    "exclamation and question mark": "Seen «https://a.example.com/x»?! Buy",
    "a lone question mark behind the host": "Seen «https://a.example.com»?",
    "a colon behind the host": "«https://a.example.com»: open till 9",
    "a line feed ends it": "Offer:\n«https://a.example.com/a»\nReply STOP",
    "a tab ends it": "«https://a.example.com/a»\tReply STOP",
    "a written-out line feed ends it": "«https://a.example.com/a»\\nReply STOP",
    "the slash at the end is the link's": "Sign up at «https://a.example.com/signup/».",
    "an underscore ends no sentence, so it is the link's": "«https://w.example.org/Ocean_Of_» x",
    "a hyphen may end an id, as in video links": "«https://v.example.com/watch?v=a1b2-» now",
    "an equals sign may end base64": "«https://a.example.com/x?d=YQ==» now",
    # Brackets, quotes and markup
    "a bracket around it": "Ready («https://i.example.org/watch?v=Zq8_xT»)",
    "a bracket inside it": "Read: «https://w.example.org/Pune_(city)»",
    "both": "(see «https://w.example.org/Pune_(city)»).",
    "a bracket of a query": "«https://s.example.com/list?q=ids=(7-1,7-2)»",
    "text stuck behind a closing bracket": "(«https://a.example.com/x»)Hurry",
    "a bracket that the link does not close": "«https://a.example.com/x»(limited offer)",
    "square brackets of a query": "«https://a.example.com/?id[]=1&id[]=2» now",
    "a placeholder in braces": "«https://a.example.com/u/{name}?c={code}» now",
    "a bracket closed behind a change of script": "«https://a.example.com/u»(xपर) now",
    "a quote that ends inside a bracket": "'«https://a.example.com/u»(x' y) now",
    "an unclosed brace": "«https://a.example.com/u/»{name and more",
    "crossed brackets": "«https://a.example.com/x»([)] now",
    "Markdown": "[Apply now](«https://a.example.org/form») before 5 May",
    "double quotes": 'Click "«https://a.example.com/a/»" to confirm',
    "single quotes": "Go to '«https://a.example.com/story»' now",
    "a bracket stuck to the closing quote": "'«https://a.example.com/story»'(new) and more",
    "an apostrophe inside": "«https://a.example.com/asha's-shop» now",
    "an apostrophe inside quotes": "'«https://a.example.com/asha's-shop»' now",
    "quotes of a value": "«https://a.example.com/?name='Asha'» now",
    "quotes that HTML escaped": "&lt;a href=&quot;«https://a.example.com/a»&quot;&gt;",
    "angle brackets": "<«https://a.example.com/a»> now",
    "a backtick": "`«https://a.example.com/a»` now",
    "bold stars opened before it are markup": "**Pay: «https://p.example.com/i/1»** (due)",
    "a star that nobody opened is a wildcard": "Search «https://a.example.com/?q=foo*» now",
    "underscores right around it are italics": "_«https://a.example.com/a»_ now",
    "tildes right around it strike it out": "~«https://a.example.com/a»~ now",
    "terms stuck by a star": "«https://a.example.com/a»*T&C apply",
    "terms stuck by a full stop": "Shop: «shop.co.in/x».T&Cs apply",
    "a parameter named like terms": "«https://a.example.com/?a=b.T&C=1» now",
    "a pipe in a table": "|«https://a.example.com/a»| now",
    "typographic quotes": "\u201c«https://a.example.com/a»\u201d now",
    "a dash stuck to it": "«https://a.example.com/a»\u2014hurry",
    "an ellipsis character": "«https://a.example.com/a»\u2026",
    # Scripts
    "Hindi host and path": "आज «https://उदाहरण.भारत/ऑफर» धन्यवाद",
    "Hindi behind a slash of a Latin host": "«https://a.example.com/ऑफर?q=नया» अब",
    "Hindi stuck to a Latin path is prose": "«https://a.example.com/offer»पर देखें",
    "Japanese stuck to a Latin path is prose": "詳細は«https://t.example.jp/Kp3Qx»をご覧ください",
    "Japanese stuck to a host is prose": "詳細は«https://example.com»をご覧ください",
    "a host of mixed scripts is one": "«https://x日本.example.jp/a» now",
    "an accent is no change of script": "«https://café.example.com/crème» now",
    "an accent made of two characters": "«https://a.example.com/cafe\u0301» now",
    "a joiner inside a Hindi word": "«https://a.example.com/क्\u200dष» अब",
    "danda": "देखें «https://a.example.com/offer»।",
    "danda stuck to Hindi": "देखें «https://a.example.com/ऑफर»।",
    "Arabic comma": "«https://a.example.com/q»، ثم",
    "Arabic question mark": "«https://a.example.com/q»؟",
    "full-width brackets": "今すぐ（詳細は«https://t.example.jp/Kp3Qx»（無料））",  # noqa: RUF001
    "ideographic full stop": "«https://t.example.jp/Kp3Qx»。次",
    "a currency sign": "«https://a.example.com/a»₹500",
    "punycode": "«https://xn--p1b6ci4b4b3a.xn--h2brj9c/a» now",
    # Emoji and what cannot be seen
    "an emoji stuck to a link is decoration": "Buy now «https://a.example.com/a»🔥🔥",
    "an emoji made of several": "«https://a.example.com/a»👩\u200d👩\u200d👧 now",
    "a heart and its selector": "«https://a.example.com/a»❤\ufe0f",
    "a keycap takes its digit along": "«https://a.example.com/a»1\ufe0f\u20e3",
    "a joiner behind it": "«https://a.example.com/a»\u200d now",
    "a selector behind a Hindi word": "«https://a.example.com/ऑफर»\ufe0f now",
    "zero-width space": "Tap «https://a.example.com/a»\u200b now",
    "word joiner": "Tap «https://a.example.com/a»\u2060now",
    "byte order mark": "\ufeff«https://a.example.com/a»\ufeff",
    "soft hyphen": "«https://a.example.com/a»\u00adb",
    "bidi marks": "العرض \u202a«https://a.example.com/q»\u202c اليوم",
    "no-break space": "«https://a.example.com/a»\u00a0now",
    "lone surrogate": "«https://a.example.com/a»\ud83d now",
    "grapheme joiner": "«https://a.example.com/a»\u034f now",
    "grapheme joiner behind a slash": "«https://a.example.com/»\u034f now",
    "grapheme joiner behind a bare host": "«shop.co.in»\u034f now",
    "Hangul filler, a letter that shows nothing": "«https://a.example.com/»\u3164 now",
    "a selector of Mongolian": "«https://a.example.com/»\u180b now",
    "an emoji that is a letter": "«https://a.example.com/»\u2139\ufe0f now",
    "a keycap stuck to a host": "«https://a.example.com»1\ufe0f\u20e3 now",
    "a keycap stuck to a bare host": "«shop.co.in»1\ufe0f\u20e3 now",
    "an unseen character behind a colon": "Link:\u200b«shop.co.in/x» now",
    "a direction mark is no part of a word": "Visit\u202a«shop.co.in»\u202c now",
    # Parts of a link
    "query and fragment": "«https://p.example.com/r?a=5&to=a@b.example&n=H%20D;v=2#top» now",
    "a key without value": "«https://a.example.com/?offer#top1» today",
    "a query right behind the host": "«https://a.example.com?x=1» today",
    "a fragment right behind the host": "«https://a.example.com#top» today",
    "an HTML entity is text and stays": "«https://a.example.com/?a=1&amp;b=2» now",
    "a hash sign and nothing": "«https://a.example.com»# today",
    "a port": "Panel: «https://p.example.com:8443/login» (VPN off)",
    "a number behind a colon is no port": "Call «https://a.example.com»:9876543210",
    "an empty port": "«https://a.example.com:/x» now",
    "a port too high is meant as one before a path": "«https://a.example.com:65536/x» now",
    "a number too high without a path is no port": "«https://a.example.com»:99999 now",
    "userinfo is the link's": "Files: «https://meera:p4ss@f.example.com/x.zip» until Friday",
    "IPv4": "Pay at «http://103.21.244.9/pay?x=1» now",
    "the root's dot behind IPv4": "«http://1.2.3.4./x» now",
    "IPv4 and a full stop": "Up: «http://1.2.3.4». Reply",
    "IPv6": "Up: «http://[2001:db8::1]:8080/status» ok",
    "localhost": "Try «http://localhost:8000/x» now",
    "the root's dot": "«https://a.example.com./x» now",
    "upper case": "Shop «HTTP://A.EXAMPLE.COM/Sale» today",
    "long digits": "«https://a.example.com/dp/2-9195550147-k?r=AB7781234-5566» today",
    # Several links
    "the last of two": "One http://one.example.com two «http://two.example.com/x» three",
    "the last of two that are the same": "https://a.example.com/a or «https://a.example.com/a»",
    "two stuck together, as no host holds a scheme": "https://a.example.com«https://b.example.com/2»",
    "two stuck together behind a path": "https://a.example.com/1«https://b.example.com/2»",
    "two stuck together by a comma": "https://a.example.com/1,«https://b.example.com/2»",
    "bare and schemed stuck together": "shop.example.com«https://b.example.com/2»",
    "bare with path and schemed": "shop.example.com/x«https://b.example.com/2»",
    "two stuck together by a full stop": "https://a.example.com/1.«https://b.example.com/2»",
    "two stuck together by an ellipsis": "https://a.example.com/1...«https://b.example.com/2»",
    "two stuck together by a star": "https://a.example.com/1*«https://b.example.com/2»",
    "bare, full stop and schemed": "shop.example.com.«https://b.example.com/2»",
    "bare with path, full stop and schemed": "shop.example.com/1.«https://b.example.com/2»",
    "a link as a value is data of the outer": "«https://a.example.com/s?href=http://b.example.org/x»",
    "a list of links as a value, too": "«https://a.example.com/s?u=http://b.org,http://c.org» x",
    "a scheme written twice: the second has the host": "Go http://«http://t.example.net/Qm9» ok",
    "a word stuck to the scheme": "Click«https://a.example.com/a» now",
    "JavaScript and a colon before it": "Learn JavaScript:«https://a.example.com/a» now",
    "a mail address behind it": "Visit «https://a.example.com/x» or mail help@example.com",
    # Without a scheme
    "www": "Visit «www.example.com» today",
    "www in capitals": "VISIT «WWW.EXAMPLE.COM/SALE» TODAY",
    "www and a name in another script": "Visit «www.उदाहरण.भारत/ऑफर» now",
    "www stuck to a sentence": "Ready.«www.example.com/x» now",
    "two-level suffix": "Shop at «x.co.in/path» today",
    "short link of others": "Shop at «bit.ly/3xYz» today",
    "no path": "Shop at «amazon.in» today.",
    "a full stop behind it": "Shop at «amazon.in».",
    "capitals": "SHOP AT «AMAZON.IN» TODAY",
    "capitalised, but no word": "Shop at «Flipkart.Com» today",
    "a capital at the start of a line": "«Bit.ly/3xYz» is open",
    "young top-level domains": "https://town.space/event and bare «ghar.link/os1»",
    "a port without scheme": "Panel: «shop.example.com:8443/x» now",
    "a query without path": "«shop.example.com?x=1» now",
    "a question without space is none": "Seen «shop.example.com»?Yes",
    "behind a word and a colon": "Link:«bit.ly/3xYz» now",
    "behind an ellipsis": "Hurry...«shop.co.in/x» now",
    "before an ellipsis": "Visit «shop.co.in»...now",
    "stuck to Hindi": "देखें«shop.co.in/x» अब",
    "behind Japanese": "日本語です。«example.com»",
    "stuck between Japanese": "詳細は«example.com/a»をご覧",
    "an accent is of the name": "Besuchen «münchen.de» heute",
    "a possessive": "See «amazon.in»'s sale",
    "a suffix that is a site itself": "Renew at «gov.uk/vehicle-tax» today",
    "numbers as a name": "Visit «163.com» today",
    "a sentence stuck to a schemed host": "«https://a.example.com».Reply STOP",
    "a sentence that begins with a suffix": "«https://a.example.com».Do not reply",
    "a sentence stuck to a host, and a link to that": (
        "https://a.example.com.Dohttps://b.example.com.«https://c.example.com»"
    ),
    "a dash and a word stuck to a host": "«https://a.example.com»-Hurry",
    "the same in capitals": "«HTTPS://SHOP.CO.IN».REPLY STOP",
    "a sentence stuck to a documentation host": "«https://shop.example».Reply STOP",
    "a sentence stuck to IPv4": "Up: «http://1.2.3.4».Reply STOP",
    "each label with a capital is a name": "«https://Www.Shop.Co.In» now",
    "a sentence stuck to a bare host": "Visit «amazon.in».Reply STOP",
    "a sentence that begins with a suffix, stuck to a bare host": "Visit «shop.co.in».Call us",
    "the same behind www": "Visit «www.shop.com».In store too",
    "a sentence of capitals stuck to a bare host": "VISIT «AMAZON.IN».REPLY STOP",
    "a dash and a capital stuck to a bare host": "Visit «amazon.in»-Team",
    "a suffix that is a word, with a path": "«offer.buy/x» now",
    "a corrected capital in a link": "«wa.Me/919876543210» now",
    "a private network's host": "«https://shop.example.com.internal» now",
    "single letters under a plain suffix": "«a.b.com» is open",
    "strikethrough around a bare host": "~«shop.co.in»~",
    "an address book entry": "(«shop.example.com»)",
}

NO_LINKS = {
    "nothing": "",
    "prose": "Your order is ready. Come in!",
    "e-mail": "Write to help@example.com for support",
    "e-mail with dots and a plus": "Write to john.in+x@mail.example.com, please",
    "e-mail with a path": "mail help@example.com/shop.in",
    "e-mail with an unseen character": "help@\u200bexample.com",
    "links in the fields of an e-mail": "mailto:a@b.com?body=https://a.example.com/x",
    "a link in the text of an SMS": "sms:+919876543210?body=https://a.example.com/x",
    "a link in a magnet": "magnet:?xt=urn:btih:a&tr=http://a.example.com/x",
    "mailto": "mailto:help@example.com?subject=shop.in",
    "handle": "Follow @shop.in today",
    "amount": "Pay Rs.500 or 500.45 only",
    "time": "Call at 3.30pm, from 10.am to 5.pm",
    "abbreviation": "e.g. today, i.e. now, w.r.to you, a.m. or p.m.",
    "degree": "B.Com, B.Tech and M.Sc admissions, Ph.D too",
    "titles": "Asst.Prof.In charge",
    "initials": "Dr. A.K.In of the U.S.A. and U.K.",
    "company": "ABC Pvt.Ltd and XYZ Co.Ltd wish you well",
    "number": "Ref.No 12, Sr.No 3, ref.no 4, ph.no 5, A/c.No 6, txn.no.7",
    "number with a colon": "Ref.no:12 and Token.no:7",
    "number of anything": "Room.no 5, Ward.no 3, Card.no 7, Ticket.no 9",
    "times with a slash": "10.am/5.pm and 10.am-5.pm",
    "degrees with a slash": "B.Com/M.Com and B.Sc/M.Sc",
    "abbreviated company in small letters": "abc pvt.ltd, XYZ PVT.LTD",
    "rupees": "Price in Rs.in lakhs",
    "version": "Update to v2.10.3 or 1.2.3-rc.1 of the app",
    "bare IPv4, which may be a version": "Now on 10.2.3.4/x, from 1.2.3.4",
    "a program": "Open Main.java now",
    "file": "Please open report.pdf we mailed you",
    "a file ending that is a country": "Run invoice.py then see README.md and setup.sh",
    "a file ending that is sold as a domain": "Unpack photos.zip and play trip.mov",
    "beginning of a word that is a suffix": "Read poems by.chaucer tonight",
    "no space behind a full stop": "Order shipped.Track it in the app",
    "no space, and the next word a suffix": "Sale ends today.Do not miss it. Hurry.In store now",
    "the same in small letters": "order now.to know more call us.we care. today.in stock",
    "the same in capitals": "ENDS TODAY.DO NOT MISS",
    "the next word is a company's suffix": "call us.pay now, get offer.save 50%, OFFER.CALL 98",
    "the next word is a suffix and has a slash": "ends soon.Call/WhatsApp us, today.Buy/Sell",
    "thanks and the team": "thanks.team HDFC, THANKS.TEAM HDFC",
    "an abbreviation before a suffix that is a word": "Bal.is low, Amt.is 500",
    "javascript": "javascript:location.host and javascript:alert(1)",
    "data": "data:text/html,shop.example.com",
    "ftp": "ftp://files.example.com/x",
    "app link": "market://details?id=com.example.app and upi://pay?pa=shop.in",
    "a tool's scheme": "git+https://git.example.com/x",
    "scheme without host": "Go to http:// or https://... now",
    "scheme with one slash": "Go to http:/example.com now",
    "scheme without slashes": "Go to https:example.com now",
    "a host without dot": "Go to https://intranet/x now",
    "an empty label": "Go to https://.example.com now",
    "a label that ends in a hyphen": "Go to https://a-.example.com/x now",
    "no IPv4 address": "Go to http://256.1.1.1/x or http://1.2.3/x",
    "no IPv6 address": "Go to http://[1::2::3]/x or http://[1.2.3.4]/x",
    "a host cut by a zero-width space": "https://shop\u200b.example/x",
    "the rest of a host behind an unseen character": "https://sh\u200bop.in/x, tx\u00ad1.in/x",
    "an unseen character behind the scheme": "https://\u200bshop.in/x",
    "www and prose in another script": "www.देखें अब",
    "a path": "in /etc/app.in and C:\\app.in",
    "a parameter": "x=shop.in&y=shop.in",
    "a hashtag": "#shop.in",
    "the end of a word of two scripts": "\u0455hop.com and \ufb01rm.com/x",
    "a suffix alone": "the co.in and .com domains",
    "unknown suffix": "Visit shop.example/x",
    "a name too long": "Visit " + "a" * 64 + ".com and " + "a." * 130 + "com",
    "an underscore inside": "my_file.in",
}


def marked(text: str) -> tuple[str, str]:
    before, _, rest = text.partition("«")
    link, _, after = rest.partition("»")
    return f"{before}{link}{after}", link


@pytest.mark.parametrize("text", LAST_LINKS.values(), ids=LAST_LINKS.keys())
def test_last_link_is_found_where_it_stands(text: str) -> None:
    message, wanted = marked(text)

    found = find_last_link(message)

    assert found is not None
    assert found.text == wanted
    assert (found.start, found.end) == (text.index("«"), text.index("»") - 1)


@pytest.mark.parametrize("text", NO_LINKS.values(), ids=NO_LINKS.keys())
def test_what_only_looks_like_a_link_is_none(text: str) -> None:
    assert find_links(text) == []


def test_all_links_are_listed_from_left_to_right() -> None:
    text = "https://a.example.com/1https://b.example.com, www.c.com/x (d.co.in) mail e@f.com g.com"

    assert [link.text for link in find_links(text)] == [
        "https://a.example.com/1",
        "https://b.example.com",
        "www.c.com/x",
        "d.co.in",
        "g.com",
    ]


def test_bare_and_schemed_link_stuck_together_are_two() -> None:
    found = find_links("shop.co.inhttps://b.example.com/2")

    assert [link.text for link in found] == ["shop.co.in", "https://b.example.com/2"]


FRAGMENTS = st.sampled_from(
    [
        *" \n.,;:!?'\"()[]{}<>*_~-/\\@#&=%+|a1éहは。।🔥\u200d\u200b\ufe0f\u20e3\ud83d",
        *("http://", "https://", "www.", "shop", "example.com", ".in", "bit.ly/", "[::1]", ":80"),
        *("उदाहरण.भारत", "%20", "?q=", "javascript:", "data:text/html,", "ftp://", "https"),
    ]
)
TEXTS = st.lists(FRAGMENTS, max_size=25).map("".join)


@given(text=TEXTS)
@settings(max_examples=300, deadline=None)
def test_links_are_slices_of_the_text_in_order_and_apart(text: str) -> None:
    links = find_links(text)

    assert all(text[link.start : link.end] == link.text for link in links)
    assert all(link.start < link.end for link in links)
    assert all(one.end <= other.start for one, other in pairwise(links))


@given(text=TEXTS)
@settings(max_examples=300, deadline=None)
def test_finding_in_what_was_found_finds_the_same(text: str) -> None:
    for link in find_links(text):
        again = find_links(link.text)

        assert [(one.start, one.end) for one in again] == [(0, len(link.text))]
