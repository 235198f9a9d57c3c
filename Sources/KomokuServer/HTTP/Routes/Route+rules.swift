internal import KomokuWire
internal import NIOHTTP1

extension Parameter {
    fileprivate static let rule = path("rule", .text, "the name of the rule")
    fileprivate static let yaml = body("rules", .text, "the rules, in YAML", isRequired: true)
    fileprivate static let records = query("limit", .count(1...10_000), "the most records; 100")
}

extension Route {
    static let rules: [Route] = [
        Route(
            method: .GET, path: PathTemplate("/api/rules"), group: .rules,
            title: "Lists rules with their state, last and next run",
            parameters: [
                .query("rule", .text, "only this rule"),
                .query("after", .text, "only rules behind this one: 'next' of an answer"),
                .query("limit", .count(1...1000), "the most rules"),
            ], work: .command(.rules), tool: "list_rules"),
        Route(
            method: .GET, path: PathTemplate("/api/rules/{rule}"), group: .rules, title: "Tells of one rule",
            parameters: [.rule], work: .command(.rules)),
        Route(
            method: .GET, path: PathTemplate("/api/rules/{rule}/why"), group: .rules,
            title: "Explains the last runs of a rule, and when it decided not to run",
            parameters: [.rule, .query("limit", .count(1...100), "the most runs, and the most decisions; 5")],
            work: .command(.why), tool: "why_rule"),
        Route(
            method: .POST, path: PathTemplate("/api/rules/{rule}/run"), group: .rules,
            title: "Runs a rule or a script by hand",
            parameters: [.rule, .body("arguments", .object, "values for a script's parameters")], work: .command(.run),
            tool: "run_rule"),
        Route(
            method: .POST, path: PathTemplate("/api/rules/{rule}/enable"), group: .rules,
            title: "Enables a rule, also one that is paused", parameters: [.rule], work: .command(.enable),
            tool: "enable_rule"),
        Route(
            method: .POST, path: PathTemplate("/api/rules/{rule}/disable"), group: .rules, title: "Disables a rule",
            parameters: [.rule], work: .command(.disable), tool: "disable_rule"),
        Route(
            method: .POST, path: PathTemplate("/api/rules/{rule}/stop"), group: .rules, title: "Stops a rule's runs",
            parameters: [.rule], work: .command(.stopRuns), tool: "stop_rule"),
        Route(
            method: .GET, path: PathTemplate("/api/runs"), group: .rules,
            title: "Lists runs of rules, and decisions not to run, newest first",
            parameters: [
                .query("rule", .text, "only of this rule"),
                .query("key", .key, "only those that this key began, or that put it"),
                .query("outcomes", .list, "only with these outcomes"), .query("since", .time, "from when on"),
                .query("before", .count(1...(1 << 53)), "only records before this number"), .records,
            ], work: .command(.runs), tool: "list_runs"),
        Route(
            method: .POST, path: PathTemplate("/api/rules/check"), group: .rules,
            title: "Checks rules that are not loaded, against the configuration and the keys of the house",
            parameters: [.yaml], work: .command(.checkRules), tool: "check_rules"),
        Route(
            method: .POST, path: PathTemplate("/api/rules/test"), group: .rules,
            title: "Runs tests of rules that are not loaded, on a simulated clock",
            parameters: [.yaml, .body("tests", .text, "the tests, in YAML: a list 'tests'", isRequired: true)],
            work: .command(.testRules), tool: "test_rules"),
        Route(
            method: .POST, path: PathTemplate("/api/rules/replay"), group: .rules,
            title: "Tells what rules that are not loaded would have done on the recorded past",
            parameters: [
                .yaml, .body("since", .time, "from when on; seven days ago"), .body("until", .time, "up to when; now"),
                .body("compare", .text, "other rules, in YAML: only the differences from these are told"),
            ], work: .command(.replayRules), tool: "replay_rules"),
        Route(
            method: .POST, path: PathTemplate("/api/emit"), group: .rules,
            title: "Fires the event triggers of a name, or sends a message to a cell",
            parameters: [
                .body("rule", .text, "the name of the event"),
                .body("payload", .any, "what the rules get as its payload"),
                .body("cell", .list, "instead of an event: the behaviour and id of a cell"),
                .body("message", .any, "what the cell gets"),
            ], work: .command(.emit)),
        Route(
            method: .GET, path: PathTemplate("/api/cells"), group: .rules,
            title: "Lists what runs, holds and behaviours keep",
            parameters: [
                .query("behaviour", .text, "only of this one"), .query("id", .text, "only this cell"),
                .query("after", .text, "only cells behind this id"),
                .query("limit", .count(1...1000), "the most cells"),
            ], work: .command(.cells)),
        Route(
            method: .POST, path: PathTemplate("/api/cells"), group: .rules,
            title: "Revives a failed cell, forgets or fails one",
            parameters: [
                .body("behaviour", .text, "of the cell", isRequired: true),
                .body("id", .text, "of the cell", isRequired: true),
                .body("do", .words(["revive", "forget", "fail"]), "what is done", isRequired: true),
                .body("reason", .text, "why it fails"),
            ], work: .command(.changeCell)),
    ]

