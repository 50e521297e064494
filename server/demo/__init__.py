"""The demo (`make run`): two organisations, their people and keys, and some three hundred documents with a past.

`cast` says who there is, `plot` what happened to every document (as `scenes`, by the numbers of `shares` and the
calendar of `days`), `papers` draws the files, `authority` makes keys and certificates, `pen` signs as a client would.
None of these touches the database, and a server that only goes on imports no more than `cast` and `authority`:
reportlab and the font come with the extra `demo`.
"""
