"""What campaigns' hits come to by time and by trait, beginning with those that are stored.

Recorders of the release before go on without counting by them: once none is left,
``txlink clicks rollup`` counts what they stored after this.

Revision: 0013, after 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

COUNT_BY_QUARTER = """
INSERT INTO quarter_clicks (campaign_id, quarter, hit_count, click_count)
SELECT campaign_id, date_bin('15 minutes', occurred_at, 'epoch'), count(*),
       count(*) FILTER (WHERE click_class = 'person')
FROM hit GROUP BY 1, 2 ORDER BY 1, 2
"""
COUNT_BY_TRAIT = r"""
INSERT INTO trait_clicks (campaign_id, trait, value, hit_count, click_count)
SELECT campaign_id, trait COLLATE "C", left(coalesce(value, ''), 200) COLLATE "C",
       sum(hits), sum(clicks)
FROM (
    SELECT campaign_id, click_class, country, region, city, browser, os, device_type, device,
           lower(substring(
               referrer from '^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#]*@)?(\[[^/?#]*\]|[^/?#:]*)'
           ) COLLATE "C") AS host,
           count(*) AS hits,
           count(*) FILTER (WHERE click_class = 'person') AS clicks
    FROM hit GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
) AS kind
CROSS JOIN LATERAL (VALUES
    ('click_class', click_class),
    ('country', country),
    ('region', CASE WHEN region <> '' THEN concat(country, E'\t', region) END),
    ('city', CASE WHEN city <> '' THEN concat(country, E'\t', region, E'\t', city) END),
    ('browser', browser),
    ('os', os),
    ('device_type', device_type),
    ('device', device),
    ('referrer', host)
) AS had (trait, value)
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


def upgrade() -> None:
    op.create_table(
        "quarter_clicks",
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("quarter", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hit_count", sa.BigInteger(), nullable=False),
        sa.Column("click_count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "quarter", name=op.f("quarter_clicks_pkey")),
        postgresql_with={"fillfactor": 50},
    )
    op.create_table(
        "trait_clicks",
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("trait", sa.Text(collation="C"), nullable=False),
        sa.Column("value", sa.Text(collation="C"), nullable=False),
        sa.Column("hit_count", sa.BigInteger(), nullable=False),
        sa.Column("click_count", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "trait IN ('click_class', 'country', 'region', 'city', 'browser', 'os',"
            " 'device_type', 'device', 'referrer')",
            name=op.f("trait_clicks_trait_check"),
        ),
        sa.CheckConstraint("char_length(value) <= 200", name=op.f("trait_clicks_value_check")),
        sa.PrimaryKeyConstraint("campaign_id", "trait", "value", name=op.f("trait_clicks_pkey")),
        postgresql_with={"fillfactor": 50},
    )
    op.execute(COUNT_BY_QUARTER)
    op.execute(COUNT_BY_TRAIT)


def downgrade() -> None:
    op.drop_table("trait_clicks")
    op.drop_table("quarter_clicks")
