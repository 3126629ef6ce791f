"""Erase a number where no message leads: uploads, contacts, kept answers, reports, the sandbox."""

import json
from dataclasses import replace

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.worker.storage.erasing import Erasure, Place
from shared.domain.erasing import ERASED, ERASED_TEXT, number_pattern
from shared.domain.kept_answers import without_number
from shared.domain.number_rejections import RejectionReason

# Walks upload_account_id_id_idx. Who reads an upload is not disturbed, but waited for.
NEXT_UPLOAD = text("""
    SELECT id, status IN ('waiting', 'reading') AS is_under_way, row_count FROM upload
    WHERE account_id = :account_id AND id >= :place ORDER BY id LIMIT 1
""")
# By upload_row_pkey. The rows of others who are told of beside the number stay but for that; so do
# those of numbers of other countries that end alike. Only of what is no number its writing tells.
ERASE_ROWS = text("""
    UPDATE upload_row SET
        mobile = CASE WHEN is_own THEN :erased_text ELSE mobile END,
        msisdn = CASE WHEN is_own THEN NULL ELSE msisdn END,
        rejection = CASE WHEN is_own THEN :rejection ELSE rejection END,
        cells = CASE
            WHEN is_own THEN array_fill(CAST('' AS text), ARRAY[cardinality(cells)])
            ELSE ARRAY(
                SELECT regexp_replace(cell, :pattern, :erased_text, 'g')
                FROM unnest(cells) WITH ORDINALITY AS of_row(cell, turn) ORDER BY turn
            )
        END
    FROM (
        SELECT position AS at, CASE
            WHEN msisdn IS NULL THEN mobile ~ :pattern ELSE msisdn = :msisdn
        END AS is_own
        FROM upload_row
        WHERE upload_id = :upload_id AND position >= :begin AND position < :end
        AND (
            msisdn = :msisdn OR mobile ~ :pattern
            OR EXISTS (SELECT FROM unnest(cells) AS cell WHERE cell ~ :pattern)
        )
    ) AS found
    WHERE upload_row.upload_id = :upload_id AND upload_row.position = found.at
""")
# By upload_pkey.
ERASE_UPLOAD = text("""
    UPDATE upload SET
        name = regexp_replace(name, :pattern, :erased_text, 'g'),
        error = regexp_replace(error, :pattern, :erased_text, 'g'),
        columns = ARRAY(
            SELECT regexp_replace(name, :pattern, :erased_text, 'g')
            FROM unnest(columns) WITH ORDINALITY AS named(name, turn) ORDER BY turn
        ),
        warnings = ARRAY(
            SELECT regexp_replace(warning, :pattern, :erased_text, 'g')
            FROM unnest(warnings) WITH ORDINALITY AS warned(warning, turn) ORDER BY turn
        )
    WHERE id = :upload_id AND concat_ws(
        ' ', name, error, array_to_string(columns, ' '), array_to_string(warnings, ' ')
    ) ~ :pattern
""")
# Walks contact_group_account_id_id_idx.
NEXT_GROUP = text("""
    SELECT id FROM contact_group WHERE account_id = :account_id AND id >= :place
    ORDER BY id LIMIT 1
""")
# Walks contact_pkey. What is said of others may name the number, too: as their second one.
ERASE_COLUMNS = text("""
    WITH page AS MATERIALIZED (
        SELECT msisdn FROM contact WHERE group_id = :group_id AND msisdn > :after
        ORDER BY msisdn LIMIT :row_limit
    ), erased AS (
        UPDATE contact SET columns = (
            SELECT jsonb_object_agg(name, regexp_replace(value, :pattern, :erased_text, 'g'))
            FROM jsonb_each_text(contact.columns) AS of_contact(name, value)
        )
        FROM page
        WHERE contact.group_id = :group_id AND contact.msisdn = page.msisdn
        AND CAST(contact.columns AS text) ~ :pattern
    )
    SELECT max(msisdn) AS last_msisdn, count(*) AS row_count FROM page
""")
# Walks idempotency_key_pkey.
NEXT_ANSWERS = text("""
    SELECT key, CASE
        WHEN convert_from(answer, 'UTF8') ~ :pattern THEN answer
    END AS answer
    FROM idempotency_key WHERE account_id = :account_id AND key > :key_place
    ORDER BY key LIMIT :row_limit FOR UPDATE
""")
# A repeat is refused from then on: nothing tells any more that it is one, and nothing is to be
# sent twice. The digest would tell the number to whoever tries them all.
CHANGE_ANSWER = text("""
    UPDATE idempotency_key SET answer = :answer, payload_sha256 = sha256(uuid_send(
        gen_random_uuid()
    ))
    WHERE account_id = :account_id AND key = :key
""")
# Walks delivery_report_pkey; what is read already does not need its text, and what is not
# does not either.
ERASE_REPORTS = text(r"""
    WITH page AS MATERIALIZED (
        SELECT id FROM delivery_report WHERE id > :place ORDER BY id LIMIT :row_limit
    ), erased AS (
        UPDATE delivery_report SET raw = regexp_replace(
            regexp_replace(raw, '(^|\s)text:.*$', '', 'i'), :pattern, :erased_text, 'g'
        )
        FROM page
        WHERE delivery_report.id = page.id AND (
            raw ~ :pattern
            OR substring(raw from '(?i)(?:^|\s)id:(\S+)')
                = ANY(CAST(:carrier_message_ids AS text[]))
        )
    )
    SELECT max(id) AS last_id, count(*) AS row_count FROM page
""")
# By sandbox_message_account_id_msisdn_idx.
ERASE_SANDBOX = text("""
    UPDATE sandbox_message SET msisdn = :erased, body = ''
    WHERE account_id = :account_id AND msisdn = :msisdn
""")
# What else an account keeps by number, each with :account_id, :msisdn and :keeps_opt_out.
OTHER_TABLES = (
    # By suppression_pkey.
    text("""
        DELETE FROM suppression
        WHERE account_id = :account_id AND msisdn = :msisdn
        AND NOT CAST(:keeps_opt_out AS boolean)
    """),
    # By contact_group_account_id_id_idx and contact_pkey.
    text("""
        WITH erased AS (
            DELETE FROM contact USING contact_group
            WHERE contact_group.account_id = :account_id AND contact.group_id = contact_group.id
            AND contact.msisdn = :msisdn AND CAST(:keeps_opt_out AS boolean) IS NOT NULL
            RETURNING contact.group_id
        )
        UPDATE contact_group SET contact_count = contact_count - 1
        FROM erased WHERE contact_group.id = erased.group_id
    """),
)


