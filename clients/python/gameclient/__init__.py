"""A client for gameserver in Python: connect, join, see the world, send inputs, come back. And bots, which are nothing else.

async def play(client):
    while True:
        tick = await client.next_snapshot()
        tanks = client.replica.all("Tank")
        await client.send_input(client.next_input_tick(), client.schema.input.neutral())

trio.run(Client("ws://127.0.0.1:8765/ws/arena1", game="arena", name="ann").run, play)
"""

from gameclient.bots import Bot as Bot
from gameclient.calls import SessionGone as SessionGone
from gameclient.client import Client as Client
from gameclient.clock import ServerClock as ServerClock
from gameclient.line import ClientClosed as ClientClosed
