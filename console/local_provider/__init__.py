"""An OpenID provider for this machine only: anybody may sign in as any organisation."""
