"""Wires objects together: one module per systemd unit, so that each program carries only what it needs."""
