"""Sound files: uploads made fit for the telephone, and the two halves of a recorded call joined to one.

Everything here blocks for as long as the sound is long; call it from a worker process or thread.
"""

import dataclasses
import hashlib
import itertools
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from appliance.callcenter.prompts.sound import TELEPHONE_RATE, Sound, for_telephone, is_silent
from appliance.disk import put_away
from appliance.errors import UserError

LARGEST_UPLOAD_BYTES = 20 * 1024 * 1024
LONGEST_UPLOAD_SECONDS = 600
UPLOAD_SUFFIXES = (".wav", ".mp3", ".ogg", ".opus", ".flac", ".m4a")

_CONVERSION_SECONDS = 60
_MEMORY_BYTES = 512 * 1024 * 1024
_DECODED_BYTES = 256 * 1024 * 1024
_BLOCK_FRAMES = 1 << 18
_HEAD_BYTES = 64
_WAV_HEADER_BYTES = 44
_TRAILERS = (b"LIST", b"id3 ", b"ID3 ", b"bext", b"cue ", b"fact", b"JUNK", b"PEAK")
_PCM = 1
_SAMPLE_BYTES = 2


class UnknownSoundError(UserError):
    code, status = "sound-format", 422
    zh = "无法识别的音频格式，请上传 WAV、MP3、OGG、FLAC 或 M4A 文件"
    en = "Not a sound file we can read: please upload WAV, MP3, OGG, FLAC or M4A"


class DamagedSoundError(UserError):
    code, status, zh, en = "sound-damaged", 422, "音频文件已损坏，无法读取", "The sound file is damaged"


class SoundTooLargeError(UserError):
    code, status, zh, en = "sound-too-large", 413, "音频文件太大", "The sound file is too large"


class SoundTooLongError(UserError):
    code, status, zh, en = "sound-too-long", 422, "音频太长", "The sound is too long"


class EmptySoundError(UserError):
    code, status, zh, en = "sound-empty", 422, "音频中没有可听见的声音", "There is nothing to hear in the sound"


@dataclasses.dataclass(frozen=True, slots=True)
class SoundFile:
    """What was written: its length and the hash of the whole file."""

    seconds: float
    sha256: str
    size_bytes: int


# --- uploads -------------------------------------------------------------------------------------------------------


def sound_type(head: bytes) -> str:
    """The kind of sound file that starts with `head` (64 bytes are enough), as sox names it, or "m4a".

    The name a file was sent under says nothing. Raises UnknownSoundError.
    """
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"fLaC":
        return "flac"
    if head[:4] == b"OggS" and b"OpusHead" in head:
        return "opus"
    if head[:4] == b"OggS" and b"\x01vorbis" in head:
        return "vorbis"
    if head[4:8] == b"ftyp":
        return "m4a"
    # An MPEG frame starts with eleven set bits and layer III; a tag may stand before the first one.
    if head[:3] == b"ID3" or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2):
        return "mp3"
    raise UnknownSoundError


def _confined(command: list[str], *, input_bytes: bytes | None = None) -> bytes:
    """Run a decoder on untrusted data with limits on time, memory and what it may write; its standard output.

    Raises DamagedSoundError when it fails or reaches a limit.
    """
    limits = [f"--cpu={_CONVERSION_SECONDS}", f"--as={_MEMORY_BYTES}", f"--fsize={_DECODED_BYTES}", "--core=0"]
    try:
        done = subprocess.run(
            ["prlimit", *limits, "--", *command],
            input=input_bytes,
            stdin=subprocess.DEVNULL if input_bytes is None else None,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_CONVERSION_SECONDS,
            check=True,
        )
    except (subprocess.SubprocessError, OSError) as error:
        raise DamagedSoundError from error
    return done.stdout


def _raw(rate: int) -> list[str]:
    return ["-t", "raw", "-r", str(rate), "-e", "signed", "-b", "16", "-c", "1", "-L"]


def resampled(sound: Sound, rate: int) -> Sound:
    """The same sound at `rate`, everything above half of it filtered out."""
    if sound.rate == rate:
        return sound
    data = _confined(
        ["sox", "-D", "-V0", *_raw(sound.rate), "-", *_raw(rate), "-"],
        input_bytes=sound.samples.astype("<i2").tobytes(),
    )
    return Sound(np.frombuffer(data, "<i2").astype(np.int16), rate)


