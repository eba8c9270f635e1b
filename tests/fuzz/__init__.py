"""Peers that say anything at all: what they may cost is measured, and what escapes is a bug. Run: python -m tests.fuzz"""
