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
            "command", "emit", "to", "from", "by", "for", "retained", "days", "dates", "clock_change", "payload", "is",
        ],
        [
            (["platform", "trigger", "type", "entity_id", "entity", "key", "state"], "write change: hall.motion"),
            (["above", "below", "value_template", "template", "numeric_state"], "write becomes: \"hall.lux < 10\""),
            (["if", "condition", "conditions"], "it belongs to the rule, beside 'when'"),
            (["any", "or"], "'when' is a list, and any of it fires the rule"),
            (["all", "and"], "write becomes: \"a and b\""), (["not"], "write becomes: \"not a\""),
            (["offset"], "write at: \"sunset - 30m\""), (["sun", "sunset", "sunrise"], "write at: sunset"),
            (["time"], "write at: \"07:30\""), (["time_pattern", "interval"], "write every: 10m"),
            (["topic"], "write mqtt: a/b"), (["weekday", "weekdays", "day"], "days"), (["date"], "dates"),
            (["value", "equals"], "to"), (["on", "off"], "write change: hall.motion, to: true"),
            (["boot", "startup"], "start"), (["http", "url"], "webhook"), (["chat", "sentence"], "command"),
        ])

    static let action = Vocabulary(
        [
            "put", "toggle", "increment", "publish", "http", "run", "notify", "log", "wait", "wait_until", "wait_for",
            "choose", "if", "repeat", "set", "call", "stop",
        ],
        [
            (["delay", "sleep", "pause"], "write wait: 5m"),
            (
                [
                    "service", "action", "perform_action", "turn_on", "turn_off", "set_value", "send_command", "state",
                    "switch", "light",
                ], "write put: {hall.light: true}"
            ),
            (["mqtt"], "write publish: {topic: a/b, payload: x}"), (["decrement"], "write increment: {count: -1}"),
            (["shell", "exec", "system"], "write run: {shell: …}, or run: [program, argument]"),
            (["program", "command"], "write run: [program, argument]"),
            (["script", "scene"], "write call: NAME"), (["return", "break", "exit", "end", "fail"], "stop"),
            (["wait_for_trigger", "wait_for_event", "wait_for_message"], "wait_for"), (["wait_template"], "wait_until"),
            (["send", "message", "mail", "email", "telegram", "alert", "push"], "write notify: {to: log, message: …}"),
            (["condition", "conditions", "elif", "elseif"], "write if: …, then: …, else: …"),
            (["switch_case"], "choose"),
            (["sequence", "do", "actions", "parallel"], "actions are done one after another: write them as a list"),
            (["for_each", "foreach", "for", "count"], "write repeat: {each: …, do: …}"),
            (["while", "until"], "write repeat: {while: …, do: …}"), (["variables", "vars", "let", "var"], "set"),
            (["print", "echo", "logger", "debug"], "log"), (["get", "post", "rest", "request", "url", "curl"], "http"),
            (["emit", "fire"], "write call: NAME, or put a key that another rule watches"),
            (["default"], "write {else: …} as the last item of 'choose'"),
        ])

    /// Beside the word of an action.
    static let besideAction = Vocabulary(
        action.words + ["timeout", "on_timeout", "retry", "on_error", "wait_for_report", "then", "else"],
        [
            (["default"], "make {else: …} the last item of 'choose'"),
            (["elif", "elseif", "else_if"], "write choose: [{if: …, then: …}, {else: …}]"),
            (["continue_on_error"], "write on_error: continue"), (["retries"], "retry"),
            (["for", "delay", "after"], "write {wait: 5m} before it"),
            (["data", "target", "entity_id", "with"], "what an action is about stands under its word"),
        ])

    static let publish = Vocabulary(
        ["topic", "payload", "qos", "retain"],
        [(["message", "value", "data", "body"], "payload"), (["retained"], "retain")])

    static let http = Vocabulary(
        ["url", "method", "headers", "body", "accept", "into"],
        [
            (["uri", "address"], "url"), (["data", "payload", "json", "content"], "body"), (["header"], "headers"),
            (["status", "expect"], "accept"), (["save", "store", "response"], "into"),
            (["timeout", "retry", "on_error"], "it belongs beside 'http', not into it"),
            (["query", "params"], "write it into the address: \"http://x/y?a={a}\""),
        ])

    static let run = Vocabulary(
        ["program", "shell", "arguments", "input", "directory", "environment", "into"],
        [
            (["command", "cmd", "exec", "words"], "program"), (["args", "parameters"], "arguments"),
            (["stdin"], "input"), (["cwd", "workdir", "folder"], "directory"), (["env", "variables"], "environment"),
            (["save", "store", "output"], "into"),
            (["timeout", "retry", "on_error"], "it belongs beside 'run', not into it"),
        ])

    static let notify = Vocabulary(
        ["to", "message", "title", "topic", "quiet_for", "urgent", "escalate"],
        [
            (["text", "body", "content", "msg"], "message"), (["target", "service", "targets", "recipient"], "to"),
            (["subject"], "title"), (["priority", "critical"], "urgent"), (["tag", "group"], "topic"),
        ])

    static let escalation = Vocabulary(["after", "to"], [(["in", "delay", "for"], "after"), (["target"], "to")])

    static let waitUntil = Vocabulary(
        ["is", "timeout", "on_timeout"],
        [
            (["condition", "if", "expression", "expr", "until", "becomes", "true"], "is"), (["for", "max"], "timeout"),
            (["continue_on_timeout"], "on_timeout"),
        ])

    /// A trigger and how long it is waited for.
    static let waitFor = Vocabulary(
        trigger.words + ["timeout", "on_timeout"],
        [(["for", "max"], "timeout"), (["continue_on_timeout"], "on_timeout")])

    static let alternative = Vocabulary(
        ["if", "then", "else"],
        [
            (["condition", "conditions", "when", "case"], "if"), (["sequence", "do", "actions", "action"], "then"),
            (["default", "otherwise"], "else"),
        ])

    static let loop = Vocabulary(
        ["count", "while", "until", "each", "as", "do"],
        [
            (["times", "n"], "count"), (["for_each", "foreach", "items", "over", "in", "keys"], "each"),
            (["sequence", "then", "actions", "action"], "do"), (["var", "item", "name"], "as"),
        ])

    static let call = Vocabulary(
        ["name", "with", "wait"],
        [
            (["script", "rule"], "name"), (["data", "variables", "arguments", "args", "parameters", "vars"], "with"),
        ])

    static let log = Vocabulary(["text", "level"], [(["message", "msg"], "text"), (["severity"], "level")])

    static let retry = Vocabulary(
        ["times", "delay", "factor", "max"],
        [
            (["count", "attempts", "retries", "max_attempts"], "times"), (["wait", "interval", "pause"], "delay"),
            (["backoff", "multiplier"], "factor"),
        ])
}
