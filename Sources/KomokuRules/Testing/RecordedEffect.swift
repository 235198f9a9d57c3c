package import Komoku

/// One thing that rules did.
package enum RecordedEffect: Sendable {
    case put(Change)
    case publication(RulePublication)
    case request(HTTPRequest)
    case program(ProgramCall)
    /// As a target got it.
    case note(Notification)
    case log(rule: String, level: LogLevel, text: String)
    case run(RunRecord)

    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case put, publication, request, program, note, log, run
    }

    package var kind: Kind {
        switch self {
        case .put: .put
        case .publication: .publication
        case .request: .request
        case .program: .program
        case .note: .note
        case .log: .log
        case .run: .run
        }
    }

    /// What an expectation can name.
    package var members: [JSON.Member] {
        switch self {
        case .put(let change):
            [JSON.Member("key", .string(change.key.text)), JSON.Member("value", change.value.json)]
        case .publication(let message):
            [
                JSON.Member("topic", .string(message.topic)),
                JSON.Member("payload", .string(Self.text(message.payload))),
                JSON.Member("qos", .number(Double(message.qos))), JSON.Member("retain", .bool(message.retain)),
            ]
        case .request(let request):
            [
                JSON.Member("url", .string(request.url)), JSON.Member("method", .string(request.method)),
                JSON.Member("body", request.body.map { .string(Self.text($0)) } ?? .null),
            ]
        case .program(let call):
            [
                JSON.Member("words", .array(call.words.map { .string($0) })),
                JSON.Member("input", call.input.map { .string($0) } ?? .null),
            ]
        case .note(let note):
            [
                JSON.Member("to", .string(note.target)), JSON.Member("message", .string(note.message)),
                JSON.Member("title", note.title.map { .string($0) } ?? .null),
            ]
        case .log(let rule, let level, let text):
            [
                JSON.Member("text", .string(text)), JSON.Member("level", .string(level.rawValue)),
                JSON.Member("rule", .string(rule)),
            ]
        case .run(let record):
            [
                JSON.Member("rule", .string(record.rule)), JSON.Member("outcome", .string(record.outcome.rawValue)),
                JSON.Member("reason", record.reason.map { .string($0) } ?? .null),
                JSON.Member("step", record.step.map { .string($0) } ?? .null),
            ]
        }
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}

extension RecordedEffect: CustomStringConvertible {
    /// For people: `publishes notify/phone: The washing is done.`
    package var description: String {
        switch self {
        case .put(let change): "puts \(change.key) \(change.value)"
        case .publication(let message): "publishes \(message.topic): \(Self.cut(Self.text(message.payload)))"
        case .request(let request): "asks \(request.method) \(Self.cut(request.url))"
        case .program(let call): "runs \(Self.cut(call.words.joined(separator: " ")))"
        case .note(let note): "tells \(note.target): \(Self.cut(note.message))"
        case .log(_, _, let text): "logs \(Self.cut(text))"
        case .run(let record): "\(record.rule) \(record.outcome.rawValue)\(record.reason.map { ": \($0)" } ?? "")"
        }
    }

    private static func cut(_ text: String) -> String { String(text.prefix(160)) }
}
