"""Recordings as tables: `gameserver replay export`.

columns      the tables of a game and their columns            states happenings    worlds and events as rows
sinks        files of JSON lines and of Parquet                exporter             one recording into a folder of them
"""
