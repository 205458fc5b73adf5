"""All verbs, by name."""

from typing import Any

from appliance.callcenter.verbs import (
    answer,
    busy,
    choose_patient,
    dial,
    dtmf,
    extend_wrap_up,
    hang_up,
    hold,
    manager_phone,
    mute,
    propose_block,
    ready,
    reject,
    sign_in,
    sign_out,
    supervise,
    supervise_end,
    supervise_mode,
    take_over,
    transfer,
    unhold,
    wrap_up,
)
from appliance.callcenter.verbs.verb import Verb

VERBS: tuple[Verb[Any], ...] = (
    answer.verb,
    busy.verb,
    choose_patient.verb,
    dial.verb,
    dtmf.verb,
    extend_wrap_up.verb,
    hang_up.verb,
    hold.verb,
    manager_phone.verb,
    mute.verb,
    propose_block.verb,
    ready.verb,
    reject.verb,
    sign_in.verb,
    sign_out.verb,
    supervise.verb,
    supervise_end.verb,
    supervise_mode.verb,
    take_over.verb,
    transfer.verb,
    unhold.verb,
    wrap_up.verb,
)

BY_NAME = {verb.name: verb for verb in VERBS}
