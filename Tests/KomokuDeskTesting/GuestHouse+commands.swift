package import KomokuWire

extension GuestHouse {
    /// What a guest may try of each command: with what he sees, with what he must not hear of, and with what there is not.
    package static let bodies: [Command.Name: [String]] = [
        .checkRules: [#"{"rules":"- {name: a, when: {change: safe.geheim}, then: {log: x}}"}"#],
        .testRules: [#"{"rules":"rules: []","tests":"tests: []"}"#],
        .replayRules: [#"{"rules":"- {name: a, when: {change: safe.geheim}, then: {log: x}}"}"#],
        .get: keyed(), .last: keyed(), .fetch: keyed(#","opts":{"last":5}"#) + keyed(#","step":"1H""#),
        .put: keyed(#","value":1"#) + keyed(#","value":1,"dry_run":true"#), .increment: keyed(), .decrement: keyed(),
        .sub: keyed() + [#"{"pattern":"**","init":true}"#], .unsub: keyed() + [#"{"pattern":"**"}"#],
        .keys: [
            "{}", #"{"include":["value"]}"#, #"{"match":"safe.**"}"#, #"{"match":"*.geheim"}"#,
            #"{"after":"hall.lux"}"#,
            #"{"after":"safe.geheim"}"#, #"{"limit":1}"#, #"{"limit":2,"after":"alarm"}"#,
        ],
        .define: [
            #"{"safe.geheim":{"type":"string"}}"#, #"{"hall.light":{"type":"boolean"},"hall.x":{"type":"numeric"}}"#,
        ],
        .ping: ["1"], .stats: ["{}"], .delete: keyed(), .store: ["{}"], .hub: ["{}"], .status: ["{}"],
        .statistics: keyed() + keyed(#","step":"1h""#), .profile: keyed(), .spans: keyed(#","value":true"#),
        .energy: ["{}", #"{"by":"year"}"#],
        .repair: keyed() + keyed(#","remove":1700000001"#) + keyed(#","undo":true"#),
        .rename: keyed(#","to":"hall.light""#) + keyed(#","to":"safe.geheim""#), .renames: ["{}"], .uses: keyed(),
        .merge: keyed(#","into":"hall.light""#) + [#"{"key":"hall.light","into":"safe.geheim"}"#],
        .export: ["{}", #"{"match":"safe.**"}"#, #"{"match":"*.geheim"}"#],
        .import: [
            #"{"points":[["safe.geheim",[[1,2]]]],"done":true}"#,
            #"{"keys":{"safe.x":{"type":"numeric"}},"done":true}"#,
        ],
        .compact: ["{}"], .backup: [#"{"path":"/nowhere/geheim"}"#],
        .devices: [
            "{}", #"{"device":"hall"}"#, #"{"device":"geheim"}"#, #"{"device":"safe geheim"}"#,
            #"{"device":"nothing"}"#,
            #"{"limit":1}"#, #"{"after":["hall","hall"]}"#,
        ],
        .renameDevice: [#"{"device":"hall","name":"x"}"#, #"{"device":"geheim","name":"x"}"#],
        .updateDevice: [#"{"device":"hall"}"#, #"{"device":"geheim"}"#],
        .removeDevice: [#"{"device":"hall"}"#, #"{"device":"geheim"}"#],
        .forget: [#"{"device":"hall"}"#, #"{"device":"geheim"}"#], .replace: [#"{"device":"hall","with":"geheim"}"#],
        .hello: [
            #"{"hostname":"geheim","name":"geheim","instance":"1"}"#, #"{"hostname":"hall","instance":"1"}"#,
        ],
        .sizes: ["{}", #"{"match":"safe.**"}"#, #"{"limit":1}"#],
        .report: ["{}", #"{"facts":{"a":1},"pull":1}"#],
        .agents: ["{}", #"{"agent":"geheim"}"#, #"{"agent":"hall"}"#],
        .setAgent: [#"{"agent":"hall","name":"geheim"}"#], .forgetAgent: [#"{"agent":"hall"}"#],
        .helpers: ["{}"],
        .setHelper: keyed(#","kind":"text","label":"x""#)
            + keyed(#","kind":"person","label":"x","trackers":["safe.geheim"]"#)
            + [#"{"key":"hall.light","kind":"person","label":"x","trackers":["hall.geheim"]}"#],
        .removeHelper: keyed(),
        .rules: ["{}", #"{"rule":"lux-light"}"#, #"{"rule":"geheim-reader"}"#, #"{"rule":"geheim-readers"}"#],
        .runs: [
            "{}", #"{"limit":1}"#, #"{"rule":"geheim-teller"}"#, #"{"rule":"lux-light"}"#, #"{"key":"safe.geheim"}"#,
            #"{"key":"hall.light"}"#, #"{"limit":500}"#,
        ],
        .why: keyed() + [#"{"rule":"lux-light"}"#, #"{"rule":"geheim-reader"}"#, #"{"rule":"geheim-readers"}"#],
        .follow: ["{}"], .unfollow: ["{}"], .emit: [#"{"rule":"x"}"#, #"{"cell":["geheim","1"],"message":1}"#],
        .run: ruled, .enable: ruled, .disable: ruled, .stopRuns: ruled, .reload: ["{}"],
        .notifications: ["{}", #"{"open":true}"#, #"{"limit":1}"#],
        .acknowledge: [#"{"id":1}"#, #"{"topic":"geheim-teller"}"#],
        .cells: ["{}", #"{"behaviour":"notification"}"#],
        .changeCell: [#"{"behaviour":"notification","id":"1","do":"revive"}"#],
        .deadLetters: ["{}"], .clearDeadLetters: ["{}"],
        .auth: ["{}", #"{"token":"komoku_no"}"#], .users: ["{}"], .tokens: ["{}"],
        .addUser: [#"{"user":"eve","password":"correct horse","admin":true}"#], .removeUser: [#"{"user":"eve"}"#],
        .setPassword: [#"{"user":"eve","password":"correct horse"}"#], .setRights: [#"{"user":"eve","admin":true}"#],
        .addToken: [#"{"token":"eve","admin":true}"#], .removeToken: [#"{"token":"eve"}"#],
        .documents: ["{}"],
        .document: [#"{"name":"views"}"#, #"{"name":"views","shared":true}"#, #"{"name":"safe"}"#],
        .putDocument: [
            #"{"name":"views","content":{"a":1}}"#, #"{"name":"views","shared":true,"content":[1]}"#,
            #"{"name":"none","content":null}"#,
        ],
        .rooms: ["{}"],
        .setRoom: [#"{"room":"hall","devices":["geheim"]}"#], .removeRoom: [#"{"room":"hall"}"#, #"{"room":"safe"}"#],
        .resetRooms: ["{}"],
        .activity: [
            "{}", #"{"limit":1}"#, #"{"limit":2,"kinds":["change"]}"#, #"{"kinds":["run","decision","notification"]}"#,
            #"{"key":"hall.lux"}"#, #"{"key":"safe.geheim"}"#, #"{"key":"nothing"}"#, #"{"device":"hall"}"#,
            #"{"device":"geheim"}"#, #"{"rule":"lux-light"}"#, #"{"rule":"geheim-teller"}"#,
        ],
        .ruleFiles: ["{}"], .ruleExamples: ["{}"], .ruleText: ruled, .ruleFile: [#"{"file":"geheim.yaml"}"#],
        .saveRuleFile: [#"{"file":"a.yaml","text":"- {name: a, when: {change: safe.geheim}, then: {log: x}}"}"#],
        .ruleVersions: [#"{"file":"a.yaml"}"#], .ruleVersion: [#"{"file":"a.yaml","version":1}"#],
    ]

    private static let ruled = [#"{"rule":"lux-light"}"#, #"{"rule":"geheim-teller"}"#, #"{"rule":"none"}"#]

    private static func keyed(_ rest: String = "") -> [String] {
        ["hall.lux", "hall.light", "hall.motion", "safe.geheim", "hall.geheim", "alarm.geheim", "nothing"].map {
            #"{"key":"\#($0)"\#(rest)}"#
        }
    }
}
