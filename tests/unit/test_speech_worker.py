"""The speaking process, run for real: its voice, its refusals, and that a bad job does not stop the next."""

import contextlib
import http.server
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.callcenter.prompts import speech, voices
from appliance.callcenter.prompts.sound import is_silent
from appliance.errors import UserError
from tests.speech_oracle import pinyin_distance, recognise
from tests.tones import loudness, read_wav, tone, write_wav

pytestmark = pytest.mark.req("IVR-3")

WORKER = [sys.executable, "-m", "appliance.callcenter.prompts.speech_worker"]


def lines_of(jobs: list[Any]) -> str:
    """A string is sent as it stands."""
    return "".join(f"{job if isinstance(job, str) else json.dumps(job, ensure_ascii=False)}\n" for job in jobs)


type Speak = Callable[[list[Any]], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def speak(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Speak]:
    """`speak(jobs)`: what one worker, which loads its model once, says to them."""
    complaints = tmp_path_factory.mktemp("worker") / "stderr"
    with (
        complaints.open("w") as errors,
        subprocess.Popen(
            WORKER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, encoding="utf-8"
        ) as worker,
    ):
        assert worker.stdin
        assert worker.stdout

        def speak(jobs: list[Any]) -> list[dict[str, Any]]:
            worker.stdin.write(lines_of(jobs))
            worker.stdin.flush()
            return [json.loads(worker.stdout.readline()) for _ in jobs]

        try:
            yield speak
            rest, _ = worker.communicate(timeout=20)
        finally:
            worker.kill()
    assert (worker.returncode, rest, complaints.read_text()) == (0, "", "")


def answers(jobs: list[Any], *options: str) -> list[dict[str, Any]]:
    """What a worker of its own with these options says to each job."""
    done = subprocess.run(
        [*WORKER, *options], input=lines_of(jobs), capture_output=True, text=True, timeout=110, check=False
    )
    assert done.stderr == ""
    assert done.returncode == 0
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_text_is_spoken_so_that_it_is_understood(speak: Speak, tmp_path: Path) -> None:
    text = "张女士，您的复诊时间是11月23日上午9:30，请到门诊3楼内科。"
    (answer,) = speak([{"id": "1", "text": text, "out": str(tmp_path / "a.wav")}])
    (heard,), rate = read_wav(tmp_path / "a.wav")
    assert (rate, "error" in answer) == (8000, False)
    assert answer["seconds"] == pytest.approx(len(heard) / rate, abs=0.001)
    assert 5 < answer["seconds"] < 14
    assert -25 < loudness(heard) < -17
    assert pinyin_distance(text, recognise(tmp_path / "a.wav")) <= 0.25


def test_bad_jobs_are_answered_and_the_next_one_is_done(speak: Speak, tmp_path: Path) -> None:
    out = str(tmp_path / "a.wav")
    given_jobs = [
        "not JSON",
        "[]",
        '{"id": "no text"}',
        {"id": "extra", "text": "您好", "out": out, "shell": "rm"},
        {"id": "empty", "text": "  ，。", "out": out},
        {"id": "emoji", "text": "😀😀", "out": out},
        {"id": "long", "text": "好" * 501, "out": out},
        {"id": "voice", "text": "您好", "voice": "../../etc/passwd", "out": out},
        {"id": "speed", "text": "您好", "speed": 0.0, "out": out},
        {"id": "folder", "text": "您好。", "out": str(tmp_path / "missing" / "a.wav")},
        {"id": "good", "text": "您好。", "out": out},
    ]
    codes = [answer.get("error", "") for answer in speak(given_jobs)]
    assert codes == [
        *["job-invalid"] * 4,
        *["text-unspeakable"] * 2,
        "text-too-long",
        "voice-unknown",
        "speed-range",
        "speech-unavailable",
        "",
    ]
    assert (tmp_path / "a.wav").is_file()
    assert list(tmp_path.iterdir()) == [tmp_path / "a.wav"]


def test_every_offered_voice_is_there_and_differs(speak: Speak, tmp_path: Path) -> None:
    jobs = []
    for voice in voices.VOICES:
        text = "您好。" if voice.chinese else "Hello."
        jobs.append({"id": voice.key, "text": text, "voice": voice.key, "out": str(tmp_path / voice.key)})
    hashes = {answer["sha256"] for answer in speak(jobs)}
    assert len(hashes) == len(voices.VOICES)


def test_speed_changes_the_length(speak: Speak, tmp_path: Path) -> None:
    job = {"id": "1", "text": "请不要挂机。", "out": str(tmp_path / "a.wav")}
    slow, fast = speak([job | {"speed": 0.7}, job | {"speed": 1.4}])
    assert slow["seconds"] > 1.4 * fast["seconds"]


def test_the_longest_text_without_any_pause_is_spoken_whole(speak: Speak, tmp_path: Path) -> None:
    (answer,) = speak([{"id": "1", "text": "挂号" * 30, "out": str(tmp_path / "a.wav")}])
    assert answer["seconds"] > 8


def test_the_small_engine_speaks_without_a_model(tmp_path: Path) -> None:
    (answer,) = answers(
        [{"id": "1", "text": "您好，请按1。", "out": str(tmp_path / "a.wav")}],
        *("--engine", "espeak", "--directory", str(tmp_path)),
    )
    assert answer["seconds"] > 0.8
    (heard,), rate = read_wav(tmp_path / "a.wav")
    assert rate == 8000
    assert loudness(heard) > -25


def test_a_missing_model_is_said_in_both_languages(tmp_path: Path) -> None:
    (answer,) = answers([{"id": "1", "text": "您好", "out": "x"}], "--directory", str(tmp_path))
    assert answer["error"] == "speech-unavailable"
    assert answer["error_zh"].startswith("语音合成暂时不可用")
    assert answer["error_en"].startswith("The speech engine")


@contextlib.contextmanager
def speech_server(status: int, body: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A hospital's own speech server, and what it was asked."""
    asked: list[bytes] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/speak", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_hospitals_own_server_is_asked_and_its_sound_levelled(tmp_path: Path) -> None:
    sound = write_wav(tmp_path / "server.wav", [tone(440, 1.0, rate=22050, level_dbfs=-40)], rate=22050).read_bytes()
    with speech_server(200, sound) as (url, asked):
        (answer,) = answers(
            [{"id": "1", "text": "您好", "out": str(tmp_path / "a.wav")}], "--engine", "http", "--url", url
        )
    assert json.loads(asked[0]) == {"text": "您好", "voice": voices.CHINESE_VOICE, "speed": 1.0}
    assert answer["seconds"] == pytest.approx(1.1, abs=0.1)
    (heard,), _ = read_wav(tmp_path / "a.wav")
    assert loudness(heard[1600:-800]) == pytest.approx(-19, abs=1)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [(500, b"", "speech-unavailable"), (200, b"<html>login</html>", "sound-format"), (200, b"", "sound-format")],
)
def test_a_server_that_fails_or_talks_nonsense_gives_an_error(
    tmp_path: Path, status: int, body: bytes, error: str
) -> None:
    with speech_server(status, body) as (url, _):
        (answer,) = answers([{"id": "1", "text": "您好", "out": str(tmp_path / "a")}], "--engine", "http", "--url", url)
    assert answer["error"] == error


def test_a_server_nobody_runs_gives_an_error(tmp_path: Path) -> None:
    options = ("--engine", "http", "--url", "http://127.0.0.1:9/")
    (answer,) = answers([{"id": "1", "text": "您好", "out": str(tmp_path / "a")}], *options)
    assert answer["error"] == "speech-unavailable"


@given(st.text(max_size=600), st.text(max_size=20), st.floats())
def test_any_request_is_accepted_or_refused_and_never_fails_otherwise(text: str, voice: str, speed: float) -> None:
    with contextlib.suppress(UserError):
        speech.check(text, voice, speed)


@settings(deadline=None, max_examples=30)
@given(st.text(min_size=1, max_size=8))
def test_short_texts_of_any_script_never_break_the_small_engine(text: str) -> None:
    try:
        speech.check(text, voices.CHINESE_VOICE, 1.0)
    except UserError:
        return
    engine = speech.EspeakEngine()
    sound = engine.synthesize(text, voices.CHINESE_VOICE, 1.0)
    assert sound.rate == 8000
    assert sound.seconds < 60 or not is_silent(sound)
