"""The prompts in the image: complete, even, and understood by an independent listener."""

from pathlib import Path

import numpy as np
import pytest

from appliance.callcenter.prompts.catalogue import LONGEST_POSITION, SYSTEM_PROMPTS, queue_position, system_prompt
from appliance.callcenter.prompts.speech import SpeechSettings, cached
from provisioning.demo_prompts import DEMO_PROMPTS, HOSPITAL
from tests.speech_oracle import contains_syllables, pinyin_distance, recognise, word_distance
from tests.tones import loudness, read_wav

LANGUAGES = ("zh_CN", "en")
SPEECH = Path(SpeechSettings().directory)
DEMO = {prompt.key: prompt.text for prompt in DEMO_PROMPTS}
HEARD_IN_CHINESE = [
    *("fallback", "number-invalid", "queue-next", "queue-busy", "queue-unstaffed", "closed", "key-invalid"),
    *("press-zero", "recording-notice", "queue-position-3", "queue-position-17"),
]
HEARD_IN_ENGLISH = ["fallback", "number-invalid", "key-timeout", "press-zero", "recording-notice", "queue-position-12"]


def spoken_file(text: str, voice: str = "") -> Path:
    file = cached(SPEECH, text, voice)
    assert file is not None, f"not in the image: {text}"
    return file


@pytest.mark.req("IVR-3")
def test_every_prompt_of_the_catalogues_lies_in_the_image_ready_for_the_telephone() -> None:
    every = [(prompt.text(language), prompt.voice(language)) for prompt in SYSTEM_PROMPTS for language in LANGUAGES]
    for text, voice in every + [(text, "") for text in DEMO.values()]:
        (samples,), rate = read_wav(spoken_file(text, voice))
        assert rate == 8000
        assert 0.3 < len(samples) / rate < 15, text
        assert -26 < loudness(samples) < -16, text
        assert abs(samples).max() <= 23250, text


def test_keys_are_unique_and_files_have_stable_names_for_the_dialplan() -> None:
    keys = [prompt.key for prompt in SYSTEM_PROMPTS]
    assert len(set(keys)) == len(keys)
    for prompt in SYSTEM_PROMPTS:
        for language in LANGUAGES:
            link = SPEECH / "system" / language / f"{prompt.key}.wav"
            assert link.resolve() == spoken_file(prompt.text(language), prompt.voice(language)).resolve()


def test_a_place_in_the_queue_is_counted_up_to_twenty() -> None:
    assert queue_position(0) == queue_position(-1) == system_prompt("queue-next")
    assert "两位" in queue_position(2).zh
    assert "二十位" in queue_position(LONGEST_POSITION).zh
    assert queue_position(LONGEST_POSITION + 1) == queue_position(500) == system_prompt("queue-position-more")


@pytest.mark.req("IVR-1", "IVR-3")
def test_a_caller_hears_the_hospitals_name_in_the_greeting() -> None:
    assert contains_syllables(recognise(spoken_file(DEMO["greeting"])), HOSPITAL)


@pytest.mark.req("IVR-1", "IVR-3")
@pytest.mark.parametrize("key", ["main-menu", "after-hours", "departments"])
def test_the_demonstration_menus_are_understood(key: str) -> None:
    assert pinyin_distance(DEMO[key], recognise(spoken_file(DEMO[key]))) <= 0.25


@pytest.mark.req("IVR-3")
@pytest.mark.parametrize("key", HEARD_IN_CHINESE)
def test_an_announcement_is_understood_in_chinese(key: str) -> None:
    text = system_prompt(key).zh
    assert pinyin_distance(text, recognise(spoken_file(text))) <= 0.25


@pytest.mark.req("IVR-3")
@pytest.mark.parametrize("figures", ["01234", "56789", "3862"])
def test_a_number_put_together_from_single_figures_is_understood(figures: str) -> None:
    prompts = [system_prompt(f"digit-{figure}") for figure in figures]
    sounds = [read_wav(spoken_file(prompt.zh, prompt.voice("zh_CN")))[0][0] for prompt in prompts]
    heard = recognise((np.concatenate(sounds), 8000))
    assert pinyin_distance("".join(prompt.zh[0] for prompt in prompts), heard) <= 0.25


@pytest.mark.req("IVR-3")
@pytest.mark.parametrize("key", HEARD_IN_ENGLISH)
def test_an_announcement_is_understood_in_english(key: str) -> None:
    text = system_prompt(key).en
    assert word_distance(text, recognise(spoken_file(text), "en")) <= 0.25
