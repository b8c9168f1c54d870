"""A load module that fills a node's disk up to some blocks, and frees it again."""

from update_nodes import OtaNode

FILLER = b"""
import os

def left(blocks):
    with open("filler.bin", "wb") as f:
        block = bytes(4096)
        for _ in range(os.statvfs("/")[3] - blocks):
            f.write(block)
    return os.statvfs("/")[3]

def free():
    os.remove("filler.bin")
    return os.statvfs("/")[3]
"""
PAD = bytes(4096 * 230)  # on the node from the beginning, so that the disk is soon full


def fill(node: OtaNode, blocks: int) -> int:
    """Leaves about so many free blocks (the writing itself takes one or two); how many there are."""
    return int(node.ask(f"filler left {blocks}")[0])


def free(node: OtaNode) -> int:
    return int(node.ask("filler free")[0])
