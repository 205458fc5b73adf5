"""Uploads and recordings: what callers hear is even and clean, and nothing in a file can hurt the box."""

import hashlib
import itertools
import shutil
import struct
import subprocess
import wave
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.callcenter.prompts import audio
from appliance.callcenter.prompts.sound import Sound, for_telephone, levelled, trimmed
from appliance.errors import UserError
from tests.tones import Samples, loudness, read_wav, silence, tone, tone_level, write_wav

RATE = 8000
FOREIGN = {".opus": ("opus", "libopus"), ".m4a": ("ipod", "aac")}


def speech_like(seconds: float, *, level_dbfs: float = -30.0) -> Samples:
    """Syllables of tone with gaps, as uneven as talk is."""
    syllable = np.concatenate([tone(440, 0.18, level_dbfs=level_dbfs), silence(0.06)])
    return np.tile(syllable, max(int(seconds / 0.24), 1))


def encoded(source: Path, suffix: str) -> Path:
    """The same sound in another format, by an encoder that has nothing to do with our decoders where there is one."""
    out = source.with_suffix(suffix)
    if suffix not in FOREIGN:
        kind = {".ogg": "vorbis"}.get(suffix, suffix[1:])
        subprocess.run(["sox", str(source), "-t", kind, str(out)], check=True, capture_output=True, timeout=30)
        return out
    container, codec = FOREIGN[suffix]
    with av.open(str(source)) as original, av.open(str(out), "w", format=container) as target:
        stream = target.add_stream(codec, rate=48000)
        resampler = av.AudioResampler("fltp", "stereo", 48000)
        frames = [piece for frame in original.decode(audio=0) for piece in resampler.resample(frame)]
        for frame in [*frames, None]:
            target.mux(stream.encode(frame))
    return out


@pytest.mark.req("IVR-3")
@pytest.mark.parametrize("suffix", [".wav", ".mp3", ".flac", ".ogg", ".opus", ".m4a"])
def test_an_upload_in_any_usual_format_becomes_a_telephone_prompt(tmp_path: Path, suffix: str) -> None:
    body = np.concatenate([tone(440, 2.0, rate=44100, level_dbfs=-35), silence(1.0, rate=44100)])
    source = write_wav(tmp_path / "in.wav", [body, body], rate=44100)
    if suffix != ".wav":
        source = encoded(source, suffix)
    if suffix == ".m4a" and shutil.which("faad") is None:
        with pytest.raises(audio.UnknownSoundError):
            audio.decoded(source)
        return
    out = tmp_path / "out" / "prompt.wav"
    out.parent.mkdir()
    written = audio.convert_upload(source, out)
    (heard,), rate = read_wav(out)
    assert rate == RATE
    assert written.sha256 == hashlib.sha256(out.read_bytes()).hexdigest()
    assert written.size_bytes == out.stat().st_size
    assert written.seconds == pytest.approx(len(heard) / RATE)
    assert 2.0 < written.seconds < 2.4, "silence behind the tone is cut, a short lead is added"
    assert loudness(heard[1600:-1600]) == pytest.approx(-19.0, abs=1.0)
    assert tone_level(heard, RATE, 440) > -21
    assert list(out.parent.iterdir()) == [out], "no temporary file stays behind"


@pytest.mark.req("IVR-3")
@pytest.mark.parametrize("level", [-45.0, -30.0, -19.0, -8.0])
def test_quiet_and_loud_speech_end_up_equally_loud(level: float) -> None:
    ready = for_telephone(Sound(speech_like(3.0, level_dbfs=level), RATE)).samples
    assert np.abs(ready).max() <= 32767 * 10 ** (-3 / 20)
    syllable = ready[1000:1800]
    assert loudness(syllable) == pytest.approx(-19.0, abs=2.0)
    assert not ready[:700].any(), "a tenth of a second of silence stands in front"


@pytest.mark.req("IVR-3")
def test_a_single_click_does_not_make_speech_quiet() -> None:
    samples = speech_like(3.0)
    samples[5000] = 32767
    assert loudness(levelled(Sound(samples, RATE)).samples[8000:16000]) > -22


@pytest.mark.req("IVR-3")
def test_only_the_silence_at_the_ends_is_cut() -> None:
    inside = np.concatenate([tone(440, 0.5), silence(1.0), tone(440, 0.5)])
    padded = np.concatenate([silence(2.0), inside, silence(3.0)])
    assert trimmed(Sound(padded, RATE)).seconds == pytest.approx(2.06, abs=0.03)


