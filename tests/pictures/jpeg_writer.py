"""Writes JPEGs of unusual forms: any sampling factors, scans, names of components and restarts.

Sequential, with the standard Huffman tables of ITU-T T.81 annex K. Slow and plain: for small test
pictures only.
"""

import struct

import numpy as np

ZIGZAG = sorted(
    ((r, c) for r in range(8) for c in range(8)),
    key=lambda p: (p[0] + p[1], p[0] if (p[0] + p[1]) % 2 else p[1]),
)
DC_COUNTS = [
    [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0],
    [0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0],
]
DC_SYMBOLS = [list(range(12))] * 2
AC_COUNTS = [
    [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7D],
    [0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 0x77],
]
AC_SYMBOLS = [
    list(bytes.fromhex(
        "01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25"
        "262728292a3435363738393a434445464748494a535455565758595a636465666768696a737475767778797a83"
        "8485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3"
        "d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa")),
    list(bytes.fromhex(
        "0001020311040521310612415107617113223281081442"
        "91a1b1c109233352f0156272d10a162434e125f11718191a262728292a35363738393a434445464748494a5354"
        "55565758595a636465666768696a737475767778797a82838485868788898a92939495969798999aa2a3a4a5a6"
        "a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6"
        "f7f8f9fa")),
]


def segment(marker, content):
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


def codes(counts, symbols):
    table, code, place = {}, 0, 0
    for length, count in enumerate(counts, 1):
        for _ in range(count):
            table[symbols[place]] = (code, length)
            code, place = code + 1, place + 1
        code <<= 1
    return table


class Bits:
    def __init__(self):
        self.held, self.count, self.bytes = 0, 0, bytearray()

    def put(self, value, length):
        self.held, self.count = self.held << length | value, self.count + length
        while self.count >= 8:
            self.count -= 8
            byte = self.held >> self.count & 255
            self.bytes += bytes([byte, 0]) if byte == 255 else bytes([byte])
        self.held &= (1 << self.count) - 1

    def flush(self):
        if self.count:
            self.put((1 << 8 - self.count) - 1, 8 - self.count)


def magnitude(value):
    size = abs(value).bit_length()
    return size, (value if value >= 0 else value + (1 << size) - 1)


def put_block(bits, block, before, dc, ac):
    size, extra = magnitude(block[0] - before)
    bits.put(*dc[size])
    bits.put(extra, size)
    run = 0
    last = max([k for k in range(1, 64) if block[k]], default=0)
    for value in block[1:last + 1]:
        if value == 0:
            run += 1
            continue
        while run > 15:
            bits.put(*ac[0xF0])
            run -= 16
        size, extra = magnitude(value)
        bits.put(*ac[run << 4 | size])
        bits.put(extra, size)
        run = 0
    if last < 63:
        bits.put(*ac[0])


def blocks_of(plane, down, across, step):
    """Quantised blocks `[down][across][64]` in the order of coding, edges repeated."""
    padded = np.pad(plane, ((0, down * 8 - plane.shape[0]), (0, across * 8 - plane.shape[1])), "edge")
    k = np.arange(8)
    basis = np.cos((2 * k[None] + 1) * k[:, None] * np.pi / 16) / 2
    basis[0] /= np.sqrt(2)
    tiles = padded.reshape(down, 8, across, 8).transpose(0, 2, 1, 3).astype(float) - 128
    spectrum = np.round(basis @ tiles @ basis.T / step).astype(int)
    return [[[int(spectrum[r, c, y, x]) for y, x in ZIGZAG] for c in range(across)] for r in range(down)]


def write(planes, factors, size, names=(1, 2, 3, 4), scans=None, restart=0, head=b"", tables=True,
          step=6, sof=0xC0, end=b"\xff\xd9", between=b"", before_restart=b""):
    """`planes`: arrays of samples, each of the size that its `factors` (across, down) ask for;
    `scans`: tuples of components. `between` stands before the end marker."""
    width, height = size
    wide, high = max(f[0] for f in factors), max(f[1] for f in factors)
    units = (-(-width // (8 * wide)), -(-height // (8 * high)))
    components = []
    for plane, (across, down) in zip(planes, factors):
        components.append(blocks_of(plane, units[1] * down, units[0] * across, step))
    out = b"\xff\xd8" + head + segment(0xDB, b"\0" + bytes([step] * 64))
    frame = struct.pack(">BHHB", 8, height, width, len(planes))
    for name, (across, down) in zip(names, factors):
        frame += bytes([name, across << 4 | down, 0])
    out += segment(sof, frame)
    if tables:
        for number in range(2):
            out += segment(0xC4, bytes([number]) + bytes(DC_COUNTS[number] + DC_SYMBOLS[number]))
            out += segment(0xC4, bytes([16 + number] + AC_COUNTS[number] + AC_SYMBOLS[number]))
    if restart:
        out += segment(0xDD, struct.pack(">H", restart))
    dc = [codes(DC_COUNTS[n], DC_SYMBOLS[n]) for n in range(2)]
    ac = [codes(AC_COUNTS[n], AC_SYMBOLS[n]) for n in range(2)]
    for scan in scans or [tuple(range(len(planes)))]:
        header = bytes([len(scan)])
        for c in scan:
            header += bytes([names[c], 0x11 * min(c, 1)])
        out += segment(0xDA, header + bytes([0, 63, 0]))
        if len(scan) == 1:
            (across, down) = factors[scan[0]]
            shape = (-(-(-(-width * across // wide)) // 8), -(-(-(-height * down // high)) // 8))
        else:
            shape = units
        bits, before = Bits(), dict.fromkeys(scan, 0)
        for n in range(shape[0] * shape[1]):
            if restart and n and n % restart == 0:
                bits.flush()
                bits.bytes += before_restart + bytes([0xFF, 0xD0 + (n // restart - 1) % 8])
                before = dict.fromkeys(scan, 0)
            row, column = divmod(n, shape[0])
            for c in scan:
                across, down = factors[c] if len(scan) > 1 else (1, 1)
                for i in range(across * down):
                    block = components[c][row * down + i // across][column * across + i % across]
                    put_block(bits, block, before[c], dc[min(c, 1)], ac[min(c, 1)])
                    before[c] = block[0]
        bits.flush()
        out += bytes(bits.bytes)
    return out + between + end
