"""Draws the pictures of this folder and writes oracle.tsv: what is expected of each.

    python3 -m venv venv && venv/bin/pip install pillow==13.0.0 numpy tifffile imagecodecs
    venv/bin/python tests/pictures/make_pictures.py

The pixels that are expected are those of Pillow (libjpeg-turbo, libtiff, libwebp, libpng, and
LittleCMS for colour profiles), turned as it turns them. Columns of oracle.tsv: file; `same` and the
SHA-1 of the pixels (RGB, row by row), or `near` and the largest difference allowed to the picture
expected/FILE.png, or `refused` and the beginning of the reason; a remark.
"""

import hashlib
import io
import struct
import zlib
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image, ImageCms, ImageOps

import jpeg_writer

HERE = Path(__file__).parent
ORACLE = []


def drawn(width, height):
    """Shades, edges and a marked corner, so that no turn of it looks like another."""
    y, x = np.mgrid[0:height, 0:width]
    r = 40 + 180 * x / width + 20 * np.sin(y / 3)
    g = 60 + 150 * y / height + 20 * np.cos(x / 4)
    b = 200 - 120 * x * y / width / height
    picture = np.clip(np.stack([r, g, b], -1), 0, 255).astype(np.uint8)
    picture[4:14, 5:20] = (230, 30, 20)
    picture[-12:-4, -25:-6] = (20, 40, 220)
    return picture


RGB = drawn(45, 35)
GREY = np.asarray(Image.fromarray(RGB).convert("L"))
YCC = np.asarray(Image.fromarray(RGB).convert("YCbCr"))


def seen(content):
    """The pixels as Pillow shows them, upright."""
    picture = ImageOps.exif_transpose(Image.open(io.BytesIO(content)))
    return np.asarray(picture.convert("RGB"))


def add(name, content, expected=None, remark="", near=None, refused=None):
    (HERE / name).write_bytes(content)
    if refused:
        ORACLE.append((name, "refused", refused, remark))
        return
    expected = np.asarray(seen(content) if expected is None else expected)
    if near is None:
        ORACLE.append((name, "same", hashlib.sha1(expected.tobytes()).hexdigest(), remark))
    else:
        Image.fromarray(expected).save(HERE / "expected" / f"{name}.png", optimize=True)
        ORACLE.append((name, "near", str(near), remark))


def sampled(plane, factors, most):
    """A component at the size of its sampling factors."""
    height, width = plane.shape
    size = (-(-width * factors[0] // most[0]), -(-height * factors[1] // most[1]))
    return np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.BOX))


def jpeg(factors, planes=YCC, **more):
    most = (max(f[0] for f in factors), max(f[1] for f in factors))
    parts = [sampled(planes[..., c], f, most) for c, f in enumerate(factors)]
    return jpeg_writer.write(parts, factors, (planes.shape[1], planes.shape[0]), **more)


JFIF = jpeg_writer.segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")


def adobe(transform):
    return jpeg_writer.segment(0xEE, b"Adobe\0\x64\0\0\0\0" + bytes([transform]))


S420, S422, S440, S444 = (
    [(2, 2), (1, 1), (1, 1)], [(2, 1), (1, 1), (1, 1)], [(1, 2), (1, 1), (1, 1)], [(1, 1)] * 3)


