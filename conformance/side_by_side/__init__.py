"""Our conversion beside LinuxForHealth's, over the same messages: what each keeps of a field."""
