import CYAML

/// A libyaml parser over one text, an event at a time. Owns the C parser and the bytes it reads.
final class EventParser {
    struct Mark: Hashable {
        /// Both from 1; columns in Unicode scalars.
        var line: Int
        var column: Int
    }

    enum Event {
        case documentStart, documentEnd, sequenceEnd, mappingEnd, streamEnd
        case alias(String)
        case scalar(anchor: String?, YAMLScalar)
        case sequenceStart(anchor: String?, tag: String?)
        case mappingStart(anchor: String?, tag: String?)
    }

    struct SyntaxError: Error {
        var mark: Mark
        /// libyaml's words: `did not find expected key`.
        var problem: String
        /// `while parsing a block mapping`.
        var context: String?
        var contextMark: Mark
    }

    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let bytes: UnsafeMutableBufferPointer<UInt8>
    /// False when memory was out: libyaml has then freed what it had.
    private let isReady: Bool

    init(_ text: [UInt8]) {
        parser = .allocate(capacity: 1)
        bytes = .allocate(capacity: max(text.count, 1))
        let end = bytes.update(fromContentsOf: text)
        parser.initialize(to: yaml_parser_t())
        isReady = yaml_parser_initialize(parser) == 1
        guard isReady else { return }
        // Without a fixed encoding libyaml would take a file with another byte order mark for UTF-16.
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, bytes.baseAddress, end)
    }

    deinit {
        if isReady { yaml_parser_delete(parser) }
        parser.deallocate()
        bytes.deallocate()
    }

    /// The next event with its place. Not to be called again after an error.
    func next() throws(SyntaxError) -> (event: Event, mark: Mark) {
        let start = Mark(line: 1, column: 1)
        guard isReady else {
            throw SyntaxError(mark: start, problem: "out of memory", context: nil, contextMark: start)
        }
        while true {
            var raw = yaml_event_t()
            guard yaml_parser_parse(parser, &raw) == 1 else { throw failure() }
            defer { yaml_event_delete(&raw) }
            if let event = Self.event(raw) { return (event, Self.mark(raw.start_mark)) }
        }
    }

    private static func event(_ raw: yaml_event_t) -> Event? {
        switch raw.type {
        case YAML_DOCUMENT_START_EVENT: .documentStart
        case YAML_DOCUMENT_END_EVENT: .documentEnd
        case YAML_SEQUENCE_END_EVENT: .sequenceEnd
        case YAML_MAPPING_END_EVENT: .mappingEnd
        case YAML_ALIAS_EVENT: .alias(text(raw.data.alias.anchor) ?? "")
        case YAML_SCALAR_EVENT: .scalar(anchor: text(raw.data.scalar.anchor), scalar(raw))
        case YAML_SEQUENCE_START_EVENT:
            .sequenceStart(anchor: text(raw.data.sequence_start.anchor), tag: text(raw.data.sequence_start.tag))
        case YAML_MAPPING_START_EVENT:
            .mappingStart(anchor: text(raw.data.mapping_start.anchor), tag: text(raw.data.mapping_start.tag))
        case YAML_STREAM_START_EVENT: nil
        // Also "no event", which libyaml returns when it is asked again after the end.
        default: .streamEnd
        }
    }

    private static func scalar(_ raw: yaml_event_t) -> YAMLScalar {
        let data = raw.data.scalar
        let text = String(decoding: UnsafeBufferPointer(start: data.value, count: data.length), as: UTF8.self)
        let isOnOneLine = raw.start_mark.line == raw.end_mark.line
        let width = isOnOneLine ? Int(raw.end_mark.column) - Int(raw.start_mark.column) : 0
        return YAMLScalar(text, style: style(data.style), tag: self.text(data.tag), width: width)
    }

    private static func style(_ raw: yaml_scalar_style_t) -> YAMLScalar.Style {
        switch raw {
        case YAML_SINGLE_QUOTED_SCALAR_STYLE: .singleQuoted
        case YAML_DOUBLE_QUOTED_SCALAR_STYLE: .doubleQuoted
        case YAML_LITERAL_SCALAR_STYLE: .literal(indent: nil)
        case YAML_FOLDED_SCALAR_STYLE: .folded
        default: .plain
        }
    }

    private static func text(_ pointer: UnsafePointer<UInt8>?) -> String? {
        pointer.map { String(cString: $0) }
    }

    private static func mark(_ raw: yaml_mark_t) -> Mark {
        Mark(line: Int(raw.line) + 1, column: Int(raw.column) + 1)
    }

    private func failure() -> SyntaxError {
        let raw = parser.pointee
        let problem = raw.problem.map { String(cString: $0) } ?? "out of memory"
        let context = raw.context.map { String(cString: $0) }
        let mark =
            raw.error == YAML_READER_ERROR ? self.mark(ofByte: Int(raw.problem_offset)) : Self.mark(raw.problem_mark)
        return SyntaxError(mark: mark, problem: problem, context: context, contextMark: Self.mark(raw.context_mark))
    }

    /// The reader knows only the byte where it failed.
    private func mark(ofByte offset: Int) -> Mark {
        let before = bytes.prefix(min(max(offset, 0), bytes.count))
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let line = 1 + before.count { $0 == UInt8(ascii: "\n") }
        // Continuation bytes of UTF-8 are not columns of their own.
        return Mark(line: line, column: 1 + before[start...].count { $0 & 0xC0 != 0x80 })
    }
}