def sampling():
    one_each = [(0,), (1,), (2,)]
    for label, factors in {
        "420": S420, "422": S422, "440": S440, "444": S444, "411": [(4, 1), (1, 1), (1, 1)],
        "410": [(4, 2), (1, 1), (1, 1)], "mixed": [(2, 2), (2, 1), (1, 2)],
        "luma-coarser": [(1, 1), (2, 2), (2, 2)], "luma-narrower": [(1, 1), (2, 1), (2, 1)],
    }.items():
        add(f"sampling-{label}.jpg", jpeg(factors, head=JFIF))
        add(f"scans-{label}.jpg", jpeg(factors, head=JFIF, scans=one_each))
    add("scans-chroma-first.jpg", jpeg(S420, head=JFIF, scans=[(1,), (2,), (0,)]))
    add("scans-luma-alone.jpg", jpeg(S420, head=JFIF, scans=[(0,), (1, 2)]))
    add("scans-and-restarts.jpg", jpeg(S420, head=JFIF, scans=one_each, restart=3))
    add("restarts.jpg", jpeg(S422, head=JFIF, restart=2))
    narrow = drawn(30, 43)[:, :4]
    add("sampling-420-narrow.jpg", jpeg(S420, planes=narrow, head=JFIF))
    fractional = [(3, 1), (2, 1), (1, 1)]
    add("sampling-fractional.jpg", jpeg(fractional, head=JFIF), refused="JPEG with fractional")
    add("grey-2x2.jpg", jpeg_writer.write([GREY], [(2, 2)], (45, 35), head=JFIF))
    for label, more in {"progressive": {"progressive": True}, "optimised": {"optimize": True},
                        "progressive-restarts": {"progressive": True, "restart_marker_rows": 1}}.items():
        for subsampling in range(3):
            out = io.BytesIO()
            Image.fromarray(RGB).save(out, "jpeg", quality=80, subsampling=subsampling, **more)
            add(f"{label}-{subsampling}.jpg", out.getvalue())


