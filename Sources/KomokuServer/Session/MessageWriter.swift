internal import Komoku
internal import KomokuDesk
internal import KomokuHub
internal import KomokuProto
internal import KomokuWire
internal import NIOWebSocket

/// Writes what a session says as messages, or pieces of them.
struct MessageWriter {
    /// Takes the bytes of one frame.
    typealias Body = (ServerFrame.Head, [UInt8]) -> Void

    private let speech: Speech
    private var scratch: [UInt8] = []
    /// Messages of the third protocol that are done, and of which nothing else is to be said; they are told together.
    private var done: [UInt64] = []

    private static let doneAtOnce = 1024

    init(_ speech: Speech) {
        self.speech = speech
    }

    mutating func write(_ item: ReplyQueue.Item, _ body: Body) {
        switch (speech, item) {
        case (.json(let version), let item): write(item, version, body)
        case (.packed, .reply(let answers, .numbered(let id, let kind))): write(answers, to: id, kind, body)
        case (.packed, .part(let answer, .numbered(let id, let kind), _)):
            write([answer], to: id, kind, body)
        case (.packed, .changes(let deliveries)):
            send(PackedFromHub(deliveries.map(KeyChange.init)), body)
        case (.packed, .runs(let runs)):
            for run in runs { send(PackedFromHub(news: run.json), body) }
        // A message of the third protocol has its number.
        case (.packed, .reply), (.packed, .part): break
        }
    }

    /// Nothing more is written at the moment.
    mutating func finish(_ body: Body) {
        if !done.isEmpty { sendDone(body) }
        // One long answer shall not hold memory for ever.
        if scratch.capacity > 1 << 20 { scratch = [] }
    }

    // MARK: Protobuf

    private mutating func write(
        _ answers: [ReplyQueue.Answer], to id: UInt64, _ kind: Request.Form.Kind, _ body: Body
    ) {
        if kind == .points {
            send(PackedFromHub(answers.map(\.reply), to: id), body)
        } else if case .ok? = answers.first?.reply {
            done.append(id)
            if done.count >= Self.doneAtOnce { sendDone(body) }
        } else if let answer = answers.first {
            send(PackedFromHub(answer.reply, to: id, kind), body)
        }
    }

    private mutating func send(_ message: PackedFromHub, _ body: Body) {
        // What was done before is told before.
        if !done.isEmpty { sendDone(body) }
        body(.packed, message.packed)
    }

    private mutating func sendDone(_ body: Body) {
        let message = PackedFromHub(done: done[...])
        done.removeAll(keepingCapacity: true)
        body(.packed, message.packed)
    }

    // MARK: JSON

    private mutating func write(_ item: ReplyQueue.Item, _ version: ProtocolVersion, _ body: Body) {
        switch item {
        case .reply(let answers, let form):
            scratch.removeAll(keepingCapacity: true)
            if form == .list { scratch.append(UInt8(ascii: "[")) }
            for (index, answer) in answers.enumerated() {
                if index > 0 { scratch.append(UInt8(ascii: ",")) }
                answer.reply.write(into: &scratch, version: version, queryID: answer.queryID)
            }
            if form == .list { scratch.append(UInt8(ascii: "]")) }
            body(form == .list ? .message : answers.first?.reply.frame ?? .message, scratch)
        case .part(let answer, _, _):
            scratch.removeAll(keepingCapacity: true)
            answer.reply.write(into: &scratch, version: version, queryID: answer.queryID)
            body(answer.reply.frame, scratch)
        case .runs(let runs):
            for run in runs {
                scratch.removeAll(keepingCapacity: true)
                run.json.write(into: &scratch)
                body(.message, scratch)
            }
        case .changes(let deliveries):
            // The first protocol knows nothing of freshness, only of changes.
            for delivery in deliveries where version == .v2 || delivery.freshness == nil {
                scratch.removeAll(keepingCapacity: true)
                KeyChange(delivery).write(version, into: &scratch)
                body(.message, scratch)
            }
        }
    }
}

extension ServerFrame.Head {
    /// A whole message of the third protocol.
    fileprivate static let packed = ServerFrame.Head(.binary)
}

extension Reply {
    /// How it is framed: an answer of several pieces is one message of several fragments.
    fileprivate var frame: ServerFrame.Head {
        guard case .piece(_, let begins, let ends) = self else { return .message }
        return .fragment(begins: begins, ends: ends)
    }
}
