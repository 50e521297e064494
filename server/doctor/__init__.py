"""The doctor: what is wrong with an installation, and what to do about it. It neither writes nor sends anything."""
