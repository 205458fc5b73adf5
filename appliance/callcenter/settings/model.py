"""What administrators decide in the browser about the whole hospital."""

import msgspec

LANGUAGES = ("zh_CN", "en")


class Settings(msgspec.Struct, frozen=True):
    """Every setting with its default; a field's name is its key in the table."""

    hospital_name: str = ""
    language: str = "zh_CN"
    """Of pages before anybody signed in, and of new users."""
    time_zone: str = "Asia/Shanghai"
    extension_digits: int = 4
    """Length of extension and queue numbers."""
    outside_prefix: str = ""
    """Dialled before an outside number and taken off again; empty = outside numbers are dialled as they are."""
    wrap_up_seconds: int = 30
    """For new queues, and after calls that came through no queue."""
    page_gone_minutes: int = 5
    """An agent with a browser phone whose page is gone for so long gets no calls; 0 = never mind."""
    keep_recordings_days: int = 0
    """Recordings are deleted after so many days; 0 = never."""
    recording_notice: bool = True
    """Tell callers at the start that the call is recorded."""
    agent_sees_supervision: bool = True
    """Show agents that a manager listens; whispering and barging in they see anyway."""
    voice: str = "zf_xiaobei"
    code_state: str = "*10"
    """What agents dial on a desk phone to work without a page; empty = not in use."""
    code_sign_in: str = "*11"
    code_sign_out: str = "*12"
    code_ready: str = "*13"
    code_busy: str = "*14"
    code_wrap_up: str = "*15"
    staff_idle_minutes: int = 720
    """A session of an agent or manager ends after so long without a page or a live desktop."""
    administrator_idle_minutes: int = 30
    webhooks_to_public: bool = False
    """Webhooks may be sent to public addresses; hospital networks always, the box itself never."""
    screen_pop_url: str = ""
    """Address of another system's page about a call, with names in braces; empty = none (see `integrations.pop`)."""
    screen_pop_opens: bool = False
    """The page opens by itself when the call is answered; otherwise there is a button."""
