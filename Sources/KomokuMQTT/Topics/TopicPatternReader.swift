internal import Komoku

/// Reads the text of a topic pattern, level by level.
struct TopicPatternReader {
    private(set) var levels: [TopicPattern.Level] = []
    private(set) var captures: [String] = []
    private let bytes: [UInt8]
    private var hasSeveral = false
    private var unnamed = 0

    init(text: String) {
        bytes = Array(text.utf8)
    }

    mutating func read() throws(TopicPattern.Invalid) {
        if bytes.isEmpty { throw fault("it is empty", at: 0) }
        if bytes.count > TopicPattern.maximumLength {
            throw fault("it is longer than \(TopicPattern.maximumLength) bytes", at: 0)
        }
        if let zero = bytes.firstIndex(of: 0) { throw fault("it holds a zero byte", at: zero) }
        let parts = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for part in parts {
            if levels.last == .rest { throw fault("'#' may only be the last level", at: part.startIndex - 2) }
            levels.append(try level(part))
        }
    }

    private mutating func level(_ part: ArraySlice<UInt8>) throws(TopicPattern.Invalid) -> TopicPattern.Level {
        if part.elementsEqual("+".utf8) {
            number()
            return .one
        }
        if part.elementsEqual("#".utf8) {
            if hasSeveral { throw fault("only one level of a pattern can stand for several", at: part.startIndex) }
            number()
            return .rest
        }
        guard let brace = part.firstIndex(where: { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "}") }) else {
            return .literal(try literal(part))
        }
        guard part.first == UInt8(ascii: "{"), part.last == UInt8(ascii: "}"), part.count > 2 else {
            throw fault("a name in braces stands for a whole level", at: brace, remedy: "write it as '/{name}/'")
        }
        return try named(part.dropFirst().dropLast())
    }

    private mutating func number() {
        unnamed += 1
        captures.append(String(unnamed))
    }

    private func literal(_ part: ArraySlice<UInt8>) throws(TopicPattern.Invalid) -> [UInt8] {
        let wildcards = [UInt8(ascii: "+"), UInt8(ascii: "#")]
        if let index = part.firstIndex(where: { wildcards.contains($0) }) {
            throw fault("'+' and '#' stand for whole levels", at: index)
        }
        return Array(part)
    }

    private mutating func named(_ content: ArraySlice<UInt8>) throws(TopicPattern.Invalid) -> TopicPattern.Level {
        let isSeveral = content.last == UInt8(ascii: "+")
        let name = String(decoding: isSeveral ? content.dropLast() : content, as: UTF8.self)
        guard KeyName.segment(from: name).map({ $0.utf8.elementsEqual(name.utf8) }) == true,
            !name.allSatisfy(\.isWholeNumber)
        else {
            throw fault(
                "'{\(name)}' needs a name of letters, digits, '_' and '-'", at: content.startIndex,
                remedy: "write {name}, or {name+} for several levels")
        }
        if captures.contains(where: { $0.utf8.elementsEqual(name.utf8) }) {
            throw fault("'{\(name)}' is there twice", at: content.startIndex)
        }
        captures.append(name)
        if !isSeveral { return .one }
        if hasSeveral { throw fault("only one level of a pattern can stand for several", at: content.startIndex) }
        hasSeveral = true
        return .oneOrMore
    }

    private func fault(_ reason: String, at offset: Int, remedy: String? = nil) -> TopicPattern.Invalid {
        TopicPattern.Invalid(reason: reason, remedy: remedy, offset: offset)
    }
}
