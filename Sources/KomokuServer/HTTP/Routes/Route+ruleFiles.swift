internal import Komoku
internal import KomokuDesk
internal import KomokuWire
internal import NIOHTTP1

extension Parameter {
    fileprivate static let file = path("file", .text, "the name of a file: a-z, 0-9, _ and - before '.yaml'")
    fileprivate static let note = "what is kept beside the version"
    fileprivate static let revision = "only where the file has this revision; empty: where there is none"
    fileprivate static let trial = "it is checked, and nothing is written"
}

extension Route {
    static let activity: [Route] = [
        Route(
            method: .GET, path: PathTemplate("/api/activity"), group: .activity,
            title: "Tells what happened in the house, newest first, and what led to it",
            parameters: [
                .query("before", .text, "only what is older: 'before' of an answer"),
                .query("since", .time, "only what is newer"),
                .query("limit", .count(1...ActivityRequest.most), "the most entries; 50"),
                .query("key", .key, "only of this key"), .query("device", .text, "only of this device"),
                .query("rule", .text, "only of this rule"),
                .query("kinds", .list, "change, run, decision, command, notification, outage, device; all"),
            ], work: .command(.activity), tool: "list_activity")
    ]

    static let ruleFiles: [Route] = [
        Route(
            method: .GET, path: PathTemplate("/api/rule_files"), group: .rules,
            title: "Lists the files of rules in the folder that the configuration opens for writing",
            work: .command(.ruleFiles)),
        Route(
            method: .GET, path: PathTemplate("/api/rule_files/{file}"), group: .rules,
            title: "Gives the text of a file of rules with its revision", parameters: [.file],
            work: .command(.ruleFile)),
        Route(
            method: .PUT, path: PathTemplate("/api/rule_files/{file}"), group: .rules,
            title: "Checks a file of rules as a reload would, and without errors writes it and takes it over",
            parameters: [
                .file, .body("text", .text, "the file, in YAML", isRequired: true),
                .body("revision", .text, Parameter.revision), .body("note", .text, Parameter.note),
                .body("dry_run", .flag, Parameter.trial),
            ], work: .command(.saveRuleFile), gate: unconditional, bodyMember: "text"),
        Route(
            method: .DELETE, path: PathTemplate("/api/rule_files/{file}"), group: .rules,
            title: "Deletes a file of rules, if the rest has no errors without it",
            parameters: [
                .file, .query("revision", .text, Parameter.revision), .query("note", .text, Parameter.note),
                .query("dry_run", .flag, Parameter.trial),
            ],
            work: .adapted(.saveRuleFile) { members in
                .object((members.object ?? []) + [JSON.Member("text", .null)])
            }, gate: unconditional),
        Route(
            method: .GET, path: PathTemplate("/api/rule_files/{file}/versions"), group: .rules,
            title: "Lists the versions of a file of rules, newest first", parameters: [.file],
            work: .command(.ruleVersions)),
        Route(
            method: .GET, path: PathTemplate("/api/rule_files/{file}/versions/{version}"), group: .rules,
            title: "Gives the text of a version",
            parameters: [.file, .path("version", .count(1...(1 << 53)), "its number")], work: .command(.ruleVersion)),
        Route(
            method: .GET, path: PathTemplate("/api/rule_examples"), group: .rules,
            title: "Lists rules to start from, with the keys that are to be filled in", work: .command(.ruleExamples)),
        Route(
            method: .GET, path: PathTemplate("/api/rules/{rule}/text"), group: .rules,
            title: "Tells how a rule is written, and where",
            parameters: [.path("rule", .text, "the name of the rule")], work: .command(.ruleText)),
    ]
}

extension Route {
    /// Files of rules have revisions of their own: a condition that is not looked at would be believed.
    private static let unconditional: @Sendable (HTTPRequest, Caller, ServerContext) -> Problem? = { request, _, _ in
        guard ["If-Match", "If-None-Match"].contains(where: { !request.headers[$0].isEmpty }) else { return nil }
        return .badRequest("'If-Match' counts for keys and documents; a file of rules takes 'revision'")
    }
}
