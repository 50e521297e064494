"""Start-up: settings, the adapters of `resolvers.ports`, and what wires them together."""
