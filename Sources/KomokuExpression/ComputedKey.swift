package import Komoku

/// A key whose name locals fill in, written in backquotes: `` `{room}.lux` ``.
package struct ComputedKey: Hashable, Sendable {
    package enum Part: Hashable, Sendable {
        case text(String)
        /// The local's name.
        case local(String)
    }

    package let parts: [Part]

    /// - Parameter local: what a local is, nil where it has no value.
    /// - Returns: nil where a part is unknown, or where the whole is no name of a key.
    package func key(_ local: (String) -> Value?) -> KeyName? {
        var text = ""
        for part in parts {
            switch part {
            case .text(let some): text += some
            case .local(let name):
                guard let value = local(name), text.utf8.count <= KeyName.maximumLength else { return nil }
                text += value.description
            }
        }
        return KeyName(text)
    }

    /// The locals that it takes, in their order.
    package var locals: [String] { parts.compactMap { if case .local(let name) = $0 { name } else { nil } } }
}

extension ComputedKey {
    /// Reads what stands between backquotes; nil where it has no braces.
    ///
    /// - Throws: what is wrong with the braces or with the text beside them.
    static func parse(_ text: String, at span: Range<Int>) throws(Expression.Fault) -> ComputedKey? {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "}") }) else { return nil }
        var parts: [Part] = []
        var rest = Substring(text)
        while let open = rest.firstIndex(of: "{") {
            if open > rest.startIndex { parts.append(.text(String(rest[..<open]))) }
            guard let close = rest[open...].firstIndex(of: "}") else {
                throw Expression.Fault(at: span, "a '{' in this key is not closed", remedy: "write `{name}.lux`")
            }
            let name = rest[rest.index(after: open)..<close]
            guard isLocal(name) else {
                throw Expression.Fault(at: span, "'{\(name.prefix(40))}' is not a name", remedy: "write `{name}.lux`")
            }
            parts.append(.local(String(name)))
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { parts.append(.text(String(rest))) }
        let key = ComputedKey(parts: parts)
        // Any name in place of the locals shows whether the text beside them may stand in a key.
        let sample = key.parts.map { if case .text(let text) = $0 { text } else { "x" } }.joined()
        do throws(KeyName.Invalid) { _ = try KeyName(validating: sample) } catch {
            throw Expression.Fault(at: span, "'\(text.prefix(80))' is not a key name: \(error.reason)")
        }
        return key
    }

    private static func isLocal(_ name: Substring) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// `self.lux` without backquotes: what follows the rule's own subject.
    init?(selfName name: KeyName) {
        guard name.text.utf8.starts(with: "self.".utf8) else { return nil }
        parts = [.local("self"), .text(String(name.text.dropFirst(4)))]
    }
}

extension ComputedKey: CustomStringConvertible {
    /// As it stands between backquotes.
    package var description: String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .local(let name): "{\(name)}"
            }
        }.joined()
    }
}
