"""Tables and the rules on them: synchronous, without I/O. A rule returns its event or raises a `Refusal`."""
