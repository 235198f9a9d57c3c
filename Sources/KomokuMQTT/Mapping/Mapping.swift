package import Komoku

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

        /// What a field says of its own time.
        enum Time: Sendable {
            case asTheMessage
            case arrival
            case read(TimeReading)

            func reading(orOf message: TimeReading?) -> TimeReading? {
                switch self {
                case .asTheMessage: message
                case .arrival: nil
                case .read(let reading): reading
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
    var time: TimeReading?
    /// 0 or 1.
    package var qos: Int32
    /// Where it was written.
    package var position: SourcePosition

    /// Every field, with the path for those of a JSON payload.
    package var fields: [Field] {
        switch content {
        case .payload(let field): [field]
        case .json(let fields, let others): fields.map(\.field) + (others.map { [$0] } ?? [])
        }
    }
}