def decoded(source: Path, *, longest_seconds: float = LONGEST_UPLOAD_SECONDS) -> Sound:
    """Any accepted file as 8 kHz mono. The length is what is really in it: headers are not believed.

    Raises UnknownSoundError, SoundTooLargeError, SoundTooLongError, DamagedSoundError.
    """
    if source.stat().st_size > LARGEST_UPLOAD_BYTES:
        raise SoundTooLargeError(f"> {LARGEST_UPLOAD_BYTES // 1024 // 1024} MiB")
    with source.open("rb") as file:
        kind = sound_type(file.read(_HEAD_BYTES))
    with tempfile.TemporaryDirectory(prefix="hcc-sound-") as folder:
        path = source.resolve()
        if kind == "m4a":
            if shutil.which("faad") is None:
                raise UnknownSoundError
            plain = Path(folder) / "plain.wav"
            _confined(["faad", "-q", "-b", "1", "-f", "1", "-o", str(plain), str(path)])
            kind, path = "wav", plain
        enough = ["trim", "0", str(longest_seconds + 1)]
        data = _confined(["sox", "-V0", "-t", kind, str(path), *_raw(TELEPHONE_RATE), "-", *enough])
    sound = Sound(np.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(np.int16), TELEPHONE_RATE)
    if sound.seconds > longest_seconds:
        raise SoundTooLongError(f"> {longest_seconds:g} s")
    return sound


def write_telephone_wav(sound: Sound, out: Path) -> SoundFile:
    """Write `sound` the way a caller should hear it: 8 kHz, trimmed, levelled. Raises EmptySoundError."""
    narrow = resampled(sound, TELEPHONE_RATE)
    if is_silent(narrow):
        raise EmptySoundError
    ready = for_telephone(narrow)
    body = ready.samples.astype("<i2").tobytes()
    return _write_whole(out, iter([_wav_header(1, ready.rate, len(body)), body]), ready.seconds)


def convert_upload(source: Path, out: Path) -> SoundFile:
    """A staff member's sound file as a prompt. Raises the errors of `decoded` and EmptySoundError."""
    return write_telephone_wav(decoded(source), out)


# --- WAV files -----------------------------------------------------------------------------------------------------


def _wav_header(channels: int, rate: int, data_bytes: int) -> bytes:
    width = channels * _SAMPLE_BYTES
    shape = struct.pack("<HHIIHH", _PCM, channels, rate, rate * width, width, 8 * _SAMPLE_BYTES)
    size = _WAV_HEADER_BYTES - 8 + data_bytes
    return (
        b"RIFF"
        + struct.pack("<I", size)
        + b"WAVEfmt "
        + struct.pack("<I", len(shape))
        + shape
        + (b"data" + struct.pack("<I", data_bytes))
    )


def _write_whole(out: Path, blocks: Iterator[bytes], seconds: float) -> SoundFile:
    """Write and hash in one pass; `out` appears only when it is complete and on the disk."""
    digest, size = hashlib.sha256(), 0
    part = out.with_name(out.name + ".part")
    try:
        with part.open("wb") as file:
            for block in blocks:
                file.write(block)
                digest.update(block)
                size += len(block)
        put_away(part, out)
    finally:
        part.unlink(missing_ok=True)
    return SoundFile(seconds, digest.hexdigest(), size)


