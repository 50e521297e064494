"""Why something was refused, in one sentence."""

from words.catalogue import knows, say


def reason_message(code: str, locale: str, *, detail: str | None = None, **facts: object) -> str:
    """The sentence of an ErrorCode; of its `detail` (a signing Reason, as NOT_DETACHED) where there is one for it.

    Facts may be missing: the sentence is then the shorter one. Raises KeyError for an unknown code.
    """
    precise = f"reason.{code}.{detail}"
    return say(precise if detail and knows(precise, locale) else f"reason.{code}", locale, **facts)
