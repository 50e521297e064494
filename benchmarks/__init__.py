"""Measurements that are run by hand; they are no part of what is shipped."""
