"""What one account, one address and all together may have of a process (reliability.md A1), a part of the settings."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings


class Shares(BaseSettings):
    """Limits of all operations of a process."""

    max_operations: int = Field(100, ge=1, description="Most queries and mutations that run at once in one process")
    max_operations_per_account: int = Field(20, ge=1, description="Most of them of one account, token or address")
    max_waiting: int = Field(400, ge=0, description="Most queries and mutations that wait for their turn")
    max_waiting_per_account: int = Field(100, ge=0, description="Most of them of one account, token or address")
    requests_per_minute: int = Field(1200, ge=1, description="Operations a minute of one account or API token")
    requests_burst: int = Field(200, ge=1, description="Operations that it may ask for at once")
    requests_per_minute_address: int = Field(300, ge=1, description="Operations a minute of one address without login")
    requests_burst_address: int = Field(60, ge=1, description="Operations that it may ask for at once")
    cost_per_minute: int = Field(100_000, ge=1, description="Cost a minute, and at once, of one account or address")
