"""Makes a box the first of a pair, lets a second one and a witness join, keeps certificates and members in order."""
