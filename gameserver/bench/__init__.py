"""`gameserver bench`: what a game costs, in time and in bytes, played by its own bots without a network.

laps.py     times by stage       probes.py    a match that takes them
cost.py     what each field costs on the wire       advice.py    what to do about it
run.py      the match, from the first bot to the report       report.py    the numbers, for people and for programs
"""

from gameserver.bench.report import BenchReport as BenchReport
from gameserver.bench.run import run_bench as run_bench
