"""All systems.  Add yours to ALL."""
from .floor import EchoC, EchoPaho
from .homeassistant import HomeAssistant
from .komoku import Komoku, KomokuDiscovered
from .stores import IngestC, IngestCPk, Influx, Rrd, Sqlite, Victoria

ALL = [Komoku, KomokuDiscovered, EchoC, EchoPaho, IngestC, IngestCPk, Sqlite, Influx, Victoria, Rrd, HomeAssistant]


def registry(names):
    """The classes for a list of ids; `all` is every one.  Those that cannot run here are left out, and it says so."""
    known = {c.id: c for c in ALL}
    want = list(known) if "all" in names else names
    for x in want:
        if x not in known:
            raise SystemExit(f"there is no system '{x}'; there are {', '.join(known)}")
    chosen = []
    for c in (known[x] for x in want):
        why = c.missing()
        if why:
            print(f"skipped: {c.name}: {why}", flush=True)
        else:
            chosen.append(c)
    return chosen
