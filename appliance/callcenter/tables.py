"""All tables in one place, for migrations."""

from appliance import conditions
from appliance.callcenter.blacklist import tables as blacklist
from appliance.callcenter.call_limits import tables as call_limits
from appliance.callcenter.callbacks import tables as callbacks
from appliance.callcenter.calls import tables as calls
from appliance.callcenter.departments import tables as departments
from appliance.callcenter.extensions import tables as extensions
from appliance.callcenter.integrations import tables as integrations
from appliance.callcenter.ivr import tables as ivr
from appliance.callcenter.live import tables as live
from appliance.callcenter.pair import tables as pair
from appliance.callcenter.patients import tables as patients
from appliance.callcenter.people import tables as people
from appliance.callcenter.prompts import tables as prompts
from appliance.callcenter.queues import tables as queues
from appliance.callcenter.reasons import tables as reasons
from appliance.callcenter.replica import tables as replica
from appliance.callcenter.rooms import tables as rooms
from appliance.callcenter.scripts import tables as scripts
from appliance.callcenter.settings import tables as settings
from appliance.callcenter.skills import tables as skills
from appliance.callcenter.supervision import tables as supervision
from appliance.callcenter.trunks import tables as trunks
from appliance.callcenter.work_orders import tables as work_orders
from appliance.db import Base

MODULES = (
    *(blacklist, call_limits, callbacks, calls, conditions, departments, extensions, integrations),
    *(ivr, live, pair, patients, people, prompts),
    *(queues, reasons, replica, rooms, scripts, settings, skills, supervision, trunks, work_orders),
)

__all__ = ["MODULES", "Base"]
