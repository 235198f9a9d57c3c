internal import ArgumentParser
internal import Komoku
internal import KomokuClient
internal import KomokuWire

struct SpansCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "spans", abstract: "Show when a key had a certain value, and for how long.",
        discussion: "For boolean, uptime and string keys. Covers the last 24 hours unless --since is given.")

    @Argument(help: "The key: hall.motion.", completion: .keys)
    var key: String

    @Option(help: "The value, such as false or armed; true if not given, required for a string key.")
    var value: String?

    @OptionGroup var range: RangeOptions

    @Option(help: "Show at most this many spans.")
    var limit: Int?

    @Flag(help: "Write CSV: start,end,seconds.")
    var csv = false

    @OptionGroup var hub: HubOptions

    func validate() throws {
        try hub.check(csv: csv)
        try range.checkPast()
        if let limit, limit < 1 { throw ValidationError("--limit expects 1 or more") }
    }

    func run() async throws {
        try await hub.withClient { client in
            let (since, until) = try range.pastBounds()
            let found = try await client.required(key)
            let value = try wanted(of: found)
            let isText = found.type == KeyType.string.rawValue
            let spans = try await client.spans(
                key, value: PutCommand.json(value, asText: isText), since: since, until: until, limit: limit)
            show(SpanList(spans, until: until ?? LocalTime.now), value)
        }
    }

    /// - Throws: `Failure` where the key has no spans, or the value has to be named.
    private func wanted(of found: KeyDescription) throws -> String {
        let type = KeyType(rawValue: found.type)
        if type == .numeric || type == .counter {
            throw Failure(message: "\(key) is \(found.type) and has no spans; see 'komoku stats \(key)'")
        }
        if let value { return value }
        guard type == .string else { return "true" }
        let last = found.value?.string.map { $0.printable.fitting(40) } ?? "armed"
        throw Failure(message: "\(key) is a string key; name one of its values: --value '\(last)'")
    }

    private func show(_ list: SpanList, _ value: String) {
        if hub.json {
            let value = PutCommand.json(value, asText: false)
            let answer: JSON = ["key": .string(key), "value": value, "spans": list.json]
            Terminal.say(answer.text)
        } else if csv {
            Terminal.say(lines: list.csv())
        } else {
            Terminal.say(table: list.table())
            Terminal.say(list.summary(of: "\(key.printable) was \(value.printable)"))
        }
    }
}

/// Spans with their lengths; one that goes on reaches up to now.
struct SpanList {
    let spans: [KeySpan]
    private let until: Timestamp

    init(_ spans: [KeySpan], until: Timestamp) {
        self.spans = spans
        self.until = until
    }

    private func seconds(_ span: KeySpan) -> Double { max(0, (span.length ?? until - span.start).seconds) }

    var total: Double { spans.map(seconds).reduce(0, +) }
    var longest: Double? { spans.map(seconds).max() }

    /// `[{"start":T,"end":T,"seconds":S}, …]`; an end of null is not yet.
    var json: JSON {
        .array(
            spans.map { span in
                var members = [
                    JSON.Member("start", .number(span.start.seconds)),
                    JSON.Member("end", span.length.map { .number((span.start + $0).seconds) } ?? .null),
                    JSON.Member("seconds", .number(seconds(span))),
                ]
                if span.unwatched > .zero { members.append(JSON.Member("unwatched", .number(span.unwatched.seconds))) }
                return .object(members)
            })
    }

    /// A heading, then a line for each; nothing where there is none.
    func table() -> [String] {
        spans.isEmpty ? [] : Table.lines([[LocalTime.heading("from"), "to", "for"]] + rows())
    }

    func rows() -> [[String]] {
        spans.map { span in
            let end = span.length.map { LocalTime.text(span.start + $0) } ?? "until now"
            let unwatched =
                span.unwatched > .zero ? ", \(Numbers.length(span.unwatched.seconds)) of it not watched" : ""
            return [LocalTime.text(span.start), end, Numbers.length(seconds(span)) + unwatched]
        }
    }

    func csv() -> [String] {
        let lines = spans.map { span in
            let end = span.length.map { LocalTime.iso(span.start + $0) } ?? ""
            let length = span.length.map { DecimalNumber.text($0.seconds) } ?? ""
            return "\(LocalTime.iso(span.start)),\(end),\(length)"
        }
        return ["start,end,seconds"] + lines
    }

    func summary(of what: String) -> String {
        guard let longest else { return "\(what) at no time" }
        if spans.count == 1 { return "\(what) once, for \(Numbers.length(longest))" }
        return
            "\(what) \(spans.count) times, \(Numbers.length(total)) in all, \(Numbers.length(longest)) at the longest"
    }
}
