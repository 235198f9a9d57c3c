package import Komoku
package import KomokuHub

/// One entry of the section `map`: which topics become which keys.
package struct Mapping: Sendable {
    /// One key that a topic feeds.
    package struct Field: Sendable {
        package var key: KeyTemplate
        package var decoder: FieldDecoder
        /// Unit, precision and what else the mapping says about the key.
        package var options: [JSON.Member]
        /// The key is an event key, as far as the mapping knows.
        package var isEvent = false
        /// When it was measured.
        var time = Time.asTheMessage
        /// Where it was written.
        package var position: SourcePosition
        /// What the hub is told of it; nil until the whole mapping was read.
        package var source: KeySource?

        /// What a field says of its own time.
        enum Time: Sendable {
            case asTheMessage
            case arrival
            case read(TimeReader)

            func reader(orOf message: TimeReader?) -> TimeReader? {
                switch self {
                case .asTheMessage: message
                case .arrival: nil
                case .read(let reader): reader
                }
            }
        }

        package var type: KeyType? { decoder.type }
    }

    package enum Content: Sendable {
        /// The whole payload is the value.
        case payload(Field)
        /// The payload is JSON: fields by their dotted paths, and what happens to every other one.
        case json(fields: [(path: String, field: Field)], others: Field?)
    }

    package var topic: TopicPattern
    package var content: Content
    /// When its messages were measured; nil is when they arrive.
    var time: TimeReader?
    /// 0 or 1.
    package var qos: Int32
    /// Where it was written.
    package var position: SourcePosition

    init(topic: TopicPattern, content: Content, time: TimeReader?, qos: Int32, position: SourcePosition) {
        self.topic = topic
        self.time = time
        self.qos = qos
        self.position = position
        self.content =
            switch content {
            case .payload(let field): .payload(field.told(topic, path: ""))
            case .json(let fields, let others):
                .json(
                    fields: fields.map { ($0.path, $0.field.told(topic, path: $0.path)) },
                    others: others?.told(topic, path: "*"))
            }
    }

    /// Every field, with the path for those of a JSON payload.
    package var fields: [Field] {
        switch content {
        case .payload(let field): [field]
        case .json(let fields, let others): fields.map(\.field) + (others.map { [$0] } ?? [])
        }
    }
}

extension Mapping.Field {
    /// With what the hub is told of it.
    fileprivate func told(_ topic: TopicPattern, path: String) -> Mapping.Field {
        var field = self
        let text = path.isEmpty ? "\(topic.text) → \(key.text)" : "\(topic.text) \(path) → \(key.text)"
        field.source = KeySource(text, shape: key.shape(in: topic), type: type, options: options)
        return field
    }
}

extension KeyTemplate {
    /// What the keys that a topic's levels make have in common.
    fileprivate func shape(in topic: TopicPattern) -> KeyShape {
        let captures = topic.levels.filter { if case .literal = $0 { false } else { true } }
        return KeyShape(
            parts.map { part in
                switch part {
                case .literal(let text): .literal(Array(text.utf8))
                // Behind the topic's captures comes the path of a field.
                case .capture(let index): index < captures.count && captures[index] == .one ? .segment : .segments
                }
            })
    }
}
