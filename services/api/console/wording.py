"""What the console calls what the API calls otherwise, and how it words refusals.

``N_`` marks a text for the catalogues; whoever shows it has it translated.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from services.api.domain.access_errors import (
    KeyNotLiveError,
    LockOutError,
    ScopeNotGrantableError,
    TooManyKeysError,
)
from services.api.domain.campaign_states import CampaignStateError
from services.api.domain.contact_groups import (
    GroupBusyError,
    GroupNameTakenError,
    TooManyContactsError,
    TooManyGroupsError,
)
from services.api.domain.credit import MoreThanAgreedError
from services.api.domain.errors import TextLetGoError
from services.api.domain.opt_outs import NotOptedOutError
from services.api.domain.passwords import PasswordRefusedError
from services.api.domain.set_up import SetUpTokenError
from services.api.domain.upload_errors import AccountUploadsBusyError, UploadsBusyError
from services.api.domain.user_errors import (
    FreshProofNeededError,
    LastOwnerError,
    OwnUserError,
    RoleNotGrantableError,
    SecondFactorNeededError,
    SecondFactorStateError,
    SecondFactorWrongError,
    SignInRefusedError,
    TooManyFailuresError,
    TooManyUsersError,
    WrongPasswordError,
)
from shared.domain.errors import DomainError


def N_(text: str) -> str:  # noqa: N802 - as gettext calls it
    """Return a text as it is, marked for the catalogues."""
    return text


@dataclass(frozen=True, slots=True, repr=False)
class Told:
    """Something to be told, in whatever language is read.

    Attributes:
        text: Marked for the catalogues, with named places for the values.
        before: What is said first, such as which row it is about.
    """

    text: str
    values: Mapping[str, object] = field(default_factory=dict)
    before: "Told | None" = None

    def in_words(self, translate: Callable[[str], str], number: Callable[[float], str]) -> str:
        """Return it in the words of a language, its numbers as they are written there."""
        text = translate(self.text)
        if self.values:
            text %= {
                name: number(value) if isinstance(value, int) else value
                for name, value in self.values.items()
            }
        first = f"{self.before.in_words(translate, number)} " if self.before else ""
        return first + text


STATES: Final[Mapping[str, str]] = {
    "scheduled": N_("Scheduled"),
    "queued": N_("Queued"),
    "sending": N_("Sending"),
    "paused": N_("Paused"),
    "cancelled": N_("Cancelled"),
    "done": N_("Done"),
    "external": N_("External"),
}
STATUSES: Final[Mapping[str, str]] = {
    "queued": N_("Waiting"),
    "submitting": N_("Being handed over"),
    "submitted": N_("On its way"),
    "delivered": N_("Delivered"),
    "undelivered": N_("Undelivered"),
    "expired": N_("Expired"),
    "rejected": N_("Rejected"),
    "failed": N_("Failed"),
    "cancelled": N_("Cancelled"),
    "external": N_("External"),
}
ROLES: Final[Mapping[str, str]] = {
    "owner": N_("Owner"),
    "sender": N_("Sender"),
    "analyst": N_("Analyst"),
    "read-only": N_("Read-only"),
}
# What is told once something is done, by what the address then says of it.
DONE: Final[Mapping[str, str]] = {
    "signed-out": N_("You are signed out."),
    "ended": N_("Your session has ended. Sign in, and you are where you were."),
    "password": N_("Your password is changed. Your other sessions have ended."),
    "factor-off": N_("The second factor is removed. Your other sessions have ended."),
    "session": N_("That session has ended."),
    "owner": N_("You are the owner. Now set up a second factor."),
    "pause": N_("The campaign is paused."),
    "resume": N_("The campaign goes on."),
    "cancel": N_("The campaign is cancelled."),
    "duplicate": N_("The campaign is sent once more."),
    "made-before": N_(
        "The form came twice, and made this the first time. What is shown once was in the first "
        "answer: if you did not see it, have another made here."
    ),
    "sent-before": N_("This was sent before, and is not sent again. Here is how far it is."),
    "access": N_("Saved. It holds from the next call on."),
    "key-revoked": N_("The key is revoked."),
    "address-added": N_("Your address stands in the list now. Save it to let it count."),
    "address-there": N_("The list lets your address in already."),
    "user-added": N_("The user is added."),
    "user-changed": N_("The user is changed."),
    "user-password": N_("The user has another password, and is signed out everywhere."),
    "user-factor-off": N_("The second factor is removed, and the user is signed out everywhere."),
    "rules": N_("The rules are saved, and hold from now on."),
    "next-send": N_("Saved. It holds from the next send on."),
    "destinations": N_("Saved. Links that are out follow within a second."),
    "send-again": N_("It is sent again to those who did not click. This is its report."),
    "opt-out": N_("It is noted: no marketing goes to the number any more."),
    "opt-out-known": N_("The number had opted out before; that stays as it was noted."),
    "opt-in": N_("The opt-out is taken back: marketing goes to the number again."),
    "group-made": N_("The group is made. Now add numbers to it."),
    "group-renamed": N_("The group has its new name."),
    "group-deleted": N_("The group is deleted."),
    "privacy": N_("It holds from now on. What is to go is gone within the hour."),
    "contact-removed": N_("The number is no longer in the group."),
    "webhook-changed": N_("The webhook is changed."),
    "webhook-paused": N_("The webhook is paused."),
    "webhook-resumed": N_("The webhook is taken up again."),
    "webhook-tried": N_("A test is on its way. What becomes of it appears below."),
    "webhook-deleted": N_("The webhook is deleted."),
}
REFUSALS: Final[Mapping[type[DomainError], str]] = {
    SignInRefusedError: N_("The login or the password is wrong, or this user cannot sign in."),
    SecondFactorNeededError: N_("Now give the code of your authenticator."),
    SecondFactorWrongError: N_(
        "The code is wrong, or was used before. Take the next one, and look at your clock."
    ),
    SecondFactorStateError: N_("The second factor has changed meanwhile."),
    WrongPasswordError: N_("That is not your password."),
    SetUpTokenError: N_(
        "That is not the token that txlink printed, or its day is over: print another."
    ),
    PasswordRefusedError: N_(
        "Choose another password: 12 to 128 characters, not one that is often used, and not made "
        "of the login or the account's name."
    ),
    TooManyFailuresError: N_("Too much was wrong of late. Wait a little, then try again."),
    ScopeNotGrantableError: N_("The key would be good for more than you may do yourself."),
    TooManyKeysError: N_("The account has 100 live keys, which is the most. Revoke one first."),
    KeyNotLiveError: N_("The key has ended, or has a successor already."),
    LockOutError: N_("This list would shut you out."),
    FreshProofNeededError: N_("Show once more who you are: this lets somebody in."),
    LastOwnerError: N_(
        "This is the account's last owner who can get in. Make another owner first."
    ),
    OwnUserError: N_("Your own password and second factor are changed on the page Security."),
    RoleNotGrantableError: N_("That role may do more than you may yourself."),
    TooManyUsersError: N_("The account has 500 users, which is the most."),
    MoreThanAgreedError: N_(
        "It has come to more than you saw: recipients were added meanwhile. Check it once more."
    ),
    CampaignStateError: N_(
        "The campaign stands elsewhere by now, where this cannot be done any more."
    ),
    TextLetGoError: N_("Its text is no longer kept, so that it cannot be sent again."),
    NotOptedOutError: N_("This number has not opted out."),
    GroupNameTakenError: N_("Another group has this name, in letters of any case."),
    GroupBusyError: N_("Somebody else is changing the group just now. Try again in a moment."),
    TooManyGroupsError: N_("There are as many groups as there may be: delete one first."),
    TooManyContactsError: N_("One group cannot hold as many contacts: make another."),
    UploadsBusyError: N_("Many files are being read at the moment. Try again in a little while."),
    AccountUploadsBusyError: N_(
        "Other files of yours are being read at the moment. Try again in a little while."
    ),
}


def state_word(state: str) -> str:
    """Return what the state of a campaign is called."""
    return STATES[state]


def status_word(status: str) -> str:
    """Return what the status of a message is called."""
    return STATUSES[status]


def role_word(role: str) -> str:
    """Return what a role is called."""
    return ROLES[role]


def refusal_text(error: DomainError) -> str:
    """Return a refusal as the console words it; one that it has no words for, as the API does."""
    return REFUSALS.get(type(error), str(error))
