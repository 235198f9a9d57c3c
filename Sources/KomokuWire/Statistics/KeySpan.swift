public import Komoku

/// A time in which a key had one value: `[start,length]`.
public struct KeySpan: Hashable, Sendable {
    public var start: Timestamp
    /// Nil where it still has that value.
    public var length: Komoku.Duration?
    /// The part of it in which nobody watched.
    public var unwatched: Komoku.Duration

    public init(start: Timestamp, length: Komoku.Duration?, unwatched: Komoku.Duration = .zero) {
        (self.start, self.length, self.unwatched) = (start, length, unwatched)
    }
}

extension [KeySpan] {
    /// Reads `[[start,length], …]`, as `fetch` answers.
    package init(pairs json: JSON) throws(Refusal) {
        guard let items = json.array else { throw .invalidQuery("'spans' is a list") }
        self = items.compactMap { item -> KeySpan? in
            guard let pair = item.array, pair.count == 2, let start = pair[0].number.flatMap(Timestamp.init(seconds:))
            else { return nil }
            return KeySpan(start: start, length: pair[1].number.flatMap(Komoku.Duration.init(seconds:)))
        }
    }

    /// Appends `[[start,length], …]`, in seconds; a length of null still grows.
    package func writePairs(into bytes: inout [UInt8]) {
        JSON.writeList(self, into: &bytes) { span, bytes in
            let length = span.length.map { JSON.number($0.seconds) } ?? .null
            JSON.array([.number(span.start.seconds), length]).write(into: &bytes)
        }
    }

    /// Reads the answer to `spans`: `{"spans":[[start,length], …],"unwatched":[seconds, …]}`.
    package init(answer json: JSON) throws(Refusal) {
        var spans = try Self(pairs: json["spans"] ?? JSON.null)
        for (index, seconds) in (json["unwatched"]?.array ?? []).enumerated() where spans.indices.contains(index) {
            spans[index].unwatched = seconds.number.flatMap(Komoku.Duration.init(seconds:)) ?? .zero
        }
        self = spans
    }

    /// The text of it; `unwatched` is left out where somebody watched all the time.
    package var bytes: [UInt8] {
        var bytes = [UInt8](#"{"spans":"#.utf8)
        writePairs(into: &bytes)
        if contains(where: { $0.unwatched > .zero }) {
            bytes.append(contentsOf: #","unwatched":"#.utf8)
            JSON.writeList(self, into: &bytes) { JSON.number($0.unwatched.seconds).write(into: &$1) }
        }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }
}
