"""Packs: what one kind of recommendation problem declares. No pack knows another."""