def _values(erasure: Erasure) -> dict[str, object]:
    return {
        "account_id": erasure.account_id,
        "msisdn": erasure.msisdn,
        "pattern": number_pattern(erasure.msisdn),
        "erased_text": ERASED_TEXT,
    }


async def erase_uploads(
    connection: AsyncConnection, erasure: Erasure, *, row_limit: int
) -> Place | None:
    """Erase a number from the next rows of uploads; return where to go on, None if all is done.

    The same place as before if the upload there is still being read.
    """
    place = erasure.place
    values = _values(erasure)
    upload = (
        await connection.execute(
            NEXT_UPLOAD, {"account_id": erasure.account_id, "place": place.place}
        )
    ).one_or_none()
    if upload is None:
        return None
    if upload.is_under_way:
        return place
    begin = max(place.row_place, 0) if upload.id == place.place else 0
    end = begin + row_limit
    rows = values | {"upload_id": upload.id, "begin": begin, "end": end}
    rows |= {"rejection": RejectionReason.ERASED.value}
    del rows["account_id"]
    await connection.execute(ERASE_ROWS, rows)
    if end < upload.row_count:
        return place.behind(upload.id, end)
    named = {name: values[name] for name in ("pattern", "erased_text")}
    await connection.execute(ERASE_UPLOAD, named | {"upload_id": upload.id})
    return place.behind(upload.id + 1)


async def erase_columns(
    connection: AsyncConnection, erasure: Erasure, *, row_limit: int
) -> Place | None:
    """Erase a number from what the next contacts of groups say of others."""
    place, values = erasure.place, _values(erasure)
    key = {"account_id": values.pop("account_id"), "place": place.place}
    del values["msisdn"]
    group = (await connection.execute(NEXT_GROUP, key)).one_or_none()
    if group is None:
        return None
    after = int(place.key_place or 0) if group.id == place.place else 0
    page = values | {"group_id": group.id, "after": after, "row_limit": row_limit}
    found = (await connection.execute(ERASE_COLUMNS, page)).one()
    if found.row_count < row_limit:
        return replace(place, place=group.id + 1, key_place="")
    return replace(place, place=group.id, key_place=str(found.last_msisdn))


async def erase_answers(
    connection: AsyncConnection, erasure: Erasure, *, row_limit: int
) -> Place | None:
    """Erase a number from the next answers that are kept for repeats of sends."""
    key = {"account_id": erasure.account_id}
    pattern = number_pattern(erasure.msisdn)
    page = {"pattern": pattern, "key_place": erasure.place.key_place, "row_limit": row_limit}
    rows = (await connection.execute(NEXT_ANSWERS, key | page)).all()
    for row in rows:
        if row.answer is not None:
            answer = without_number(json.loads(row.answer), erasure.msisdn)
            changed = {"key": row.key, "answer": json.dumps(answer).encode()}
            await connection.execute(CHANGE_ANSWER, key | changed)
    if len(rows) < row_limit:
        return None
    return replace(erasure.place, key_place=rows[-1].key)


async def erase_reports(
    connection: AsyncConnection, erasure: Erasure, *, row_limit: int
) -> Place | None:
    """Erase a number, and the texts of its messages, from the next delivery reports."""
    values = _values(erasure)
    del values["account_id"], values["msisdn"]
    page = (
        await connection.execute(
            ERASE_REPORTS,
            values
            | {
                "carrier_message_ids": list(erasure.carrier_message_ids),
                "place": erasure.place.place,
                "row_limit": row_limit,
            },
        )
    ).one()
    return erasure.place.behind(page.last_id) if page.row_count == row_limit else None


async def erase_others(connection: AsyncConnection, erasure: Erasure) -> None:
    """Erase a number from the sandbox's phone, and whatever else is kept by number."""
    key = {"account_id": erasure.account_id, "msisdn": erasure.msisdn}
    await connection.execute(ERASE_SANDBOX, key | {"erased": ERASED})
    for statement in OTHER_TABLES:
        await connection.execute(statement, key | {"keeps_opt_out": erasure.keeps_opt_out})
