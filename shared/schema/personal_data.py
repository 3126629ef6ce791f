"""Where numbers, texts, addresses and user agents are kept, and what becomes of them.

The one map: whoever adds a column that could hold any of these adds a line here, as a test of the
live database demands. Erasing is services/worker/storage/erasing_*.py, exporting is
services/api/storage/number_exports.py, letting go is services/worker/retention.py and upkeep.py.
docs/privacy.md tells of it in plain words.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Held:
    """What a column may hold of people, and what becomes of it.

    Attributes:
        what: Whose number, text, address or agent.
        erasure: What the erasure of a number does to it.
        export: Under which name an export of a number has it; empty: it has not, for the reason
            that ``what`` or ``erasure`` gives.
        retention: What lets it go, and when.
    """

    what: str
    erasure: str
    export: str
    retention: str


_FOR_EVER = "none: kept as long as the account"
_TEXTS = "emptied after texts_kept_days"
_HITS = "deleted after clicks_kept_months"
_ADDRESSES = f"address policy; truncated after addresses_kept_days; {_HITS}"
_UPLOADS = "deleted after 7 days, or texts_kept_days"
_OPERATOR = "of the account's own people: not a recipient's"

PERSONAL_DATA: Final = MappingProxyType(
    {
        "message.msisdn": Held("the number", "becomes 0", "mobile", _FOR_EVER),
        "message.carrier_message_id": Held(
            "a carrier's own name for a message", "stays: tells no number", "messages", _FOR_EVER
        ),
        "message.failure_cause": Held(
            "a carrier's words", "the number in it is replaced", "messages", _FOR_EVER
        ),
        "campaign.title": Held(
            "the sender's word for a campaign",
            "emptied if all its recipients are erased",
            "messages",
            _FOR_EVER,
        ),
        "campaign.body_before": Held(
            "a text, of all or the first recipient",
            "emptied if it is the number's own, or all recipients are erased",
            "messages",
            _TEXTS,
        ),
        "campaign.body_after": Held(
            "the same behind the link", "as body_before", "messages", _TEXTS
        ),
        "campaign.destination": Held(
            "a URL", "as body_before", "messages", f"{_FOR_EVER}: links go on"
        ),
        "link_block.location": Held(
            "a URL",
            "removed if all recipients are erased",
            "messages as destination",
            f"{_FOR_EVER}: links go on",
        ),
        "personal_text.body_before": Held("a text of one", "emptied", "messages", _TEXTS),
        "personal_text.body_after": Held("a text of one", "removed", "messages", _TEXTS),
        "personal_text.destination": Held(
            "a URL of one", "removed", "messages", f"{_FOR_EVER}: links go on"
        ),
        "personal_text.location": Held(
            "a URL of one", "removed", "messages as destination", f"{_FOR_EVER}: links go on"
        ),
        "campaign_failure.cause": Held(
            "a carrier's words",
            "stays: rows of digits are replaced when it is counted",
            "",
            _FOR_EVER,
        ),
        "hit.address": Held("a visitor's address", "removed", "visits", _ADDRESSES),
        "hit.request_head": Held(
            "all that a visitor's program said",
            "emptied",
            "visits",
            f"without address headers: {_ADDRESSES}",
        ),
        "hit.user_agent": Held("a visitor's program", "removed", "visits", _HITS),
        "hit.referrer": Held("where a visitor came from", "cut to its host", "visits", _HITS),
        "hit.country": Held("a place", "stays: it is counted", "visits", _HITS),
        "hit.region": Held("a place", "stays: it is counted", "visits", _HITS),
        "hit.city": Held("a place", "stays: it is counted", "visits", _HITS),
        "hit.as_organisation": Held("a network's owner", "stays", "visits", _HITS),
        "hit.asn": Held("a network's number", "stays", "visits", _HITS),
        "hit.browser": Held("a kind of program", "stays: it is counted", "visits", _HITS),
        "hit.browser_version": Held("a kind of program", "stays", "visits", _HITS),
        "hit.os": Held("a kind of system", "stays: it is counted", "visits", _HITS),
        "hit.os_version": Held("a kind of system", "stays", "visits", _HITS),
        "hit.device_type": Held("a kind of device", "stays: it is counted", "visits", _HITS),
        "hit.device": Held("a kind of device", "stays: it is counted", "visits", _HITS),
        "hit.reasons": Held("why it is classed so", "stays: it is counted", "visits", _HITS),
        "trait_clicks.value": Held("counts of many by place and kind", "stays", "", _FOR_EVER),
        "upload.name": Held(
            "a file's name", "the number in it is replaced", "upload_rows", _UPLOADS
        ),
        "upload.columns": Held(
            "a file's header", "the number in it is replaced", "upload_rows", _UPLOADS
        ),
        "upload.warnings": Held(
            "what was odd in a file", "the number in it is replaced", "", _UPLOADS
        ),
        "upload.error": Held(
            "what was wrong with a file", "the number in it is replaced", "", _UPLOADS
        ),
        "upload_row.mobile": Held("the number as written", "replaced", "upload_rows", _UPLOADS),
        "upload_row.msisdn": Held("the number", "removed", "upload_rows", _UPLOADS),
        "upload_row.cells": Held(
            "what a file says of it",
            "emptied; in others' rows the number is replaced",
            "upload_rows",
            _UPLOADS,
        ),
        "idempotency_key.key": Held(
            "a client's own word for a request", "stays for its day", "", "deleted after 24 hours"
        ),
        "idempotency_key.payload_sha256": Held(
            "a digest of numbers and texts",
            "replaced by a random one",
            "",
            "deleted after 24 hours",
        ),
        "idempotency_key.answer": Held(
            "numbers, and the first text",
            "the number is replaced; the text if it is its own",
            "",
            "deleted after 24 hours",
        ),
        "delivery_report.raw": Held(
            "a carrier's words, with number and text",
            "number replaced, text cut off",
            "",
            "text cut off once it is read; deleted after 30 days",
        ),
        "sandbox_message.msisdn": Held(
            "the number", "becomes 0", "sandbox_messages", "deleted after 7 days"
        ),
        "sandbox_message.body": Held(
            "a text", "emptied", "sandbox_messages", f"deleted after 7 days; {_TEXTS}"
        ),
        "sandbox_message.carrier_message_id": Held(
            "a carrier's own name for a message",
            "stays: tells no number",
            "sandbox_messages",
            "deleted after 7 days",
        ),
        "suppression.msisdn": Held(
            "a number that is not to be sent to",
            "stays, and is put there, unless keep_opt_out=false",
            "opt_out",
            _FOR_EVER,
        ),
        "suppression.note": Held("a word on why", "goes with the number", "opt_out", _FOR_EVER),
        "suppression.author_name": Held("a login or key's name", _OPERATOR, "opt_out", _FOR_EVER),
        "contact.msisdn": Held("a number", "its row is deleted", "contacts", _FOR_EVER),
        "contact.columns": Held(
            "what a list says of it",
            "its row is deleted; in others' rows the number is replaced",
            "contacts",
            _FOR_EVER,
        ),
        "credit_entry.author_name": Held("a login or key's name", _OPERATOR, "", _FOR_EVER),
        "rate_level.bucket": Held("an address of a caller, or a key", _OPERATOR, "", "an hour"),
        "erasure.msisdn": Held("a number being erased", "removed when done", "", "until done"),
        "erasure.masked": Held("a few digits of a number", "stays", "", _FOR_EVER),
        "erasure.key_place": Held("an idempotency key", "removed when done", "", "until done"),
        "erasure.carrier_message_ids": Held(
            "carriers' names for messages", "removed when done", "", "until done"
        ),
        "event_batch.places": Held(
            "where events stand; they are read from messages and hits",
            "stays: names positions",
            "webhook_deliveries",
            "deleted after 30 days",
        ),
        "webhook_delivery.batches": Held(
            "which batches; what is sent is read when it is sent",
            "stays: names batches",
            "webhook_deliveries",
            "deleted after 30 days",
        ),
        "webhook_delivery.cause": Held(
            "why a receiver failed, in our words", "stays", "", "deleted after 30 days"
        ),
        "audit_entry.subject": Held(
            "what was changed; a number only masked", "stays: append-only", "", _FOR_EVER
        ),
        "audit_entry.before": Held("changed settings", "stays: append-only", "", _FOR_EVER),
        "audit_entry.after": Held("changed settings", "stays: append-only", "", _FOR_EVER),
        "audit_entry.address": Held("an address", _OPERATOR, "", _FOR_EVER),
        "audit_entry.author_name": Held("a login or key's name", _OPERATOR, "", _FOR_EVER),
        "api_key.last_used_address": Held("an address", _OPERATOR, "", _FOR_EVER),
        "api_key.ip_allow_list": Held("networks", _OPERATOR, "", _FOR_EVER),
        "account.ip_allow_list": Held("networks", _OPERATOR, "", _FOR_EVER),
        "account_user.login": Held("a login", _OPERATOR, "", _FOR_EVER),
        "user_session.address": Held("an address", _OPERATOR, "", "until the session is over"),
        "user_session.agent": Held("a program", _OPERATOR, "", "until the session is over"),
        "user_network.network": Held("where a user signed in from", _OPERATOR, "", "180 days"),
        "pgqueuer.payload": Held(
            "which positions of which campaign", "stays: names positions", "", "until done"
        ),
        "pgqueuer_log.traceback": Held(
            "where a job failed, and the error's own words",
            "stays for its day",
            "",
            "deleted after a day",
        ),
    }
)

# Ids, counts, words of ours, settings and secrets of the account: nothing of a recipient.
NOT_PERSONAL: Final = MappingProxyType(
    {
        "account": "id name default_region time_zone carrier link_shape currency gone_location"
        " address_policy",
        "account_user": "id account_id password_hash role kind factor_seed factor_last_step"
        " recovery_codes",
        "alert": "id account_id signal",
        "account_credit": "account_id balance daily_cap",
        "campaign_credit": "campaign_id account_id charged_segments refundable_segments"
        " refunded_segments",
        "contact": "group_id",
        "contact_group": "id account_id name folded_name columns",
        "credit_entry": "id account_id kind amount balance campaign_id author_kind note",
        "daily_use": "account_id segment_count",
        "destination_list": "account_id kind source etag last_modified failure",
        "destination_rule": "key path",
        "suppression": "account_id source author_kind",
        "alembic_version": "version_num",
        "api_key": "id account_id name prefix secret_sha256 scopes replaced_by",
        "audit_entry": "id account_id author_kind key_prefix action",
        "campaign": "id transaction_id account_id sender_id carrier link_prefix first_link"
        " category encoding dlt_entity_id dlt_template_id segment_total currency control",
        "campaign_clicks": "campaign_id hit_count click_count event_batch_count",
        "campaign_delivery": "campaign_id event_batch_count cancelled_segments",
        "campaign_failure": "campaign_id",
        "delivery_report": "id carrier outcome",
        "erasure": "id account_id step place",
        "event_batch": "campaign_id source number kind account_id journal_id",
        "hit": "campaign_id journal_id journal_offset click_class",
        "idempotency_key": "account_id",
        "journal": "id name recorded_octets",
        "let_go_hits": "campaign_id journal_id hit_count",
        "link_block": "first_link campaign_id query_mode",
        "message": "campaign_id",
        "personal_text": "campaign_id encoding",
        "pgqueuer": "id entrypoint dedupe_key headers slot",
        "pgqueuer_log": "id job_id entrypoint",
        "pgqueuer_schedules": "id expression entrypoint",
        "pgqueuer_statistics": "id count entrypoint",
        "quarter_clicks": "campaign_id hit_count click_count",
        "recipient_clicks": "campaign_id",
        "sandbox_message": "id account_id sender_id encoding receipt_state",
        "sign_in_failure": "subject",
        "signal_count": "account_id signal",
        "user_network": "account_id user_id",
        "user_session": "id account_id user_id token_sha256 previous_sha256 csrf_token",
        "sender_id": "id account_id header dlt_entity_id link_shape link_domains",
        "token_domain": "key next ceiling",
        "trait_clicks": "campaign_id trait hit_count click_count",
        "upload": "id account_id status octet_count octets_read error_code",
        "upload_row": "upload_id rejection",
        "webhook": "id account_id url kinds disabled_reason secret previous_secret job_number",
        "webhook_delivery": "id webhook_id kind status",
    }
)
