internal import KomokuWire
internal import NIOHTTP1

extension Route {
    static let helpers: [Route] = [
        Route(
            method: .GET, path: PathTemplate("/api/helpers"), group: .helpers,
            title: "Lists helpers: keys that the family set up, with their settings and values",
            work: .command(.helpers), tool: "list_helpers"),
        Route(
            method: .PUT, path: PathTemplate("/api/helpers/{key}"), group: .helpers,
            title: "Makes a helper of a key, or changes one",
            parameters: [
                .key,
                .body("kind", .words(HelperDescription.Kind.allCases.map(\.rawValue)), "what it is", isRequired: true),
                .body("label", .text, "what people call it", isRequired: true),
                .body("icon", .text, "the name of a picture"),
                .body("values", .list, "of a mode: what it can be"),
                .body("min", .number, "of a number: the least"), .body("max", .number, "of a number: the most"),
                .body("step", .number, "of a number: from one to the next"),
                .body("unit", .text, "of a number"),
                .body(
                    "days", .object, "of a schedule: lists of {from, to, value} for mon, tue, wed, thu, fri, sat, sun"),
                .body("otherwise", .value, "of a schedule: the value at all other times"),
                .body("duration", .number, "of a timer: how long it runs, in seconds"),
                .body("trackers", .list, "of a person: boolean keys that say that he is at home"),
                .body("away_after", .number, "of a person: seconds without any of them until he is away; 300"),
            ], work: .command(.setHelper)),
        Route(
            method: .DELETE, path: PathTemplate("/api/helpers/{key}"), group: .helpers,
            title: "Ends a helper; its key and history stay", parameters: [.key], work: .command(.removeHelper)),
    ]
}
