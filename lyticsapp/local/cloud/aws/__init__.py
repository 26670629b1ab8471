"""AWS on this machine: moto, behind a gate that enforces IAM as AWS does.

A call passes the gate when its signature is right and the policies put into moto
allow it: of users, groups and roles, of roles' trust, of buckets, queues and streams.
Not looked at: permissions boundaries, service control policies, S3 access control
lists, the key policies of KMS.
"""
