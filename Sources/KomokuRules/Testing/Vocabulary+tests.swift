extension Vocabulary {
    static let testFile = Vocabulary(
        ["rules", "hub", "start", "tests"],
        [
            (["config", "configuration", "file", "subject"], "rules"), (["test", "cases"], "tests"),
            (["timezone", "location"], "write hub: {timezone: …, location: …}"), (["time", "now", "date"], "start"),
        ])

    static let test = Vocabulary(
        ["name", "start", "given", "steps"],
        [
            (["title", "description", "it"], "name"), (["time", "now", "date"], "start"),
            (["state", "states", "keys", "initial", "setup"], "given"), (["then", "do", "when", "script"], "steps"),
            (["hub", "rules"], "it belongs at the top of the file and applies to all of its tests"),
            (["expect", "put"], "it is one of the steps: steps: [{put: …}, {expect: …}]"),
        ])

    static let step = Vocabulary(
        [
            "put", "mqtt", "emit", "webhook", "command", "acknowledge", "at", "advance", "clock", "restart",
            "kill_during",
            "reload", "answers", "expect", "expect_nothing",
        ],
        [
            (["wait", "sleep", "delay", "pass", "after"], "write advance: 5m"), (["set", "given", "change"], "put"),
            (["publish", "message"], "write mqtt: {topic: a/b, payload: x}"),
            (["until", "time"], "write at: \"06:30\""),
            (["assert", "check", "then"], "expect"), (["kill"], "write restart: kill"), (["call"], "emit"),
            (["event", "press"], "write put: {desk.button: press}"), (["ack"], "acknowledge"),
        ])

    static let expectation = Vocabulary(
        ["keys", "publishes", "http", "programs", "notifications", "logs", "runs"],
        [
            (["state", "states", "values"], "keys"), (["publish", "mqtt", "messages"], "publishes"),
            (["notify", "notes", "notification"], "notifications"), (["log"], "logs"), (["run", "rules"], "runs"),
            (["nothing"], "write expect_nothing: true as a step"), (["program", "commands"], "programs"),
            (["requests"], "http"),
        ])
}
