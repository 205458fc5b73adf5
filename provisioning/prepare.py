"""Brings the database to this version's schema before anything uses it: `python -m provisioning.prepare`."""

import sys

from appliance import config, journal, schema


def main() -> int:
    """78 (EX_CONFIG) when the configuration is not usable."""
    try:
        settings = config.load()
    except config.ConfigError as error:
        sys.stderr.write(f"<3>prepare: {error}\n")
        return 78
    journal.configure_logging(settings.log_level)
    schema.upgrade(settings.database.url)
    return 0


if __name__ == "__main__":
    sys.exit(main())
