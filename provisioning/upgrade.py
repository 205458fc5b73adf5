"""Brings the database to this version's schema: `python -m provisioning.upgrade`. Apart, for it loads a lot."""

from appliance import config, journal, schema

if __name__ == "__main__":
    settings = config.load()
    journal.configure_logging(settings.log_level)
    schema.upgrade(settings.database.url)
