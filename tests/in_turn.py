"""Hands connections to several hosts in turn, as a balancer in front of worker pools: PORT HOST…

Listens on the loopback; the hosts are asked on the same port.
"""

import asyncio
import itertools
import sys

_PIECE_BYTES = 1 << 16


async def _pass_on(reader, writer):
    try:
        while data := await reader.read(_PIECE_BYTES):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


async def _serve(port, hosts):
    turns = itertools.cycle(hosts)

    async def connect(reader, writer):
        there, back = await asyncio.open_connection(next(turns), port)
        await asyncio.gather(
            _pass_on(reader, back), _pass_on(there, writer), return_exceptions=True
        )

    async with await asyncio.start_server(connect, "127.0.0.1", port) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), sys.argv[2:]))
