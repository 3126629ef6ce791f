"""Whatever a sender writes is either read right or refused with a reason, by every parser.

``make fuzz`` runs these for longer; ``make test`` runs some examples of each.
"""

import re
from contextlib import suppress
from io import BufferedReader, BytesIO
from xml.sax.saxutils import escape

from hypothesis import given
from hypothesis import strategies as st

from services.api.domain.composing import Composer, PersonalRow, TextRules
from services.api.domain.errors import MalformedBodyError
from services.api.domain.link_finding import find_last_link, find_links
from services.api.domain.placeholders import Template
from services.api.domain.rewriting import plan_rewrite
from services.api.domain.sheet_errors import SheetError
from services.api.domain.sheets import SheetLimits
from services.api.schemas.xml_body import parse_xml
from services.api.sheets.parsing import parse_sheet
from shared.domain.errors import DomainError
from shared.domain.msisdn import NumberRules
from shared.domain.number_rejections import RejectionReason
from shared.domain.recipients import parse_recipients
from shared.domain.segments import Encoding, segment
from shared.domain.smart_encoding import to_gsm7
from tests.support.workbooks import raw_workbook

SHORT_LINK = "https://tx1.in/SAlhjS"
OURS = frozenset({"tx1.in"})
LOCATION = re.compile(r"https?://[!-~]+", re.ASCII)
ROOM = {
    (Encoding.GSM_7, True): 160,
    (Encoding.GSM_7, False): 153,
    (Encoding.UCS_2, True): 70,
    (Encoding.UCS_2, False): 67,
}
RULES = [
    NumberRules(region, allow_landlines=allow_landlines)
    for region in ("IN", "US", "GB", "AE", "BR", "DE", "SG")
    for allow_landlines in (False, True)
]
LIMITS = SheetLimits(rows=200, columns=20, cell_characters=500)

# What links, sentences, numbers and cells are made of, and what has broken such readers.
PRINTED = r"""
    http:// HTTPS:// https: // www. javascript: data: mailto: tel: tx1.in a.in bit.ly/x / ? # & =
    shop.example.com shop.co.in/x xn--p1ai xn-- пример.рф भारत.भारत 例え.jp 192.0.2.1 [2001:db8::1]
    :8080 :99999 %20 %zz %0d%0a [ ] ( ) < > « 「 . .. … , ; ! । ؟ 。 ' " * _ - -- \ { } {{ }} : |
    {name} € Rs.500 3.30pm e.g. v1.2.3 report.pdf % @ ^ ~ + 12 x5 ext. (+1) 919876543210
    09876543210 00919876543210 9.19877E+11 ९८७६५४३२१० ٩١٩ </ <![CDATA[ ]]> &amp; &#0; <data>
    </data> <sms> <msg> <row> <c> <v> 🔥 🇮🇳
"""
UNPRINTED = (
    "\u201c\u2019\uff0c\u200b\u200d\ufeff\u00ad\u202e\u2066"
    " \xa0\t\n\r\0\x1b\x7f\x85\ufffe\ud83d\udd25"
)
LONG = ["👩\u200d👩\u200d👧", "1\ufe0f\u20e3", "e\u0301", "\u0301" * 40, "a" * 70, "." * 70]
PIECES = [*PRINTED.split(), *UNPRINTED, *LONG]
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=40).map("".join)


@given(texts)
def test_every_text_has_its_links_in_order_where_they_stand(text: str) -> None:
    end = 0
    for link in find_links(text):
        assert end <= link.start < link.end <= len(text)
        assert text[link.start : link.end] == link.text
        end = link.end
    links = find_links(text)
    assert find_last_link(text) == (links[-1] if links else None)


@given(texts)
def test_every_text_is_rewritten_at_one_place_or_refused(text: str) -> None:
    try:
        rewrite = plan_rewrite(text, short_domains=OURS)
    except DomainError:
        return
    assert rewrite.before + rewrite.destination + rewrite.after == text
    assert LOCATION.fullmatch(rewrite.location)


@given(texts, st.sampled_from([None, *Encoding]), st.sampled_from([None, SHORT_LINK]))
def test_every_text_is_cut_into_segments_or_refused(
    text: str, encoding: Encoding | None, link: str | None
) -> None:
    written = text + (link or "") + text
    try:
        cut = segment(written, keep_whole=link, encoding=encoding)
    except DomainError:
        return
    room = ROOM[cut.encoding, cut.count == 1]
    assert "".join(cut.parts) == written
    assert all(segment(part, encoding=cut.encoding).units <= room for part in cut.parts)


@given(texts)
def test_making_a_text_plain_twice_changes_nothing_more(text: str) -> None:
    assert to_gsm7(to_gsm7(text)) == to_gsm7(text)


@given(texts, st.sampled_from(RULES))
def test_every_number_is_one_to_send_to_or_rejected_for_a_reason(
    text: str, rules: NumberRules
) -> None:
    found = parse_recipients(text, rules=rules, drop_duplicates=False)

    assert all(10**6 < msisdn < 10**15 for msisdn in found.msisdns)
    assert all(number.reason in RejectionReason for number in found.rejected)
    again = parse_recipients(
        [f"+{msisdn}" for msisdn in found.msisdns], rules=rules, drop_duplicates=False
    )
    assert (again.msisdns, again.rejected) == (found.msisdns, [])


@given(texts, texts)
def test_every_personal_text_is_composed_or_refused(template: str, value: str) -> None:
    rules = TextRules(sample_link=SHORT_LINK, is_smart=True, short_domains=OURS)
    with suppress(DomainError):
        names = Template.parse(template).names
        row = PersonalRow(2, ["919876543210"], dict.fromkeys(names, value))
        text = Composer(template, rules).compose(row)
        assert text.rewrite is not None
        assert LOCATION.fullmatch(text.rewrite.location)
        assert "".join(text.segmentation.parts) == text.with_link(SHORT_LINK)


@given(st.lists(st.lists(texts, min_size=1, max_size=4), min_size=1, max_size=6), st.data())
def test_every_delimited_file_is_rows_or_refused(
    cells: list[list[str]], data: st.DataObject
) -> None:
    delimiter = data.draw(st.sampled_from([",", ";", "\t", "|"]))
    line_end = data.draw(st.sampled_from(["\n", "\r\n", "\r"]))
    encoding = data.draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"]))
    has_header = data.draw(st.booleans())
    rows = [["Phone", "Name"], *cells] if has_header else cells
    read_sheet(line_end.join(map(delimiter.join, rows)).encode(encoding, "ignore"))


@given(st.lists(texts, max_size=6), texts)
def test_every_workbook_is_rows_or_refused(cells: list[str], markup: str) -> None:
    rows = "".join(
        f'<row><c t="inlineStr"><is><t>{escape(cell)}</t></is></c></row>' for cell in cells
    )
    for written in (rows, markup, f"<row><c>{markup}</c></row>"):
        read_sheet(raw_workbook(written.encode("utf-8", "ignore").decode(), strings="<si/>"))


@given(texts)
def test_every_xml_body_is_parameters_or_refused(markup: str) -> None:
    body = markup.encode("utf-8", "ignore")
    for octets in (body, b"<data>" + body + b"</data>", b"<data><sms>" + body + b"</sms></data>"):
        with suppress(MalformedBodyError):
            assert isinstance(parse_xml(octets), dict)


def read_sheet(octets: bytes) -> None:
    file: BufferedReader = BufferedReader(BytesIO(octets))
    with suppress(SheetError):
        for batch in parse_sheet(file, NumberRules("IN"), LIMITS).batches:
            assert all((row.msisdn is None) != (row.rejection is None) for row in batch.rows)
