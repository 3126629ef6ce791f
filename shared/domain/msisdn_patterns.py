"""Regular expressions that know a mobile number at sight, made from phonenumbers' metadata.

They say yes only where phonenumbers, asked at length, would say yes too and give the same
E.164 number; whatever they leave open is for phonenumbers itself.
"""

import re
from collections.abc import Iterable
from functools import cache, lru_cache

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumberDesc

# A match is not interrupted, so a long one would keep whatever else the process does waiting.
_MOST_AT_ONCE = 2_000
_NEVER = "(?!)"
# A comma or the end of the text: anything else behind a number makes it another text.
_END = "(?![^,])"
# phonenumbers asks for these types first, so a number that is one of them is no mobile.
_OTHER_TYPES = (
    "premium_rate",
    "toll_free",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
)


@cache
def national_run(region: str) -> re.Pattern[str]:
    """Compile what matches a run of mobile numbers as they are written at home.

    The trunk prefix may stand before them, where the region has a plain one.

    Args:
        region: Two letters of ISO 3166-1, in capitals.

    Returns:
        A pattern of one or more national numbers of digits alone, each followed by commas or
        the end of the text. It never backtracks into a number it has taken.
    """
    metadata = _home(region)
    code = calling_code_of(region)
    guards = (
        _not_dialled_abroad(metadata, first="0"),
        f"(?:{trunk_prefix(region)})?",
        _not_prefixed(metadata),
        f"(?={_described(metadata.general_desc)})",
    )
    return _run("".join(guards) + _mobile(code))


# One account meets few calling codes; the bound is for a list that names them all.
@lru_cache(maxsize=512)
def international_run(calling_code: int, region: str) -> re.Pattern[str]:
    """Compile what matches a run of one country's mobile numbers with their calling code.

    Args:
        calling_code: The country of the numbers, one of phonenumbers' calling codes.
        region: Where a number without a plus is read first, as in ``national_run``.

    Returns:
        A pattern like ``national_run``'s. A plus, or the blank that a form makes of it, may
        stand before each number; without one, nothing matches that could be read at home.
    """
    home = _home(region)
    is_own = calling_code == home.country_code
    bare = _not_dialled_abroad(home, first=str(calling_code)[0])
    bare += _not_as_long_as_at_home(calling_code, region)
    # North America's trunk prefix is its calling code: both readings are the same number.
    if not (is_own and re.fullmatch(home.national_prefix_for_parsing or "", str(calling_code))):
        bare += _not_prefixed(home)
    main = _metadata(calling_code, COUNTRY_CODE_TO_REGION_CODE[calling_code][0])
    prefixes = dict.fromkeys([_not_prefixed(main), *([_not_prefixed(home)] if is_own else [])])
    return _run(f"(?:[+ ]|{bare}){calling_code}{''.join(prefixes)}{_mobile(calling_code)}")


def trunk_prefix(region: str) -> str:
    """Give the digits that only calls within a region need, such as ``0``.

    Args:
        region: As in ``national_run``.

    Returns:
        Nothing where there are none, or where they depend on carrier or area.
    """
    metadata = _home(region)
    is_plain = metadata.national_prefix == metadata.national_prefix_for_parsing
    return (metadata.national_prefix or "") if is_plain else ""


def calling_code_of(region: str) -> int:
    """Give the calling code of a region.

    Args:
        region: As in ``national_run``.

    Raises:
        LookupError: phonenumbers knows no such region.
    """
    return _home(region).country_code or 0


@cache
def mobile_lengths(region: str) -> frozenset[int]:
    """Tell how many digits a national mobile number may have.

    Args:
        region: As in ``national_run``; regions that share its calling code count too.
    """
    return _lengths(calling_code_of(region))


@cache
def _lengths(calling_code: int) -> frozenset[int]:
    lengths: set[int] = set()
    for region in COUNTRY_CODE_TO_REGION_CODE[calling_code]:
        metadata = _metadata(calling_code, region)
        descs = (_mobile_desc(metadata), metadata.general_desc)
        lengths |= next({*desc.possible_length} for desc in descs if desc and desc.possible_length)
    return frozenset(lengths)


def _run(number: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{number},*){{1,{_MOST_AT_ONCE}}}+", re.ASCII)


