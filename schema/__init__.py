"""The GraphQL contract: types, inputs, payloads and root fields. No SQL, no rules; a field body is one call."""
