"""What settings of channels, authorizations and jobs have in common: their declaration.

May import masking alone.
"""