@pytest.mark.req("IVR-3")
@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", audio.UnknownSoundError),
        (b"MZ\x90\x00 a program", audio.UnknownSoundError),
        (b"#EXTM3U\n/etc/passwd\n", audio.UnknownSoundError),
        (b"<svg onload=alert(1)>", audio.UnknownSoundError),
        (b"OggS" + bytes(60), audio.UnknownSoundError),
        (b"\x1aE\xdf\xa3webm", audio.UnknownSoundError),
        (b"RIFF\xff\xff\xff\xffWAVEfmt ", audio.DamagedSoundError),
        (b"fLaC" + bytes(100), audio.DamagedSoundError),
        (b"\x00\x00\x00\x18ftypM4A " + bytes(100), (audio.DamagedSoundError, audio.UnknownSoundError)),
        (b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f", (audio.DamagedSoundError, audio.EmptySoundError)),
    ],
)
def test_what_is_no_sound_is_refused_with_a_reason(tmp_path: Path, content: bytes, error: type[UserError]) -> None:
    source = tmp_path / "evil.wav"
    source.write_bytes(content)
    with pytest.raises(error) as caught:
        audio.convert_upload(source, tmp_path / "out.wav")
    assert caught.value.text("zh_CN")
    assert not (tmp_path / "out.wav").exists()


def _lying_wav(path: Path, *, rate: int, stated_bytes: int, samples: Samples) -> Path:
    body = samples.astype("<i2").tobytes()
    head = b"RIFF" + struct.pack("<I", stated_bytes + 36 & 0xFFFFFFFF) + b"WAVEfmt "
    shape = struct.pack("<IHHIIHH", 16, 1, 1, rate, rate * 2 & 0xFFFFFFFF, 2, 16)
    path.write_bytes(head + shape + b"data" + struct.pack("<I", stated_bytes) + body)
    return path


@pytest.mark.req("IVR-3")
def test_a_header_that_promises_hours_is_not_believed(tmp_path: Path) -> None:
    source = _lying_wav(tmp_path / "lie.wav", rate=RATE, stated_bytes=0x7FFFFF00, samples=tone(440, 1.0))
    assert audio.convert_upload(source, tmp_path / "out.wav").seconds < 1.2


@pytest.mark.req("IVR-3")
@pytest.mark.parametrize("rate", [0, 1, 4_000_000_000])
def test_an_absurd_sample_rate_ends_in_a_clear_error(tmp_path: Path, rate: int) -> None:
    source = _lying_wav(tmp_path / "rate.wav", rate=rate, stated_bytes=40_000, samples=tone(440, 2.5))
    with pytest.raises((audio.DamagedSoundError, audio.SoundTooLongError, audio.EmptySoundError)):
        audio.convert_upload(source, tmp_path / "out.wav")


@pytest.mark.req("IVR-3")
def test_a_small_file_that_unpacks_to_hours_is_refused(tmp_path: Path) -> None:
    source = write_wav(tmp_path / "long.wav", [silence(3600.0)])
    packed = encoded(source, ".flac")
    assert packed.stat().st_size < 2_000_000
    with pytest.raises(audio.SoundTooLongError):
        audio.decoded(packed)


@pytest.mark.req("IVR-3")
def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    source = tmp_path / "huge.wav"
    with source.open("wb") as file:
        file.write(b"RIFF")
        file.truncate(audio.LARGEST_UPLOAD_BYTES + 1)
    with pytest.raises(audio.SoundTooLargeError):
        audio.decoded(source)


@pytest.mark.req("IVR-3")
def test_silence_is_no_prompt(tmp_path: Path) -> None:
    source = write_wav(tmp_path / "nothing.wav", [silence(2.0)])
    with pytest.raises(audio.EmptySoundError):
        audio.convert_upload(source, tmp_path / "out.wav")


@pytest.mark.req("IVR-3")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([b"RIFF\x24\x00\x00\x00WAVEfmt ", b"fLaC\x00\x00\x00\x22", b"ID3\x03\x00", b"\xff\xfb\x90\x64"]),
    st.binary(max_size=400),
)
def test_any_bytes_behind_a_sound_files_first_ones_give_sound_or_an_error(
    tmp_path: Path, start: bytes, rest: bytes
) -> None:
    source = tmp_path / "fuzz"
    source.write_bytes(start + rest)
    try:
        written = audio.convert_upload(source, tmp_path / "out.wav")
    except UserError:
        return
    assert 0 < written.seconds <= audio.LONGEST_UPLOAD_SECONDS + 1


