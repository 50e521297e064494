"""What stands on every letter, from the settings."""

from mailers import Stationery
from server.settings import Settings


def stationery(settings: Settings) -> Stationery:
    """The owner's letterhead; Message-IDs are of the sender's domain."""
    return Stationery(
        sender_email=settings.mail_from,
        hotline=settings.hotline,
        document_url=settings.document_url,
        password_url=settings.password_url,
        confirm_url=settings.confirm_url,
        public_url=settings.public_url,
        mail_domain=settings.mail_from.rpartition("@")[2],
    )
