"""What one operation may ask and how long it may take (reliability.md A1, A4), a part of the settings."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings


class Allowances(BaseSettings):
    """Limits of one operation."""

    max_url_bytes: int = Field(8192, ge=100, description="Longest address of a request to /graphql, in bytes")
    max_body_bytes: int = Field(1_048_576, ge=1024, description="Longest body of a request to /graphql, in bytes")
    max_json_depth: int = Field(32, ge=4, le=200, description="Deepest nesting of JSON, in bodies and messages")
    max_number_length: int = Field(32, ge=20, le=1000, description="Longest number in JSON, in characters")
    max_query_bytes: int = Field(32_768, ge=100, description="Longest text of a GraphQL document, in bytes")
    max_tokens: int = Field(2000, ge=10, description="Most tokens of a GraphQL document")
    max_depth: int = Field(15, ge=1, le=100, description="Deepest nesting of fields in an operation")
    max_aliases: int = Field(30, ge=0, description="Most aliases in an operation, fragments counted where they stand")
    max_root_fields: int = Field(20, ge=1, description="Most root fields in an operation")
    max_directives: int = Field(30, ge=0, description="Most directives in an operation")
    max_variables: int = Field(100, ge=0, description="Most variables that an operation declares")
    max_fragments: int = Field(50, ge=0, description="Most fragments in a document")
    max_field_pairs: int = Field(2000, ge=0, description="Most pairs of fields with one response name")
    max_cost: int = Field(5000, ge=1, description="Highest cost of an operation, as @cost and @listSize tell it")
    max_list_input: int = Field(100, ge=1, description="Longest list that an argument may hold")
    query_seconds: float = Field(10.0, gt=0, description="Time of a query, and of each look of a stream")
    mutation_seconds: float = Field(30.0, gt=0, description="Time of a mutation; its outcome is unknown after that")
    sql_seconds: float = Field(5.0, gt=0, description="Time of one statement, on PostgreSQL")
    pool_seconds: float = Field(5.0, gt=0, description="Time to wait for a free connection to the database")
