"""Deliveries and their attempts become partitioned by the number of the delivery.

What there is of them becomes the first partitions as it is, with its indexes: nothing
is copied. Indexes, constraints and sequences keep their names.
"""

import django.db.models.deletion
from django.db import migrations, models
from psycopg import sql

SPAN = 1_000_000_000
MARGIN = SPAN // 10

LAST = "SELECT last_value, is_called FROM {sequence}"
# A sequence of the table's own: before PostgreSQL 17 no partitioned one can have
# identity columns.
NUMBER_BY_DEFAULT = """
ALTER TABLE {table} ALTER id DROP IDENTITY;
CREATE SEQUENCE {sequence} AS bigint;
SELECT setval({sequence_name}, {last}, {is_called});
ALTER TABLE {table} ALTER id SET DEFAULT nextval({sequence_name})
"""
SET_KEY = """
ALTER TABLE {table} DROP CONSTRAINT {pkey},
    ADD CONSTRAINT {pkey} PRIMARY KEY ({key})
"""
INDEXES = """
SELECT i.indexrelid::regclass::text, i.indisprimary, pg_get_indexdef(i.indexrelid)
FROM pg_index i WHERE i.indrelid = %s::regclass ORDER BY i.indexrelid
"""
FOREIGN_KEYS = """
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = %s::regclass AND contype = 'f' ORDER BY oid
"""
BECOME_FIRST = """
ALTER TABLE {table} RENAME TO {first};
CREATE TABLE {table} (
    LIKE {first} INCLUDING DEFAULTS INCLUDING STORAGE,
    CONSTRAINT {pkey} PRIMARY KEY ({key})
) PARTITION BY RANGE ({by});
ALTER SEQUENCE {sequence} OWNED BY {table}.id
"""
RENAME_INDEX = "ALTER INDEX {} RENAME TO {}"
ADD_FOREIGN_KEY = "ALTER TABLE {} ADD CONSTRAINT {} {}"
ATTACH = "ALTER TABLE {} ATTACH PARTITION {} FOR VALUES FROM (0) TO ({})"


def split(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM subscriptions_delivery_id_seq")
        (last,) = cursor.fetchone()
        end = ((last + MARGIN) // SPAN + 1) * SPAN
        split_table(cursor, "subscriptions_delivery", "id", ["id"], end)
        split_table(
            cursor, "subscriptions_attempt", "delivery_id", ["delivery_id", "id"], end
        )


def split_table(cursor, table, by, key, end):
    names = {
        "table": sql.Identifier(table),
        "first": sql.Identifier(f"{table}_0"),
        "by": sql.Identifier(by),
        "key": sql.SQL(", ").join(map(sql.Identifier, key)),
        "pkey": sql.Identifier(f"{table}_pkey"),
        "sequence": sql.Identifier(f"{table}_id_seq"),
        "sequence_name": sql.Literal(f"{table}_id_seq"),
    }

    def run(statement, **more):
        cursor.execute(sql.SQL(statement).format(**names, **more))

    run(LAST)
    last, is_called = cursor.fetchone()
    run(NUMBER_BY_DEFAULT, last=sql.Literal(last), is_called=sql.Literal(is_called))
    run(SET_KEY)
    cursor.execute(INDEXES, [table])
    indexes = cursor.fetchall()
    cursor.execute(FOREIGN_KEYS, [table])
    foreign_keys = cursor.fetchall()
    for name, _, _ in indexes:
        of_first = sql.Identifier(f"{name}_0")
        cursor.execute(sql.SQL(RENAME_INDEX).format(sql.Identifier(name), of_first))
    run(BECOME_FIRST)
    for name, definition in foreign_keys:
        add = sql.SQL(ADD_FOREIGN_KEY)
        name = sql.Identifier(name)
        cursor.execute(add.format(names["table"], name, sql.SQL(definition)))
    for _, is_primary, definition in indexes:
        if not is_primary:
            cursor.execute(definition)
    attach = sql.SQL(ATTACH)
    cursor.execute(attach.format(names["table"], names["first"], sql.Literal(end)))


def make_ahead(apps, schema_editor):
    from subscriptions import partitions

    partitions.make_ahead()


class Migration(migrations.Migration):
    dependencies = [("subscriptions", "0011_lean_deliveries")]
    operations = [
        migrations.CreateModel(
            name="RetiredPartition",
            fields=[
                ("begin", models.BigIntegerField(primary_key=True, serialize=False)),
                ("cursor", models.BigIntegerField()),
            ],
        ),
        migrations.AlterField(
            model_name="attempt",
            name="delivery",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="tries",
                to="subscriptions.delivery",
            ),
        ),
        migrations.RunPython(split),
        migrations.RunPython(make_ahead),
    ]
