internal import Komoku
internal import KomokuExpression

/// Where the messages of one topic say when they were measured. Belongs to a topic's plan.
final class BoundTime {
    let reader: TimeReader
    /// The index of the field among the plan's; nil where it is the payload.
    let field: Int?
    /// Of the message that is being read; nil is its arrival.
    private(set) var current: Timestamp?

    init(_ reader: TimeReader, field: Int?) {
        self.reader = reader
        self.field = field
    }

    func read(_ input: FieldDecoder.Input?, _ message: TopicPlan.Message, of topic: String, into intake: inout Intake) {
        current = nil
        guard let input else { return }
        switch reader.time(of: input, arrival: message.time) {
        case .time(let time): current = time
        case .none: break
        case .wrong(let reason): intake.doubt(message.payload, of: topic, reason, at: message.time)
        }
    }
}

extension TopicPlan {
    /// The time of fields; those that are equal are read once a message.
    func time(_ reader: TimeReader) -> BoundTime {
        if let known = times.first(where: { $0.reader.isSame(as: reader) }) { return known }
        var field: Int?
        if !reader.path.isEmpty {
            field = jsonFields.count
            jsonFields.append(unused(reader.path))
        }
        times.append(BoundTime(reader, field: field))
        return times[times.count - 1]
    }

    /// Works out when the message was measured, before its fields are read.
    func readTimes(_ message: Message, leaves: [FieldScanner.Leaf], into intake: inout Intake) {
        for time in times {
            guard let field = time.field else { continue }
            let input: FieldDecoder.Input? =
                switch leaves[jsonFields[field].leaf] {
                case .number(let number): .number(number)
                case .text(let range, let isEscaped):
                    FieldScanner.text(range, isEscaped: isEscaped, of: message.payload).map { .text($0) }
                case .bool(let bool): .bool(bool)
                case .absent, .null, .composite: nil
                }
            time.read(input, message, of: topic, into: &intake)
        }
    }

    func readTimes(_ message: Message, text: String, into intake: inout Intake) {
        for time in times where time.field == nil { time.read(.text(text), message, of: topic, into: &intake) }
    }
}

extension TimeReader {
    fileprivate func isSame(as other: TimeReader) -> Bool {
        path.utf8.elementsEqual(other.path.utf8) && form == other.form && zone == other.zone && maxAge == other.maxAge
            && grain == other.grain && expression?.text == other.expression?.text
    }
}
