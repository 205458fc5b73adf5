"""The telephony platform: a typed ARI client, the recorder, numbers, and Asterisk's generated configuration."""
