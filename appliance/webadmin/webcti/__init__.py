"""WebCTI over HTTP: verbs, state and events for programs of other systems."""
