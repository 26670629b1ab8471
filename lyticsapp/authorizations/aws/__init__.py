"""AWS by an authorization: sessions, roles, policies to copy, what a test tries.

Every address is that of AWS, or the operator's `AWS_ENDPOINT_URL`; nobody else can
have us call another one.
"""
