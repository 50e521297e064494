"""The demo (`make run`): two organisations, their people and keys, and some three hundred documents with a past.

`cast` says who there is, `plot` what happened to every document (as `scenes`, by the numbers of `shares` and the
calendar of `days`), `papers` draws the files, `authority` makes keys and certificates, `pen` signs as a client would.
None of these touches the database. `seed` does, through the product's acts alone: `opening` lets everybody in, `play`
lives through the plot, both on the `stage`. `command` is what the owner starts, in the `folder` that the demo keeps (on
PostgreSQL in a database with its `plate`), and `leaflet` what he reads then. A demo that only goes on draws nothing:
reportlab and the font come with the extra `demo`.
"""
