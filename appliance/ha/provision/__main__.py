"""`python -m appliance.ha.provision`: what `hcc cluster` runs, as root."""

import sys

from appliance.ha.provision.commands import main

sys.exit(main())
