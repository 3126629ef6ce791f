"""Places are bounded, and no account can hold them all."""

import pytest

from services.api.domain.upload_errors import AccountUploadsBusyError, UploadsBusyError
from services.api.operations.account_places import AccountPlaces

ACME, OTHER, THIRD = 1, 2, 3


def places_for(total: int, *, per_account: int) -> AccountPlaces:
    return AccountPlaces(
        total,
        per_account=per_account,
        when_full=UploadsBusyError,
        when_account_full=AccountUploadsBusyError,
    )


def test_one_account_leaves_places_to_others() -> None:
    places = places_for(3, per_account=2)
    places.hold(ACME)
    places.hold(ACME)

    with pytest.raises(AccountUploadsBusyError):
        places.hold(ACME)

    places.hold(OTHER)
    with pytest.raises(UploadsBusyError):
        places.hold(THIRD)


def test_place_given_back_can_be_held_again() -> None:
    places = places_for(2, per_account=1)
    places.hold(ACME)
    places.hold(OTHER)
    places.free(ACME)

    places.hold(ACME)

    with pytest.raises(UploadsBusyError):
        places.hold(OTHER)


def test_refused_account_holds_nothing() -> None:
    places = places_for(2, per_account=1)
    places.hold(ACME)
    with pytest.raises(AccountUploadsBusyError):
        places.hold(ACME)
    places.free(ACME)

    places.hold(OTHER)
    places.hold(ACME)
