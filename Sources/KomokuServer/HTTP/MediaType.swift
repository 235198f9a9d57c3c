internal import NIOHTTP1

/// What a body is.
enum MediaType: String, Hashable, Sendable {
    case text = "text/plain; charset=utf-8"
    case json = "application/json"
    case problem = "application/problem+json"
    case csv = "text/csv; charset=utf-8"
    case ndjson = "application/x-ndjson"
    case events = "text/event-stream"
    case metrics = "text/plain; version=0.0.4; charset=utf-8"
    case bytes = "application/octet-stream"
    case html = "text/html; charset=utf-8"
    case script = "text/javascript; charset=utf-8"
    case style = "text/css; charset=utf-8"
    case svg = "image/svg+xml"
    case png = "image/png"
    case manifest = "application/manifest+json"

    /// Whether it is worth compressing: what is small as it is is not, and events have to leave at once.
    var isCompressible: Bool { ![.events, .bytes, .png].contains(self) }

    /// Without what is behind the semicolon.
    var name: Substring { rawValue.prefix { $0 != ";" } }

    /// The first of these that a request wants most; the first where it says nothing of any.
    static func wanted(_ offered: [MediaType], by headers: HTTPHeaders) -> MediaType? {
        let ranges = headers[canonicalForm: "Accept"].compactMap { AcceptedRange(parsing: $0) }
        guard !ranges.isEmpty else { return offered.first }
        var best: (type: MediaType, quality: Double)?
        for type in offered {
            let quality = ranges.filter { $0.fits(type) }.max { $0.precision < $1.precision }?.quality ?? 0
            if quality > (best?.quality ?? 0) { best = (type, quality) }
        }
        return best?.type
    }
}

/// `text/*;q=0.5`, one item of `Accept`.
private struct AcceptedRange {
    let name: Substring
    let quality: Double

    init?(parsing text: Substring) {
        let parts = text.split(separator: ";")
        guard let first = parts.first else { return nil }
        name = first.trimmed
        let quality = parts.dropFirst().lazy.map(\.trimmed).first { $0.lowercased().hasPrefix("q=") }?.dropFirst(2)
        self.quality = quality.map { Double(String($0)) ?? 0 } ?? 1
    }

    /// How exactly it says what it wants.
    var precision: Int { name.hasPrefix("*/") ? 0 : name.hasSuffix("/*") ? 1 : 2 }

    func fits(_ type: MediaType) -> Bool {
        switch precision {
        case 0: true
        case 1: type.name.hasPrefix(name.lowercased().dropLast())
        default: type.name.lowercased().utf8.elementsEqual(name.lowercased().utf8)
        }
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        var text = self
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
