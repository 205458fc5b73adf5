"""The hospital call-centre appliance: foundation modules here, one package per concern below."""
