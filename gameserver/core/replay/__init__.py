"""Recordings of matches, `.trpl` (docs/replay-format.md), as bytes: nothing here reads or writes a file.

values      msgpack within bounds: the only place that unpacks what a file says
chunks      what a file is made of, and where each piece of it lies
header      what it begins with; what is in it, in the words of its timeline
steps       the truth: what entered the match        frames      the view: what one who may see everything was shown
tape        a match as it is played, to chunks       recording playback      a file, to the match again
resimulate  a match made again from its steps        verify verdict guess telling    is it the same, and if not, what differs
trim        a part of a recording
"""
