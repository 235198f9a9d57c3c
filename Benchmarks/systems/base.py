"""What a system under test must offer.  See README.md, 'Plugging in a system'."""


class System:
    id = "base"            # for --systems
    name = "base"          # in the report
    what = ""              # one line for the report
    burst_n = 60_000      # W1: messages in one burst (a run must stay below 90 s)
    counts = "values"      # what count_stored() counts: "values" (every value of every
                           # message) or "changes" (only values that differ from the last)
    w1 = w2 = w3 = w4 = False   # which workloads it takes part in
    w3_modes = ("raw",)    # "raw": query("last"...); another mode M: query("last_M"...)
    w3_figures = {}        # W3: what preload() measured itself
    w2_cheap = True        # False: start-up is slow, one run each

    @classmethod
    def missing(cls):
        """Why it cannot run here, or None."""
        return None

    def start(self, cfg):
        """cfg: dir (empty folder for data and logs), port (MQTT broker on 127.0.0.1),
        qos (subscribe with it), devices (the list of (topic, keys) that will come),
        rule (True: react to house.TRIGGER_TOPIC by publishing the message's seq to
        house.REACTION_TOPIC), many (True: W4, topics house.many_topic(i) with one plain
        number each; start() comes a second time in the same folder).  Returns the main pid once it is subscribed and ready."""
        raise NotImplementedError

    def stop(self):
        """Clean stop; after it db_bytes() must be what is on the disk."""
        raise NotImplementedError

    def pids(self):
        """Main pids to account (their children are added)."""
        raise NotImplementedError

    def progress(self):
        """Values made durable since start, cheap: it is polled ten times a second."""
        return self.count_stored()

    def count_stored(self):
        """Values in the store, asked of the store itself.  Called with the system
        running, and only after progress() stands still."""
        raise NotImplementedError

    def db_bytes(self):
        raise NotImplementedError

    # --- W3 -------------------------------------------------------------
    def preload(self, cfg, series):
        """Bulk-load series, a list of (key, kind, iterator of (unix seconds, value)),
        into a fresh store in cfg['dir'] and leave the system running and ready for
        query().  Returns the number of values loaded."""
        raise NotImplementedError

    def query(self, q, key, t0, t1):
        """q: 'last' -> (t, value); 'hourly' -> number of (avg,min,max) rows;
        'pct_true' -> percent.  One whole round trip as a user's client would make it."""
        raise NotImplementedError
