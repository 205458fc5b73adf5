"""Free pieces of malloc's heap are given back; what has been there from the start is not looked through again."""

import subprocess
import sys

HOLES = """
import asyncio, gc, re
from appliance import heap

def resident():
    with open("/proc/self/smaps_rollup") as file:
        return int(re.search(r"Private_Dirty: +(\\d+)", file.read())[1])

pieces = [bytearray(3000) for _ in range(20_000)]  # too small for a mapping of their own
kept = pieces[::7]  # one in 20 KiB
del pieces
before = resident()
heap.EVERY_SECONDS = 0.01

async def main():
    part = heap.Heap()
    await part.open()
    working = asyncio.create_task(part.run())
    await asyncio.sleep(0.2)
    working.cancel()
    await part.close()

asyncio.run(main())
print(before - resident(), sum(piece == bytes(3000) for piece in kept), gc.get_freeze_count())
"""


def test_holes_between_what_is_kept_go_back_to_the_system() -> None:
    done = subprocess.run([sys.executable, "-c", HOLES], capture_output=True, text=True, check=True, timeout=30)
    given_back, whole, left_alone = map(int, done.stdout.split())
    assert given_back > 20_000, "KiB, of about 50,000 that were free"
    assert whole == 2858
    assert left_alone > 10_000, "objects of the modules"
