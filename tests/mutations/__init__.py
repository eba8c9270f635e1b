"""Copies of the server that are broken on purpose, each in one place: do the tests notice? Run: python -m tests.mutations"""