def colours():
    rgb_names, odd = (82, 71, 66), (7, 8, 9)
    add("names-rgb.jpg", jpeg(S444, planes=RGB, names=rgb_names))
    add("names-rgb-jfif.jpg", jpeg(S420, names=rgb_names, head=JFIF))
    add("names-rgb-adobe-1.jpg", jpeg(S420, names=rgb_names, head=adobe(1)))
    add("names-odd.jpg", jpeg(S420, names=odd))
    add("adobe-0.jpg", jpeg(S444, planes=RGB, head=adobe(0)))
    add("adobe-0-jfif.jpg", jpeg(S444, head=JFIF + adobe(0)))
    add("adobe-1.jpg", jpeg(S420, head=adobe(1)))
    cmyk = 255 - np.asarray(Image.fromarray(RGB).convert("CMYK"))
    cmyk = np.concatenate([cmyk[..., :3], 255 - (GREY // 3)[..., None]], -1)
    add("cmyk.jpg", jpeg([(1, 1)] * 4, planes=cmyk))
    add("cmyk-adobe-0.jpg", jpeg([(1, 1)] * 4, planes=cmyk, head=adobe(0)))
    ycck = np.concatenate([YCC, cmyk[..., 3:]], -1)
    add("ycck-adobe-2.jpg", jpeg([(2, 2), (1, 1), (1, 1), (2, 2)], planes=ycck, head=adobe(2)))
    add("two-components.jpg", jpeg([(1, 1)] * 2), refused="JPEG with other than 1, 3 or 4")
    add("lossless.jpg", jpeg(S444, sof=0xC3), refused="lossless JPEG is not")
    add("arithmetic.jpg", jpeg(S444, sof=0xC9), refused="arithmetic-coded JPEG is not")
    add("hierarchical.jpg", jpeg(S444, sof=0xC5), refused="hierarchical JPEG is not")
    twelve = bytearray(jpeg(S444, sof=0xC1))
    twelve[twelve.index(b"\xff\xc1") + 4] = 12
    add("twelve-bits.jpg", bytes(twelve), refused="JPEG with more than 8 bits")


def whole_all_the_same():
    plain = jpeg(S420, head=JFIF)
    pixels = seen(plain)
    stray, unended = "stray bytes", "end marker is missing"
    for label, junk in {"one": b"\x7f", "some": b"\x13\x77\0\xaa" * 20, "text": b"some text " * 200}.items():
        add(f"stray-{label}.jpg", jpeg(S420, head=JFIF, between=junk), pixels, stray)
    add("stray-restarts.jpg", jpeg(S422, head=JFIF, restart=2, before_restart=b"\x13\x71"),
        seen(jpeg(S422, head=JFIF, restart=2)), stray)
    add("no-tables.jpg", jpeg(S422, head=JFIF, tables=False), remark="standard ones")
    add("no-tables-grey.jpg", jpeg_writer.write([GREY], [(1, 1)], (45, 35), tables=False),
        remark="standard ones")
    add("zeros-for-end.jpg", jpeg(S420, head=JFIF, end=bytes(500)), pixels, unended)
    add("text-for-end.jpg", jpeg(S420, head=JFIF, end=b" and so on" * 9), pixels, stray)
    add("behind-end.jpg", plain + b"more \xff\xd8 of it", pixels)
    rows = jpeg(S420, head=JFIF)
    at = rows.index(b"\xff\xc0") + 5
    add("height-cut.jpg", rows[:at] + struct.pack(">H", 16) + rows[at + 2:], remark=stray)
    # What lacks a part of the picture is refused.
    half = plain[: len(plain) * 6 // 10]
    add("half-and-zeros.jpg", half + bytes(len(plain) - len(half)), refused="truncated")
    add("half-and-end.jpg", half + b"\xff\xd9", refused="corrupt")
    add("half.jpg", half, refused="truncated")
    add("one-scan-of-three.jpg", jpeg(S420, head=JFIF, scans=[(0,)]), refused="corrupt: fewer scans")
    add("one-scan-and-zeros.jpg", jpeg(S420, head=JFIF, scans=[(0,)], end=bytes(500)), refused="truncated")
    out = io.BytesIO()
    Image.fromarray(RGB).save(out, "jpeg", quality=80, progressive=True)
    last = out.getvalue().rindex(b"\xff\xda")
    add("progressive-scan-lost.jpg", out.getvalue()[:last] + bytes(300), refused="truncated")


def exif(kind=3, value=6, order="<", entries=()):
    """A TIFF directory that holds an orientation of type `kind`."""
    number = struct.pack(order + {1: "Bxxx", 3: "Hxx", 4: "I"}[kind], value)
    lines = [struct.pack(order + "HHI", tag, 3, 1) + struct.pack(order + "Hxx", other) for tag, other in entries]
    lines.append(struct.pack(order + "HHI", 274, kind, 1) + number)
    start = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    return start + struct.pack(order + "H", len(lines)) + b"".join(lines) + bytes(4)


NO_TAG = b"II*\0" + struct.pack("<IHHHIIi", 8, 1, 296, 3, 1, 2, 0)


def xmp(value, form="attribute"):
    inside = {
        "attribute": f'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="{value}"/>',
        "element": f"<rdf:Description><tiff:Orientation>{value}</tiff:Orientation></rdf:Description>",
    }[form]
    return f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF>{inside}</rdf:RDF></x:xmpmeta>'.encode()


def app1(content):
    return jpeg_writer.segment(0xE1, content)


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(before=b"", behind=b"", picture=RGB):
    rows = b"".join(b"\0" + row.tobytes() for row in picture)
    header = struct.pack(">IIBBBBB", picture.shape[1], picture.shape[0], 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + chunk(b"IDAT", zlib.compress(rows, 9))
            + behind + chunk(b"IEND", b""))


def webp(chunks, profile=None, picture=RGB):
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "webp", lossless=True)
    pixels = out.getvalue()[12:]
    flags = sum({b"EXIF": 8, b"XMP ": 4}[kind] for kind, _ in chunks) | (0x20 if profile else 0)
    height, width = picture.shape[:2]
    body = b"VP8X" + struct.pack("<IB3x", 10, flags) + struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    parts = ([(b"ICCP", profile)] if profile else []) + [None] + chunks
    for part in parts:
        if part is None:
            body += pixels
        else:
            body += part[0] + struct.pack("<I", len(part[1])) + part[1] + b"\0" * (len(part[1]) % 2)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def orientations():
    def turned(number, picture=RGB):
        way = {2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
               4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
               6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
               8: Image.Transpose.ROTATE_90}[number]
        return np.asarray(Image.fromarray(picture).transpose(way))

    lossy = seen(jpeg(S444, head=JFIF))
    head = b"Exif\0\0"
    for number in range(2, 9):
        add(f"turn-{number}.jpg", jpeg(S444, head=app1(head + exif(value=number))), turned(number, lossy))
    for label, segments in {
        "big-endian": app1(head + exif(order=">")), "long": app1(head + exif(kind=4)),
        "long-big-endian": app1(head + exif(kind=4, order=">")), "byte": app1(head + exif(kind=1)),
        "second-segment": app1(head + NO_TAG) + app1(head + exif()),
        "behind-xmp": app1(b"http://ns.adobe.com/xap/1.0/\0" + xmp(1)) + app1(head + exif()),
        "among-others": app1(head + exif(entries=[(259, 6), (262, 2)])),
        "xmp": app1(b"http://ns.adobe.com/xap/1.0/\0" + xmp(6)),
        "xmp-element": app1(b"http://ns.adobe.com/xap/1.0/\0" + xmp(6, "element")),
        "xmp-and-no-tag": app1(head + NO_TAG) + app1(b"http://ns.adobe.com/xap/1.0/\0" + xmp(6)),
    }.items():
        add(f"turn-{label}.jpg", jpeg(S444, head=segments), turned(6, lossy))
    add("turn-nonsense.jpg", jpeg(S444, head=app1(head + exif(value=9))), lossy)
    add("turn-torn.jpg", jpeg(S444, head=app1(head + exif()[:15])), lossy)
    itxt = b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(6)
    digits = (head + exif()).hex().encode()
    raw = b"\nexif\n" + str(len(head + exif())).rjust(8).encode() + b"\n" + digits + b"\n"
    for label, made in {
        "before": png(chunk(b"eXIf", exif())), "behind": png(behind=chunk(b"eXIf", exif())),
        "prefix": png(chunk(b"eXIf", head + exif())), "long": png(chunk(b"eXIf", exif(kind=4))),
        "xmp": png(chunk(b"iTXt", itxt)), "xmp-behind": png(behind=chunk(b"iTXt", itxt)),
        "raw-profile": png(chunk(b"tEXt", b"Raw profile type exif\0" + raw)),
        "raw-profile-zipped": png(chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(raw))),
    }.items():
        add(f"turn-{label}.png", made, turned(6))
    for label, chunks in {
        "plain": [(b"EXIF", exif())], "prefix": [(b"EXIF", head + exif())],
        "long": [(b"EXIF", exif(kind=4))], "big-endian": [(b"EXIF", head + exif(order=">"))],
        "xmp": [(b"XMP ", xmp(6))], "both": [(b"EXIF", exif(value=6)), (b"XMP ", xmp(1))],
    }.items():
        add(f"turn-{label}.webp", webp(chunks), turned(6))


def tiff(picture=RGB, **more):
    out = io.BytesIO()
    more = {"photometric": "rgb" if picture.ndim == 3 else "minisblack", **more}
    tifffile.imwrite(out, picture, metadata=None, **more)
    return out.getvalue()


def tiffs():
    deep = (RGB.astype(np.uint16) * 257 - 90 * (RGB > 0)).astype(np.uint16)
    for label, more in {"plain": {}, "big-endian": {"byteorder": ">"}, "bigtiff": {"bigtiff": True},
                        "planes": {"planarconfig": "separate"}, "strips": {"rowsperstrip": 5},
                        "tiles": {"tile": (16, 32)}, "deflate": {"compression": "zlib"},
                        "packbits": {"compression": "packbits"}, "lzw": {"compression": "lzw"},
                        "deflate-tiles": {"compression": "zlib", "tile": (16, 16), "predictor": True},
                        "lzw-predictor": {"compression": "lzw", "predictor": True},
                        "planes-predictor": {"planarconfig": "separate", "compression": "zlib", "predictor": True}}.items():
        data = np.moveaxis(RGB, -1, 0) if "planarconfig" in more else RGB
        add(f"tiff-{label}.tif", tiff(data, **more), RGB)
        deep_data = np.moveaxis(deep, -1, 0) if "planarconfig" in more else deep
        add(f"tiff16-{label}.tif", tiff(deep_data, **more), (deep >> 8).astype(np.uint8))
    for number in (3, 6):
        add(f"turn-{number}.tif", tiff(extratags=[(274, 3, 1, number, True)]))
    add("turn-long.tif", tiff(extratags=[(274, 4, 1, 6, True)]))
    add("turn-xmp.tif", tiff(extratags=[(700, 1, len(xmp(6)), xmp(6), True)]))
    grey3 = np.repeat(GREY[..., None], 3, -1)
    add("grey.tif", tiff(GREY), grey3)
    add("grey-white-is-zero.tif", tiff(255 - GREY, photometric="miniswhite"), grey3)
    add("grey-lzw-predictor.tif", tiff(GREY, compression="lzw", predictor=True), grey3)
    add("grey16.tif", tiff(GREY.astype(np.uint16) * 256 + 99), grey3)
    add("grey16-white-is-zero.tif", tiff(65535 - GREY * np.uint16(256), photometric="miniswhite"), grey3)
    add("grey16-lzw-predictor-big-endian.tif", tiff(GREY * np.uint16(257), compression="lzw", predictor=True, byteorder=">"), grey3)
    add("one-bit-white-is-zero.tif", tiff(GREY > 120, photometric="miniswhite"))
    add("one-bit.tif", _saved(Image.fromarray(GREY).convert("1")))
    add("one-bit-lzw.tif", _saved(Image.fromarray(GREY).convert("1"), compression="tiff_lzw"))
    alpha = np.concatenate([RGB, GREY[..., None]], -1)
    add("alpha.tif", tiff(alpha, extrasamples=["unassalpha"]), RGB)
    add("alpha-predictor.tif", tiff(alpha, extrasamples=["unassalpha"], compression="lzw", predictor=True), RGB)
    add("alpha-premultiplied.tif", tiff(alpha, extrasamples=["assocalpha"]), RGB)
    add("alpha-planes.tif", tiff(np.moveaxis(alpha, -1, 0), planarconfig="separate", extrasamples=["unassalpha"]), RGB)
    add("extra-unknown.tif", tiff(alpha, extrasamples=["unspecified"]), refused="RGB TIFF with extra")
    add("extra-unknown-predictor.tif", tiff(alpha, extrasamples=["unspecified"], compression="lzw", predictor=True),
        refused="RGB TIFF with extra")
    five = np.concatenate([alpha, GREY[..., None]], -1)
    add("extra-two.tif", tiff(five, extrasamples=["unassalpha", "unspecified"], compression="lzw", predictor=True),
        refused="RGB TIFF with extra")
    add("grey-alpha.tif", tiff(alpha[..., 2:], photometric="minisblack", extrasamples=["unassalpha"], planarconfig="contig"),
        refused="grey TIFF with extra")
    cmyk = np.asarray(Image.fromarray(RGB).convert("CMYK")).copy()
    cmyk[..., 3] = GREY // 4
    add("cmyk.tif", tiff(cmyk, photometric="separated"), near=1)
    add("cmyk-lzw-predictor.tif", tiff(cmyk, photometric="separated", compression="lzw", predictor=True), near=1)
    add("cmyk16.tif", tiff(cmyk.astype(np.uint16) * 257, photometric="separated"), near=1)
    add("cmyk-tiles.tif", tiff(cmyk, photometric="separated", tile=(16, 16)), near=1)
    add("cmyk-planes.tif", tiff(np.moveaxis(cmyk, -1, 0), photometric="separated", planarconfig="separate"),
        refused="CMYK TIFF of planes")
    add("planes-in-tiles.tif", tiff(np.moveaxis(RGB, -1, 0), planarconfig="separate", tile=(16, 16)),
        refused="TIFF of planes in tiles")
    add("palette.tif", _saved(Image.fromarray(RGB).quantize(64)), refused="palette TIFF is not supported: save it as PNG")
    add("y-cb-cr.tif", _saved(Image.fromarray(YCC, "YCbCr")), refused="TIFF of Y Cb Cr colours")
    to_lab = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    add("lab.tif", _saved(ImageCms.applyTransform(Image.fromarray(RGB), to_lab)),
        refused="TIFF of L*a*b* colours")
    add("fax-group-4.tif", _saved(Image.fromarray(drawn(90, 70)).convert("1"), compression="group4"))
    add("grey-jpeg.tif", _saved(Image.fromarray(GREY), compression="jpeg", quality=90), near=1)
    add("jpeg.tif", _saved(Image.fromarray(RGB), compression="jpeg"), refused="TIFF with JPEG compression")
    add("zstd.tif", tiff(compression="zstd"), refused="TIFF with Zstandard compression")
    add("fax.tif", _saved(Image.fromarray(GREY).convert("1"), compression="group3"), refused="TIFF with fax compression")
    add("four-bits.tif", tiff(GREY >> 4, bitspersample=4), refused="grey TIFF of 4 bits")
    add("signed.tif", tiff((GREY // 2).astype(np.int8)), refused="grey TIFF of other than whole numbers")
    add("grey-float.tif", tiff(GREY.astype(np.float32) / 255), refused="grey TIFF of other than whole numbers")
    floats = RGB.astype(np.float32) / 255
    add("float.tif", tiff(floats), RGB)
    add("float-alpha.tif", tiff((alpha / 255).astype(np.float32), extrasamples=["unassalpha"]), RGB)
    add("float-planes.tif", tiff(np.moveaxis(floats, -1, 0), planarconfig="separate"), RGB)
    add("float-to-255.tif", tiff(RGB.astype(np.float32)), refused="float TIFF with values")
    add("float-bright.tif", tiff(floats * 3), refused="float TIFF with values")
    add("float-nan.tif", tiff(np.where(floats > 0.8, np.nan, floats).astype(np.float32)), refused="float TIFF with values")
    add("float-predictor.tif", tiff(floats, compression="zlib", predictor=True), refused="TIFF with a predictor for floats")
    preview = np.asarray(Image.fromarray(RGB).resize((20, 14)))
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as writer:
        writer.write(preview, subfiletype=1, photometric="rgb", metadata=None)
        writer.write(RGB, photometric="rgb", metadata=None)
    add("preview-first.tif", out.getvalue(), refused="TIFF that begins with a preview")
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as writer:
        writer.write(preview, subfiletype=1, photometric="rgb", metadata=None, subifds=1)
        writer.write(RGB, photometric="rgb", metadata=None)
    add("preview-above.tif", out.getvalue(), refused="TIFF that begins with a preview")
    for label, more in {"unmarked": {}, "marked-as-of-old": {"extratags": [(255, 3, 1, 2, True)]}}.items():
        out = io.BytesIO()
        with tifffile.TiffWriter(out) as writer:
            writer.write(preview, photometric="rgb", metadata=None, **more)
            writer.write(RGB, photometric="rgb", metadata=None)
        add(f"preview-{label}.tif", out.getvalue(), refused="TIFF that begins with a preview")
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as writer:
        writer.write(RGB, photometric="rgb", metadata=None, subifds=1)
        writer.write(preview, subfiletype=1, photometric="rgb", metadata=None)
        writer.write(RGB[::-1], photometric="rgb", metadata=None)
    add("pages.tif", out.getvalue(), RGB)
    add("dng.tif", tiff(extratags=[(50706, 1, 4, b"\1\4\0\0", True)]), refused="camera raw (DNG)")


def _saved(picture, **more):
    out = io.BytesIO()
    picture.save(out, "tiff", **more)
    return out.getvalue()


def curve(gamma):
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"


def matrix_profile(red, green, blue, gamma):
    """An ICC profile of three primaries (CIE XYZ under D50) and a gamma."""
    fixed = lambda values: b"XYZ " + bytes(4) + struct.pack(">3i", *(round(v * 65536) for v in values))
    text = b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(78)
    parts = {b"desc": text, b"cprt": b"text" + bytes(4) + b"none\0\0\0\0", b"wtpt": fixed((0.9642, 1, 0.8249)),
             b"rXYZ": fixed(red), b"gXYZ": fixed(green), b"bXYZ": fixed(blue),
             b"rTRC": curve(gamma), b"gTRC": curve(gamma), b"bTRC": curve(gamma)}
    table, data, at = struct.pack(">I", len(parts)), b"", 128 + 4 + 12 * len(parts)
    for name, part in parts.items():
        part += b"\0" * (-len(part) % 4)
        table += name + struct.pack(">II", at + len(data), len(part))
        data += part
    size = 128 + len(table) + len(data)
    header = struct.pack(">I4xI4s4s4s6H4s28x3i48x", size, 0x02100000, b"mntr", b"RGB ", b"XYZ ",
                         2026, 1, 1, 0, 0, 0, b"acsp", 0xF6D6, 0x10000, 0xD32D)
    return header + table + data


def profiles():
    p3 = matrix_profile((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841), 2.2)
    adobe_rgb = matrix_profile((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446), 2.2)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))

    def converted(pixels, profile):
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return np.asarray(ImageCms.profileToProfile(Image.fromarray(pixels), source, srgb))

    for label, profile in {"p3": p3, "adobe-rgb": adobe_rgb}.items():
        part = jpeg_writer.segment(0xE2, b"ICC_PROFILE\0\1\1" + profile)
        plain = jpeg(S444, head=JFIF + part)
        add(f"profile-{label}.jpg", plain, converted(seen(plain), profile), near=2)
        add(f"profile-{label}.png", png(chunk(b"iCCP", b"test\0\0" + zlib.compress(profile))), converted(RGB, profile), near=2)
        add(f"profile-{label}.webp", webp([], profile), converted(RGB, profile), near=2)
        add(f"profile-{label}.tif", tiff(iccprofile=profile), converted(RGB, profile), near=2)
    half = len(p3) // 2
    parts = [jpeg_writer.segment(0xE2, b"ICC_PROFILE\0" + bytes([n, 2]) + p3[s]) for n, s in ((2, slice(half, None)), (1, slice(half)))]
    plain = jpeg(S444, head=JFIF + b"".join(parts))
    add("profile-in-two-parts.jpg", plain, converted(seen(plain), p3), near=2)
    part = jpeg_writer.segment(0xE2, b"ICC_PROFILE\0\1\1" + srgb.tobytes())
    add("profile-srgb.jpg", jpeg(S444, head=JFIF + part))
    ignored = "colour profile cannot be used"
    part = jpeg_writer.segment(0xE2, b"ICC_PROFILE\0\1\1" + p3[:100])
    add("profile-torn.jpg", jpeg(S444, head=JFIF + part), remark=ignored)
    inks = bytearray(p3)
    inks[16:20] = b"CMYK"
    part = jpeg_writer.segment(0xE2, b"ICC_PROFILE\0\1\1" + bytes(inks))
    cmyk = 255 - np.asarray(Image.fromarray(RGB).convert("CMYK"))
    add("profile-inks.jpg", jpeg([(1, 1)] * 4, planes=cmyk, head=adobe(0) + part), remark=ignored)


def bmp(bits, compression, rows, extra=b"", height=RGB.shape[0], colours=0):
    at = 54 + len(extra)
    return (b"BM" + struct.pack("<IHHI", at + len(rows), 0, 0, at)
            + struct.pack("<IiiHHIIiiII", 40, RGB.shape[1], height, 1, bits, compression, len(rows), 2835, 2835, colours, 0)
            + extra + rows)


def padded(rows):
    return b"".join(row.tobytes() + b"\0" * (-len(row.tobytes()) % 4) for row in rows)


def unusual_others():
    """Forms of the other formats, most as Pillow writes them."""
    picture = Image.fromarray(RGB)
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA"):
        for kind in ("png", "bmp", "gif", "webp"):
            out = io.BytesIO()
            try:
                picture.convert(mode).save(out, kind, **({"lossless": True} if kind == "webp" else {}))
            except OSError:
                continue
            add(f"mode-{mode}.{kind}", out.getvalue())
    for label, kind, image, more in (
        ("palette-1", "png", picture.quantize(2), {"bits": 1}), ("palette-2", "png", picture.quantize(4), {"bits": 2}),
        ("palette-4", "png", picture.quantize(16), {"bits": 4}), ("clear", "png", picture.quantize(16), {"transparency": 3}),
        ("clear", "gif", picture.quantize(16), {"transparency": 3}), ("interlaced", "gif", picture.quantize(64), {"interlace": 1}),
        ("lossy", "webp", picture, {"quality": 70}), ("lossy-alpha", "webp", picture.convert("RGBA"), {"quality": 70}),
        ("moving", "webp", picture, {"save_all": True, "append_images": [picture.rotate(90)], "lossless": True}),
        ("moving", "png", picture, {"save_all": True, "append_images": [picture.rotate(180)]}),
    ):
        out = io.BytesIO()
        image.save(out, kind, **more)
        add(f"{label}.{kind}", out.getvalue())
    add("top-down.bmp", bmp(24, 0, padded(RGB[..., ::-1]), height=-RGB.shape[0]))
    add("32-bits.bmp", bmp(32, 0, padded(np.pad(RGB[::-1, :, ::-1], ((0, 0), (0, 0), (0, 1))))))
    parts = RGB[::-1].astype(int)
    for label, shifts, compression, masks in (("555", (3, 3, 3), 0, b""), ("565", (3, 2, 3), 3, struct.pack("<III", 0xF800, 0x7E0, 0x1F))):
        places = (10, 5, 0) if label == "555" else (11, 5, 0)
        values = sum((parts[..., c] >> shifts[c]) << places[c] for c in range(3)).astype("<u2")
        add(f"{label}.bmp", bmp(16, compression, padded(values), masks), near=1)
    few = picture.quantize(16)
    palette = b"".join(bytes([b, g, r, 0]) for r, g, b in np.array(few.getpalette()[:48]).reshape(-1, 3))
    runs = b""
    for row in np.asarray(few)[::-1]:
        edges = [0, *(np.flatnonzero(np.diff(row)) + 1), len(row)]
        runs += b"".join(bytes([b - a, row[a]]) for a, b in zip(edges, edges[1:])) + b"\0\0"
    add("runs.bmp", bmp(8, 1, runs + b"\0\1", palette, colours=16))


def others():
    for label, content in {"ppm": b"P6\n2 2\n255\n" + bytes(12), "pgm": b"P5\n2 2\n255\n" + bytes(4)}.items():
        add(f"other.{label}", content, refused=f"{label.upper()} not supported")
    add("other.cr3", b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", refused="CR3 not supported")
    add("other.raf", b"FUJIFILMCCD-RAW 0201FF383501" + bytes(64), refused="RAF not supported")
    add("other.orf", b"IIRO\x08\0\0\0" + bytes(64), refused="ORF not supported")
    add("other.rw2", b"IIU\0\x08\0\0\0" + bytes(64), refused="RW2 not supported")
    add("other.mov", b"\0\0\0\x14ftypqt  \0\0\2\0qt  ", refused="a movie (MOV)")


if __name__ == "__main__":
    for old in [*HERE.glob("*.*"), *HERE.glob("expected/*")]:
        if old.suffix not in (".py", ".md") and old.is_file():
            old.unlink()
    (HERE / "expected").mkdir(exist_ok=True)
    for make in (sampling, colours, whole_all_the_same, orientations, tiffs, profiles, unusual_others, others):
        make()
    lines = ["\t".join(line) for line in ORACLE]
    (HERE / "oracle.tsv").write_text("\n".join(lines) + "\n")
    print(len(lines), "pictures")
