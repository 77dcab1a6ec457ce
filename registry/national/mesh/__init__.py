"""MESH, the NHS's message exchange between mailboxes: a mailbox to send from and to look into."""
