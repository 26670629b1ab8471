from django.db import migrations

# Profiles are updated all the time: room on the page keeps updates off the
# indexes, and rows of a few kilobytes stay in one piece.
SET = """
ALTER TABLE profiles_profile SET (
    fillfactor = 70,
    toast_tuple_target = 8160,
    autovacuum_vacuum_scale_factor = 0.05
);
"""
RESET = """
ALTER TABLE profiles_profile RESET (
    fillfactor, toast_tuple_target, autovacuum_vacuum_scale_factor
);
"""


class Migration(migrations.Migration):
    dependencies = [("profiles", "0001_initial")]
    operations = [migrations.RunSQL(SET, RESET)]
