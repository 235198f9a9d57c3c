internal import ArgumentParser
internal import Komoku
internal import KomokuClient
internal import KomokuWire

struct GraphCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "graph", abstract: "Draw the course of keys in the terminal, or as a picture.",
        discussion: """
            Of a number the mean of each part of the time is drawn, of a counter its increase, of a boolean the share of the time \
            that it was true. Without --since it is the last day. --svg writes a picture that browsers show; the shaded \
            part of it is what values spanned.
            """)

    @Argument(help: "The keys: kitchen.temperature hall.temperature.", completion: .keys)
    var keys: [String]

    @OptionGroup var range: RangeOptions

    @Option(help: "Lines of each graph; 3 to 50.")
    var height = 10

    @Option(help: "Write an SVG picture to this file instead.", completion: .file(extensions: ["svg"]))
    var svg: String?

    @OptionGroup var hub: HubOptions

    func validate() throws {
        guard (3...50).contains(height) else { throw ValidationError("--height expects 3 to 50") }
        guard keys.count <= 20 else { throw ValidationError("at most 20 keys can be drawn at a time") }
        if svg != nil, hub.json { throw ValidationError("choose --svg or --json") }
        try range.checkPast()
    }

    func run() async throws {
        try await hub.withClient { client in
            let bounds = try range.pastBounds()
            let until = bounds.until ?? LocalTime.now
            let since = bounds.since ?? until - .seconds(86_400)
            let screen = Screen.standard
            let width = min(screen.columns ?? 80, 200)
            var series: [GraphSeries] = []
            for key in keys {
                guard let found = try await client.key(key) else { throw try await client.absent(key) }
                guard found.type != KeyType.string.rawValue else {
                    throw Failure(
                        message: "\(key.printable) is text, which has no graph; see 'komoku history \(key.printable)'")
                }
                let parts = svg == nil ? width * 2 : 720
                series.append(
                    try await client.course(of: found, since: since, until: until, parts: parts, zone: hub.zone))
            }
            try show(series, width, isUnicode: screen.isUnicode)
        }
    }

    private func show(_ series: [GraphSeries], _ width: Int, isUnicode: Bool) throws {
        if let svg {
            var file = try OutputFile(svg)
            try file.write(Array(GraphPicture(series: series).text.utf8))
            try file.finish()
            Terminal.complain("wrote \(svg.printable)")
        } else if hub.json {
            Terminal.say(JSON.object([JSON.Member("graphs", .array(series.map(\.json)))]).text)
        } else {
            let graphs = series.map { $0.lines(width: width, height: height, isUnicode: isUnicode) }
            Terminal.say(graphs.map { $0.joined(separator: "\n") }.joined(separator: "\n\n"))
        }
    }
}

extension GraphSeries {
    fileprivate var json: JSON {
        let parts = parts.map { part in
            JSON.array([.number(part.start), part.value.map { .number($0) } ?? .null])
        }
        return .object([
            JSON.Member("key", .string(key)), JSON.Member("unit", unit.map { .string($0) } ?? .null),
            JSON.Member("points", .array(parts)),
        ])
    }
}
