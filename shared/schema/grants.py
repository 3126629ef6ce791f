"""What each service may do in the database: a line for every table, sequence and function.

Each service logs in with a Postgres role of its own, which has what stands here and nothing else;
the owner of the tables, who migrates and administers, has all. A table that is new needs an entry
in ``TABLES``, be it an empty one, or tests/integration/test_database_roles.py fails.

Privileges are written as GRANT takes them, on all columns or on some. Who locks rows needs UPDATE
on a column of them. What foreign keys and cascades do, Postgres does as the owner. Partitions need
nothing: they are reached through their table.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Service(StrEnum):
    """The services, by the names that their roles end in."""

    API = "api"
    REDIRECTOR = "redirector"
    RECORDER = "recorder"
    WORKER = "worker"


API, REDIRECTOR, RECORDER, WORKER = Service
READ: Final = "SELECT"
ADD: Final = "SELECT, INSERT"
CHANGE: Final = "SELECT, UPDATE"
KEEP: Final = "SELECT, INSERT, UPDATE"
ALL: Final = "SELECT, INSERT, UPDATE, DELETE"

# Lists of hosts are read into a temporary table. No function that runs as the owner looks there
# before it looks in the schema.
DATABASE: Final[Mapping[Service, str]] = {
    API: "CONNECT",
    REDIRECTOR: "CONNECT",
    RECORDER: "CONNECT",
    WORKER: "CONNECT, TEMPORARY",
}

TABLES: Final[Mapping[str, Mapping[Service, str]]] = {
    "account": {
        # Accounts are made by `txlink` as the owner.
        API: (
            "SELECT, UPDATE (ip_allow_list, password_calls, demands_second_factor, "
            "address_policy, addresses_kept_days, clicks_kept_months, texts_kept_days, "
            "link_shape, gone_location, smart_encoding, default_region, time_zone)"
        ),
        REDIRECTOR: "SELECT (id, gone_location)",
        RECORDER: "SELECT (id, gone_location, address_policy)",
        WORKER: (
            "SELECT (id, name, time_zone, created_at, clicks_kept_months, "
            "addresses_kept_days, address_policy, texts_kept_days)"
        ),
    },
    "account_user": {
        # Nobody's login, kind or account ever changes.
        API: (
            "SELECT, INSERT, UPDATE (role, is_disabled, password_hash, password_set_at, "
            "signed_in_at, factor_seed, factor_confirmed_at, factor_last_step, recovery_codes)"
        ),
    },
    # The worker deletes what is over, and locks it for that by a column that lets nobody in.
    "user_session": {API: ALL, WORKER: "SELECT (id, ends_at), UPDATE (agent), DELETE"},
    "user_network": {API: ALL, WORKER: "SELECT, UPDATE (seen_at), DELETE"},
    "sign_in_failure": {API: ALL, WORKER: "SELECT, UPDATE (failed_at), DELETE"},
    "api_key": {
        API: (
            "SELECT, INSERT, UPDATE (expires_at, revoked_at, last_used_at, last_used_address, "
            "replaced_by, ip_allow_list, calls_per_minute, sends_per_minute)"
        ),
    },
    # Registered by `txlink` as the owner.
    "sender_id": {
        API: "SELECT, UPDATE (link_shape, link_domains, dlt_entity_id)",
        REDIRECTOR: "SELECT (account_id, header)",
    },
    # What people want, and the lists of senders.
    "suppression": {API: ALL, WORKER: "SELECT, DELETE"},
    # An erased number's contacts are deleted, and counted no more.
    "contact_group": {
        API: ALL,
        WORKER: "SELECT (id, account_id, contact_count), UPDATE (contact_count)",
    },
    "contact": {API: ALL, WORKER: "SELECT, UPDATE (columns), DELETE"},
    # Caps, and who is prepaid, are the operator's to set, by `txlink` as the owner.
    "account_credit": {API: "SELECT, UPDATE (balance)", WORKER: "SELECT, UPDATE (balance)"},
    "daily_use": {API: "SELECT, INSERT, UPDATE (segment_count)"},
    "campaign_credit": {
        API: "SELECT, INSERT, UPDATE (refundable_segments, refunded_segments)",
        WORKER: "SELECT, UPDATE (refundable_segments, refunded_segments)",
    },
    # A trigger keeps even the owner from changing or deleting entries.
    "credit_entry": {API: ADD, WORKER: ADD},
    "erasure": {API: ADD, WORKER: CHANGE},
    "signal_count": {REDIRECTOR: KEEP, WORKER: ALL},
    "alert": {API: READ, WORKER: ALL},
    # A trigger keeps even the owner from changing or deleting entries.
    "audit_entry": {API: ADD},
    "campaign": {
        API: "SELECT, INSERT, UPDATE (control, scheduled_at, destination)",
        REDIRECTOR: "SELECT (id, account_id)",
        RECORDER: "SELECT (id, uuid, account_id)",
        WORKER: (
            "SELECT, UPDATE (control, title, body_before, body_after, destination, text_let_go_at)"
        ),
    },
    "message": {
        API: "SELECT, INSERT, UPDATE (status, settled_at)",
        # When it arrived, and not at whom.
        RECORDER: "SELECT (campaign_id, position, status, settled_at)",
        WORKER: CHANGE,
    },
    "personal_text": {
        API: ADD,
        # Where a link leads, and nothing of the text around it.
        REDIRECTOR: "SELECT (campaign_id, position, location)",
        WORKER: CHANGE,
    },
    "campaign_delivery": {API: KEEP, RECORDER: READ, WORKER: CHANGE},
    "campaign_failure": {API: READ, WORKER: KEEP},
    "idempotency_key": {API: "SELECT, INSERT, DELETE", WORKER: "SELECT, UPDATE, DELETE"},
    "sandbox_message": {API: READ, WORKER: ALL},
    "delivery_report": {WORKER: ALL},
    "event_batch": {API: ADD, RECORDER: ADD, WORKER: ALL},
    "webhook": {
        API: ALL,
        RECORDER: "SELECT (account_id, kinds, is_enabled)",
        # How it does, and not where it leads or what it is signed with.
        WORKER: (
            "SELECT, UPDATE (job_at, job_number, failing_since, failure_count, paused_until, "
            "is_enabled, disabled_reason)"
        ),
    },
    "webhook_delivery": {API: KEEP, WORKER: ALL},
    "hit": {API: READ, RECORDER: KEEP, WORKER: "SELECT, UPDATE, DELETE"},
    "recipient_clicks": {API: READ, RECORDER: KEEP, WORKER: KEEP},
    "campaign_clicks": {API: KEEP, RECORDER: KEEP, WORKER: CHANGE},
    "let_go_hits": {API: READ, RECORDER: KEEP, WORKER: KEEP},
    "quarter_clicks": {API: READ, RECORDER: KEEP},
    "trait_clicks": {API: READ, RECORDER: ALL},
    "journal": {RECORDER: KEEP},
    "token_domain": {
        API: "SELECT, UPDATE (next)",
        REDIRECTOR: READ,
        WORKER: "SELECT (length, key)",
    },
    "link_block": {
        API: "SELECT, INSERT, UPDATE (location, expires_at, is_paused, query_mode)",
        REDIRECTOR: READ,
        RECORDER: READ,
        WORKER: "SELECT, UPDATE (location)",
    },
    "upload": {API: ALL, WORKER: CHANGE},
    "upload_row": {API: "SELECT, INSERT, DELETE", WORKER: "SELECT, UPDATE, DELETE"},
    "destination_list": {API: KEEP, REDIRECTOR: READ, WORKER: ALL},
    "destination_rule": {
        API: "SELECT, INSERT, DELETE",
        REDIRECTOR: READ,
        WORKER: "SELECT, INSERT, DELETE",
    },
    "rate_level": {API: ALL},
    # PgQueuer's.
    "pgqueuer": {API: ADD, WORKER: ALL},
    "pgqueuer_log": {API: "INSERT", WORKER: ALL},
    "pgqueuer_schedules": {WORKER: READ},
    "pgqueuer_statistics": {WORKER: ALL},
    # Alembic's.
    "alembic_version": {},
}

# Of columns that are no identities; those need nothing.
SEQUENCES: Final[Mapping[str, frozenset[Service]]] = {
    "campaign_number": frozenset({API}),
    "campaign_clicks_campaign_id_seq": frozenset(),
    "campaign_delivery_campaign_id_seq": frozenset(),
    "pgqueuer_id_seq": frozenset({API, WORKER}),
    "pgqueuer_schedules_id_seq": frozenset(),
    "pgqueuer_statistics_id_seq": frozenset({WORKER}),
}

# Functions of triggers need nothing.
FUNCTIONS: Final[Mapping[str, frozenset[Service]]] = {
    "first_campaign_id(date)": frozenset({API, RECORDER, WORKER}),
    "next_campaign_id()": frozenset({API}),
    # Run as the owner, so that who makes or drops months can touch no other table.
    "ensure_partitions(integer)": frozenset({RECORDER, WORKER}),
    "drop_month_let_go(timestamp with time zone)": frozenset({WORKER}),
    "ensure_campaign_partitions(text, integer)": frozenset(),
    "fn_pgqueuer_changed()": frozenset(),
    "refuse_audit_change()": frozenset(),
    "refuse_credit_entry_change()": frozenset(),
    "tell_destinations_changed()": frozenset(),
    "tell_links_changed()": frozenset(),
}
