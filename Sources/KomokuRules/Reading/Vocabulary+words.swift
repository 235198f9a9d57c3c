/// What each place of a rule has, and what people try there first who come from other programs.
extension Vocabulary {
    static let rule = Vocabulary(
        [
            "name", "description", "when", "if", "then", "mode", "limit", "on_restart", "max_outage", "vars", "each",
            "enabled",
        ],
        [
            (["alias", "id", "title"], "name"), (["comment"], "description"),
            (["trigger", "triggers", "on", "event", "events"], "when"),
            (["condition", "conditions", "where", "unless"], "if"),
            (["action", "actions", "do", "sequence"], "then"), (["variables"], "vars"),
            (["foreach", "for_each", "with_items"], "each"), (["initial_state", "disabled"], "enabled"),
            (["max"], "write mode: {queued: 20}, or {parallel: 5}"),
            (["else"], "write then: {if: …, then: …, else: …} instead of the rule's own 'if'"),
            (["delay", "for"], "write 'for' into the trigger, or wait: 5m as an action"),
            (["parameters"], "scripts have them, and 'call' gives them; a rule has 'vars'"),
        ])

    static let script = Vocabulary(
        [
            "name", "description", "parameters", "vars", "if", "then", "mode", "limit", "on_restart", "max_outage",
            "enabled",
        ],
        [
            (["alias", "id"], "name"), (["fields", "params", "arguments"], "parameters"), (["variables"], "vars"),
            (["condition", "conditions"], "if"), (["action", "actions", "do", "sequence"], "then"),
            (["when", "trigger", "triggers"], "a script is called; what has triggers stands under 'rules'"),
            (["each"], "give the item by 'with' to a parameter"),
        ])

    static let trigger = Vocabulary(
        [
            "change", "becomes", "at", "every", "cron", "mqtt", "event", "stale", "recovered", "start", "webhook",
            "command", "emit", "calendar", "to", "from", "not_to", "not_from", "by", "for", "retained", "days", "dates",
            "clock_change", "except", "only", "offset",
            "payload", "is", "id", "action", "below",
        ] + Purpose.words,
        [
            (["platform", "trigger", "type", "entity_id", "entity", "key", "state"], "write change: hall.motion"),
            (["above", "value_template", "template", "numeric_state"], "write becomes: \"hall.lux < 10\""),
            (["if", "condition", "conditions"], "it belongs to the rule, beside 'when'"),
            (["any", "or"], "'when' is a list, and any of it fires the rule"),
            (["all", "and"], "write becomes: \"a and b\""), (["not"], "write becomes: \"not a\""),
            (["sun", "sunset", "sunrise"], "write at: sunset"),
            (["time"], "write at: \"07:30\""), (["time_pattern", "interval"], "write every: 10m"),
            (["topic"], "write mqtt: a/b"), (["weekday", "weekdays", "day"], "days"), (["date"], "dates"),
            (["value", "equals"], "to"), (["on", "off"], "write change: hall.motion, to: true"),
            (["boot", "startup"], "start"), (["http", "url"], "webhook"), (["chat", "sentence"], "command"),
            (["occupied", "occupancy", "detected", "presence"], "motion"), (["cleared", "motion_ended"], "no_motion"),
            (["open"], "opened"), (["close"], "closed"), (["moisture", "flood", "water"], "leak"),
            (["device", "button"], "write pressed: desk_button, action: double"),
            (["battery", "low_battery"], "battery_low"),
            (["offline"], "unavailable"), (["online", "available"], "came_back"),
            (["enters", "enter_home", "came_home"], "arrived"), (["leaves", "left_home"], "left"),
        ])

    static let retry = Vocabulary(
        ["times", "delay", "factor", "max"],
        [
            (["count", "attempts", "retries", "max_attempts"], "times"), (["wait", "interval", "pause"], "delay"),
            (["backoff", "multiplier"], "factor"),
        ])
}
