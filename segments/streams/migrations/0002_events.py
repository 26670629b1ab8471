from django.db import migrations
from django.utils import timezone

CREATE = """
CREATE SEQUENCE streams_event_id_seq AS bigint;

CREATE TABLE streams_event (
    id          bigint      NOT NULL DEFAULT nextval('streams_event_id_seq'),
    account_id  bigint      NOT NULL,
    stream_id   bigint      NOT NULL,
    event_at    timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    body        json        NOT NULL,
    PRIMARY KEY (received_at, id)
) PARTITION BY RANGE (received_at);
CREATE INDEX streams_event_recent ON streams_event (stream_id, received_at, id);
CREATE TABLE streams_event_default PARTITION OF streams_event DEFAULT;

CREATE TABLE streams_pendingevent (
    event_id    bigint      NOT NULL,
    account_id  bigint      NOT NULL,
    lane        smallint    NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, lane, event_id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
"""

DROP = """
DROP TABLE streams_pendingevent;
DROP TABLE streams_event;
DROP SEQUENCE streams_event_id_seq;
"""


def make_partitions(apps, schema_editor):
    from segments.streams import partitions

    partitions.keep(timezone.now())


class Migration(migrations.Migration):
    dependencies = [("streams", "0001_initial")]
    operations = [
        migrations.RunSQL(CREATE, DROP),
        migrations.RunPython(make_partitions, migrations.RunPython.noop),
    ]