@cache
def _mobile(calling_code: int) -> str:
    """Match one national number exactly where phonenumbers says mobile, or fixed or mobile."""
    regions = COUNTRY_CODE_TO_REGION_CODE[calling_code]
    if len(regions) == 1:
        return _mobile_of(_metadata(calling_code, regions[0]))
    # Of regions that share a code, the first that claims a number speaks for it: by its
    # leading digits where it has some, else by knowing the number's type.
    pattern = _NEVER
    for region in reversed(regions):
        metadata = _metadata(calling_code, region)
        mine = _mobile_of(metadata)
        if metadata.leading_digits:
            leading = f"(?:{metadata.leading_digits})"
            pattern = f"(?:(?={leading}){mine}|(?!{leading}){pattern})"
        else:
            pattern = f"(?:{mine}|(?!{_of_any_type(metadata)}){pattern})"
    return pattern


def _mobile_of(metadata: PhoneMetadata) -> str:
    mobile = _mobile_desc(metadata)
    general = metadata.general_desc
    if mobile is None or not mobile.national_number_pattern or general is None:
        return _NEVER
    # Each lookahead costs; most patterns hold their lengths within the general ones.
    fits = "" if {*mobile.possible_length} <= {*general.possible_length} else _fits(general)
    others = _of_other_type(metadata)
    return f"{fits}(?={_described(mobile)})(?!{others})(?:{general.national_number_pattern}){_END}"


def _mobile_desc(metadata: PhoneMetadata) -> PhoneNumberDesc | None:
    same = metadata.same_mobile_and_fixed_line_pattern
    return metadata.fixed_line if same else metadata.mobile


def _of_any_type(metadata: PhoneMetadata) -> str:
    types = (_described(metadata.fixed_line), _described(metadata.mobile))
    return f"(?:{'|'.join(types)}|{_of_other_type(metadata)})"


def _of_other_type(metadata: PhoneMetadata) -> str:
    """Match at least the numbers of the types that phonenumbers asks for before mobile."""
    descs: list[PhoneNumberDesc | None] = [getattr(metadata, name) for name in _OTHER_TYPES]
    patterns = [desc.national_number_pattern for desc in descs if desc is not None]
    return f"(?:{'|'.join(pattern for pattern in patterns if pattern) or _NEVER}){_END}"


def _described(desc: PhoneNumberDesc | None) -> str:
    pattern = desc.national_number_pattern if desc else None
    return f"{_fits(desc)}(?:{pattern}){_END}" if desc and pattern else _NEVER


def _fits(desc: PhoneNumberDesc) -> str:
    return f"(?={_of_length(desc.possible_length)})" if desc.possible_length else ""


def _of_length(lengths: Iterable[int]) -> str:
    counted = "|".join(rf"\d{{{length}}}" for length in sorted(lengths))
    return f"(?:{counted or _NEVER}){_END}"


def _not_prefixed(metadata: PhoneMetadata) -> str:
    """Look ahead for a trunk prefix, which phonenumbers would strip or rewrite."""
    prefix = re.sub(r"\((?!\?)", "(?:", metadata.national_prefix_for_parsing or _NEVER)
    prefix = prefix.replace("$", _END)
    if re.match(prefix, ""):
        # Argentina's may match nothing, which is no prefix: the whole number is still ahead.
        return rf"(?!(?=(\d+))(?:{prefix})(?!\1{_END}))"
    return f"(?!{prefix})"


def _not_dialled_abroad(metadata: PhoneMetadata, *, first: str) -> str:
    """Look ahead for an international prefix, where the first digit leaves one possible."""
    prefix = metadata.international_prefix or _NEVER
    if first != "0" and re.fullmatch(r"0\d*", prefix):
        return ""
    return f"(?!00|{prefix})"


def _not_as_long_as_at_home(calling_code: int, region: str) -> str:
    with_code = {length + len(str(calling_code)) for length in _lengths(calling_code)}
    both = with_code & mobile_lengths(region)
    return f"(?!{_of_length(both)})" if both else ""


def _home(region: str) -> PhoneMetadata:
    return _known(PhoneMetadata.metadata_for_region(region), region)


def _metadata(calling_code: int, region: str) -> PhoneMetadata:
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(calling_code, region)
    return _known(metadata, region)


def _known(metadata: PhoneMetadata | None, region: str) -> PhoneMetadata:
    if metadata is None:
        raise LookupError(f"No telephone numbers are known of region {region!r}.")
    return metadata
