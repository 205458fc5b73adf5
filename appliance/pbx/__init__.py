"""The telephony platform: a typed ARI client, the recorder (AMI), numbers, and Asterisk's generated configuration."""
