"""The face: the admin site, what its pages share, and its home page.

Here live the site, the base class of every page (`model_admin`), the current
account of the person looking, the theme, and the pages that belong to nobody's
model (home, login, own settings). Each package describes its own pages in its
`admin.py`, and puts its part on the home page with `home.register`.

Imports `lyticsapp.accounts` alone; the `admin.py` of every package may import it.
"""