def _chunks(head: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, offset and stated size of the chunks whose headers lie in `head`."""
    offset = 12
    while offset + 8 <= len(head):
        name, size = head[offset : offset + 4], struct.unpack_from("<I", head, offset + 4)[0]
        yield name, offset + 8, size
        offset += 8 + size + size % 2


@dataclasses.dataclass(frozen=True, slots=True)
class WavLayout:
    """Where the samples of a 16-bit PCM WAV file lie."""

    channels: int
    rate: int
    offset: int
    frames: int


def wav_layout(path: Path) -> WavLayout:
    """Find the samples, trusting the file's length more than its header.

    A recorder that was killed leaves a size of nought or of its last flush: everything behind the header is taken
    then, down to whole frames, unless another chunk visibly follows. Raises DamagedSoundError when it is not
    16-bit PCM.
    """
    length = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(4096)
    if len(head) < _WAV_HEADER_BYTES:
        return WavLayout(1, TELEPHONE_RATE, length, 0)
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        raise DamagedSoundError(path.name)
    channels, rate = 0, 0
    for name, offset, size in _chunks(head):
        if name == b"fmt " and offset + 16 <= len(head):
            tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", head, offset)
            if tag != _PCM or bits != 8 * _SAMPLE_BYTES or not channels or not rate:
                raise DamagedSoundError(path.name)
        if name == b"data" and channels:
            data = size if _name_at(path, offset + size) in _TRAILERS else length - offset
            return WavLayout(channels, rate, offset, data // (channels * _SAMPLE_BYTES))
    raise DamagedSoundError(path.name)


def _name_at(path: Path, offset: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(4)


def _stretches(path: Path, layout: WavLayout, edges: list[int]) -> Iterator[NDArray[np.int16]]:
    """The frames between one edge and the next, as `[frames, channels]`; fewer where the file ends.

    Read, not mapped: a bad disk must give an error here, not kill the process.
    """
    with path.open("rb") as file:
        file.seek(layout.offset)
        for start, end in itertools.pairwise(edges):
            width = layout.channels * _SAMPLE_BYTES
            data = file.read(max(min(end, layout.frames) - start, 0) * width)
            yield np.frombuffer(data[: len(data) // width * width], "<i2").reshape(-1, layout.channels)


def stereo_from_raw(raw: Path, out: Path) -> SoundFile:
    """A WAV file of interleaved 16-bit telephone sound as the recorder writes it: caller left, agent right.

    Half a frame at the end (the power went) is dropped. A few MiB of memory at any length.
    """
    layout = WavLayout(2, TELEPHONE_RATE, 0, raw.stat().st_size // (2 * _SAMPLE_BYTES))
    edges = [*range(0, layout.frames, _BLOCK_FRAMES), layout.frames]
    header = _wav_header(2, TELEPHONE_RATE, layout.frames * 2 * _SAMPLE_BYTES)
    blocks = (block.tobytes() for block in _stretches(raw, layout, edges))
    return _write_whole(out, itertools.chain([header], blocks), layout.frames / TELEPHONE_RATE)


def _bucket_edges(length: int, buckets: int) -> list[int]:
    return [length * bucket // buckets for bucket in range(buckets + 1)]


def wav_peaks(path: Path, buckets: int) -> list[list[int]]:
    """The largest magnitude (0 to 100) in each of `buckets` equal stretches, for drawing a wave form, by channel.

    Of a 16-bit WAV file. Raises DamagedSoundError.
    """
    layout = wav_layout(path)
    edges = _bucket_edges(layout.frames, max(buckets, 1))
    together = max(1, _BLOCK_FRAMES * buckets // max(layout.frames, 1))
    loudest = np.zeros((len(edges) - 1, layout.channels), np.int32)
    firsts = range(0, len(edges) - 1, together)
    for first, block in zip(firsts, _stretches(path, layout, [*edges[::together], edges[-1]]), strict=False):
        _fill_peaks(loudest[first : first + together], block, np.array(edges[first : first + together + 1]))
    return [[int(level) for level in loudest[:buckets, channel] * 100 // 32768] for channel in range(layout.channels)]


def _fill_peaks(loudest: NDArray[np.int32], block: NDArray[np.int16], edges: NDArray[np.int64]) -> None:
    """The largest magnitudes of `block`, `[frames, channels]`, between the `edges`; zero where it has no frames."""
    starts = edges[:-1] - edges[0]
    there = (edges[1:] > edges[:-1]) & (starts < len(block))
    if there.any():
        highest = np.maximum.reduceat(block, starts[there], axis=0).astype(np.int32)
        lowest = np.minimum.reduceat(block, starts[there], axis=0).astype(np.int32)
        loudest[there] = np.maximum(highest, -lowest)
