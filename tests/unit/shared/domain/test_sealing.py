"""What is sealed can be had with its key and in its place alone."""

import base64

import pytest

from shared.domain.sealing import (
    MARK,
    BrokenSealError,
    OtherContextError,
    Sealer,
    UnknownKeyError,
    is_sealed,
    key_id_of,
    make_key,
)

OLD, NEW = "A" * 43 + "=", "B" * 42 + "A="
SECRET = b"marked secret"
PLACE = "webhook:17"


def flipped(kept: bytes, place: int) -> bytes:
    return kept[:place] + bytes([kept[place] ^ 1]) + kept[place + 1 :]


@pytest.mark.parametrize(
    "secret", [SECRET, b"", b"\0" * 32, bytes(range(256)), b"%b longer" % MARK]
)
def test_what_is_sealed_is_opened_again_and_not_to_be_seen(secret: bytes) -> None:
    sealer = Sealer([OLD])

    kept = sealer.seal(secret, PLACE)

    assert is_sealed(kept)
    assert kept.isascii()
    assert sealer.open(kept, PLACE) == secret
    assert kept != sealer.seal(secret, PLACE)
    assert not secret or secret not in kept
    assert not secret or base64.urlsafe_b64encode(secret).rstrip(b"=") not in kept


def test_the_first_key_seals_and_each_opens() -> None:
    old, both = Sealer([OLD]), Sealer([NEW, OLD])

    kept = old.seal(SECRET, PLACE)

    assert both.open(kept, PLACE) == SECRET
    assert not both.is_current(kept)
    assert both.is_current(both.seal(SECRET, PLACE))
    assert Sealer([NEW]).open(both.seal(SECRET, PLACE), PLACE) == SECRET
    assert key_id_of(kept) == old.key_ids[0] == both.key_ids[1]


def test_rotating_seals_anew_what_was_plain_or_under_an_older_key() -> None:
    both = Sealer([NEW, OLD])

    for kept in (SECRET, Sealer([OLD]).seal(SECRET, PLACE)):
        anew = both.rotate(kept, PLACE)

        assert both.is_current(anew)
        assert Sealer([NEW]).open(anew, PLACE) == SECRET


def test_a_plain_secret_is_taken_only_where_one_may_be() -> None:
    sealer = Sealer([OLD])

    assert key_id_of(SECRET) is None
    assert not sealer.is_current(SECRET)
    assert sealer.open_or_plain(SECRET, PLACE) == SECRET
    assert sealer.open_or_plain(sealer.seal(SECRET, PLACE), PLACE) == SECRET
    with pytest.raises(BrokenSealError, match="not sealed"):
        sealer.open(SECRET, PLACE)


def test_another_key_is_told_by_id_with_the_setting_to_mend() -> None:
    kept = Sealer([OLD]).seal(SECRET, PLACE)

    with pytest.raises(UnknownKeyError) as refused:
        Sealer([NEW]).open(kept, PLACE)

    told = str(refused.value)
    assert "TXLINK_SECRET_KEYS" in told
    assert Sealer([OLD]).key_ids[0] in told
    assert OLD not in told
    assert NEW not in told


@pytest.mark.parametrize("other", ["webhook:18", "webhook:1", "webhook:170", "totp:17", ""])
def test_what_was_sealed_for_another_place_is_refused(other: str) -> None:
    sealer = Sealer([OLD])

    with pytest.raises(OtherContextError):
        sealer.open(sealer.seal(SECRET, PLACE), other)
    with pytest.raises(OtherContextError):
        sealer.rotate(sealer.seal(SECRET, PLACE), other)


def test_no_changed_octet_passes() -> None:
    sealer = Sealer([OLD])
    kept = sealer.seal(SECRET, PLACE)

    # The point behind the id and, at the end, bits that base64 fills up with say nothing.
    for place in {*range(len(MARK), len(kept) - 3)} - {len(MARK) + 8}:
        with pytest.raises((BrokenSealError, UnknownKeyError)):
            sealer.open(flipped(kept, place), PLACE)
    with pytest.raises(BrokenSealError):
        sealer.open(kept[: len(MARK) + 9], PLACE)


@pytest.mark.parametrize(
    "setting",
    [
        pytest.param("", id="none"),
        pytest.param(" , ", id="only-commas"),
        pytest.param("hidden", id="no-key"),
        pytest.param("A" * 42 + "==", id="31-octets"),
        pytest.param("A" * 43, id="without-padding"),
        pytest.param(f"{OLD},hidden", id="second-is-none"),
        pytest.param("hidden é", id="not-ascii"),
        pytest.param(OLD[:20] + " " + OLD[20:], id="space-inside"),
    ],
)
def test_a_wrong_setting_is_refused_without_being_shown(setting: str) -> None:
    with pytest.raises(ValueError, match="should") as refused:
        Sealer.of_setting(setting)

    assert "hidden" not in str(refused.value)


def test_the_setting_takes_both_alphabets_and_spaces_about_the_commas() -> None:
    octets = b"\xfb\xff" * 16
    keys = [base64.b64encode(octets).decode(), base64.urlsafe_b64encode(octets).decode()]

    first, second = (Sealer.of_setting(f" {key} , {OLD},") for key in keys)

    assert first.key_ids == second.key_ids
    assert len(first.key_ids) == 2
    assert Sealer.of_setting(make_key()).key_ids != Sealer.of_setting(make_key()).key_ids


def test_it_shows_ids_and_no_key() -> None:
    shown = repr(Sealer([OLD, NEW]))

    assert all(key_id in shown for key_id in Sealer([OLD, NEW]).key_ids)
    assert OLD[:10] not in shown
    assert NEW[:10] not in shown
