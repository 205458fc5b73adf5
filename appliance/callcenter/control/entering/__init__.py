"""Calls come in and go out: where a new call goes, who may call whom."""
