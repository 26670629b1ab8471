"""What deliveries of before tell of, and what came of their last try."""

from django.db import migrations

SEGMENTS = """
UPDATE subscriptions_delivery d SET segment_ids = told.ids
FROM (
    SELECT t.id, array_agg(DISTINCT s.id) AS ids
    FROM subscriptions_delivery t
    CROSS JOIN LATERAL json_array_elements(t.payload -> 'data' -> 'segment_events') e
    JOIN definitions_segment s ON s.public_id = e ->> 'id'
    GROUP BY t.id
) told
WHERE d.id = told.id
"""
OUTCOMES = """
UPDATE subscriptions_delivery d SET outcome = last.outcome
FROM (
    SELECT DISTINCT ON (delivery_id) delivery_id, outcome
    FROM subscriptions_attempt ORDER BY delivery_id, id DESC
) last
WHERE d.id = last.delivery_id
"""


class Migration(migrations.Migration):

    dependencies = [
        ('definitions', '0001_initial'),
        ('subscriptions', '0003_replays'),
    ]

    operations = [
        migrations.RunSQL(SEGMENTS, migrations.RunSQL.noop),
        migrations.RunSQL(OUTCOMES, migrations.RunSQL.noop),
    ]