@pytest.mark.req("REC-1")
def test_the_caller_is_left_and_the_agent_right(tmp_path: Path) -> None:
    caller, agent = tone(440, 2.0), tone(1000, 2.0)
    raw = tmp_path / "call.raw"
    raw.write_bytes(np.stack([caller, agent], axis=1).astype("<i2").tobytes())
    written = audio.stereo_from_raw(raw, tmp_path / "call.wav")
    (left, right), rate = read_wav(tmp_path / "call.wav")
    assert (written.seconds, rate) == (2.0, RATE)
    assert written.sha256 == hashlib.sha256((tmp_path / "call.wav").read_bytes()).hexdigest()
    assert np.array_equal(left, caller)
    assert np.array_equal(right, agent)


@pytest.mark.req("REC-1", "REC-2")
@pytest.mark.parametrize("torn", [b"", b"\x01", b"\x01\x02\x03"])
def test_a_recording_cut_by_a_crash_is_salvaged_to_the_last_frame(tmp_path: Path, torn: bytes) -> None:
    frames = np.stack([tone(440, 1.0), silence(1.0)], axis=1).astype("<i2").tobytes()
    raw = tmp_path / "call.raw"
    raw.write_bytes(frames + torn)
    assert audio.stereo_from_raw(raw, tmp_path / "call.wav").seconds == 1.0
    with wave.open(str(tmp_path / "call.wav")) as filed:
        assert (filed.getnchannels(), filed.getframerate(), filed.getnframes()) == (2, RATE, RATE)


@pytest.mark.req("REC-1")
def test_a_call_without_any_sound_is_an_empty_recording(tmp_path: Path) -> None:
    raw = tmp_path / "call.raw"
    raw.touch()
    assert audio.stereo_from_raw(raw, tmp_path / "call.wav").seconds == 0.0


@pytest.mark.req("REC-1")
def test_a_chunk_behind_the_sound_is_not_played_as_noise(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "in.wav", [tone(440, 1.0)])
    with path.open("ab") as file:
        file.write(b"LIST" + struct.pack("<I", 4) + b"INFO")
    assert audio.wav_layout(path).frames == RATE


@pytest.mark.req("REC-1")
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=120), st.integers(0, 60))
def test_any_header_gives_a_layout_inside_the_file_or_an_error(tmp_path: Path, noise: bytes, keep: int) -> None:
    good = write_wav(tmp_path / "good.wav", [tone(440, 0.01)]).read_bytes()
    path = tmp_path / "fuzz.wav"
    path.write_bytes(good[:keep] + noise)
    try:
        layout = audio.wav_layout(path)
    except audio.DamagedSoundError:
        return
    assert layout.offset + layout.frames * layout.channels * 2 <= path.stat().st_size


def test_peaks_draw_what_is_there(tmp_path: Path) -> None:
    def drawn(samples: Samples, buckets: int) -> list[int]:
        return audio.wav_peaks(write_wav(tmp_path / "sound.wav", [samples]), buckets)[0]

    samples = np.concatenate([silence(1.0), tone(440, 1.0, level_dbfs=-9.0), silence(1.0)])
    levels = drawn(samples, 30)
    assert len(levels) == 30
    assert levels[:10] == [0] * 10
    assert all(45 <= value <= 52 for value in levels[11:19])
    assert drawn(np.full(4, -32768, np.int16), 2) == [100, 100]
    assert drawn(samples[:3], 10) == [0] * 10
    assert drawn(samples[:0], 3) == [0, 0, 0]
    assert drawn(np.array([0, 16384], np.int16), 5) == [0, 0, 0, 0, 50]


def test_peaks_of_a_long_sound_are_those_of_its_parts(tmp_path: Path) -> None:
    """Read in several pieces, the last of them cut off by the end of a damaged file."""
    length, buckets = 1_000_003, 37
    samples = np.random.default_rng(3).integers(-32768, 32767, length, np.int16) // np.int16(8)
    samples[777_777] = -32768
    path = write_wav(tmp_path / "long.wav", [samples])
    with path.open("r+b") as file:
        file.truncate(44 + 2 * 900_000)
    [drawn] = audio.wav_peaks(path, buckets)
    here = samples[:900_000].astype(int)
    edges = [len(here) * bucket // buckets for bucket in range(buckets + 1)]
    assert drawn == [int(abs(here[start:end]).max()) * 100 // 32768 for start, end in itertools.pairwise(edges)]


def test_peaks_of_a_stereo_file_come_per_side(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "call.wav", [tone(440, 1.0, level_dbfs=-9), silence(1.0)])
    left, right = audio.wav_peaks(path, 10)
    assert min(left) > 40
    assert right == [0] * 10
