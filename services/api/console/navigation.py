"""Where the console's menus lead, in their order: what each is called, and who may go there."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from services.api.console.wording import N_


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a menu.

    Attributes:
        path: Below the console's own; all pages below it belong to the entry.
        name: Marked for the catalogues.
        scope: What whoever sees it may do.
    """

    path: str
    name: str
    scope: str


MAIN: Final = (
    Entry("send", N_("Send SMS"), "send"),
    Entry("campaigns", N_("Campaigns"), "report"),
    Entry("numbers", N_("Numbers"), "report"),
    Entry("sandbox", N_("Sandbox phone"), "report"),
)
SETTINGS: Final = (
    Entry("settings/keys", N_("API keys"), "admin"),
    Entry("settings/addresses", N_("IP addresses"), "admin"),
    Entry("settings/users", N_("Users"), "admin"),
    Entry("settings/senders", N_("Sender IDs"), "report"),
    Entry("settings/links", N_("Links and texts"), "report"),
    Entry("settings/destinations", N_("Destinations"), "admin"),
    Entry("settings/webhooks", N_("Webhooks"), "admin"),
    Entry("settings/groups", N_("Contact groups"), "send"),
    Entry("settings/opt-outs", N_("Opt-outs"), "report"),
    Entry("settings/credit", N_("Credit"), "report"),
    Entry("settings/privacy", N_("Privacy"), "admin"),
    Entry("settings/alerts", N_("Alerts"), "admin"),
    Entry("settings/audit", N_("Audit trail"), "admin"),
)


def seen_by(entries: Sequence[Entry], scopes: AbstractSet[str]) -> Sequence[Entry]:
    """Return the entries that somebody may follow."""
    return [entry for entry in entries if entry.scope in scopes]
