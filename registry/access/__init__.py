"""Who may call the registry: clients, their proof, access tokens and scopes."""