    static let notifications: [Route] = [
        Route(
            method: .GET, path: PathTemplate("/api/notifications"), group: .notifications,
            title: "Lists notifications that rules sent",
            parameters: [.query("open", .flag, "only those that are not delivered or not acknowledged yet"), .records],
            work: .command(.notifications), tool: "list_notifications"),
        Route(
            method: .POST, path: PathTemplate("/api/notifications/acknowledge"), group: .notifications,
            title: "Acknowledges a notification, or all of a topic",
            parameters: [.body("id", .number, "its number"), .body("topic", .text, "instead: the topic")],
            work: .command(.acknowledge)),
    ]

    static let devices: [Route] = [
        Route(
            method: .GET, path: PathTemplate("/api/devices"), group: .devices,
            title: "Lists devices with their properties, commands and keys",
            parameters: [
                .query("device", .text, "only this one, by its id, its name or the first part of its keys"),
                .query("after", .any, "only devices behind this one: 'next' of an answer"),
                .query("limit", .count(1...256), "the most devices"),
            ], work: .command(.devices), tool: "list_devices"),
        Route(
            method: .GET, path: PathTemplate("/api/devices/{device}"), group: .devices, title: "Tells of one device",
            parameters: [.path("device", .text, "its id, its name or the first part of its keys")],
            work: .command(.devices)),
        Route(
            method: .DELETE, path: PathTemplate("/api/devices/{device}"), group: .devices,
            title: "Forgets a device that is gone",
            parameters: [.path("device", .text, "its id, its name or the first part of its keys")],
            work: .command(.forget)),
        Route(
            method: .POST, path: PathTemplate("/api/devices/{device}/replace"), group: .devices,
            title: "Lets a new device take the place of a dead one, with its keys and their history",
            parameters: [
                .path("device", .text, "the dead one"), .body("with", .text, "the new one", isRequired: true),
            ], work: .command(.replace)),
        Route(
            method: .POST, path: PathTemplate("/api/devices/{device}/rename"), group: .devices,
            title: "Has a device's bridge call it by another name",
            parameters: [
                .path("device", .text, "its id, its name or the first part of its keys"),
                .body("name", .text, "the new name", isRequired: true),
            ], work: .command(.renameDevice)),
        Route(
            method: .POST, path: PathTemplate("/api/devices/{device}/update"), group: .devices,
            title: "Has a device's bridge give it the newest firmware",
            parameters: [.path("device", .text, "its id, its name or the first part of its keys")],
            work: .command(.updateDevice)),
        Route(
            method: .POST, path: PathTemplate("/api/devices/{device}/remove"), group: .devices,
            title: "Has a device's bridge remove it from its network",
            parameters: [
                .path("device", .text, "its id, its name or the first part of its keys"),
                .body("force", .flag, "whether the bridge forgets it even if it does not answer; false"),
            ], work: .command(.removeDevice)),
    ]
}
