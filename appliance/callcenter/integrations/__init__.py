"""Other systems at the call centre's side: their keys, events, webhooks and leases (WebCTI)."""
