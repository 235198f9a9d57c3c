package import Komoku

/// A text with expressions in braces: `hall is {round(hall.temperature, 1)} degrees`. `{{` and `}}` are single braces.
package struct Template: Hashable, Sendable {
    package enum Part: Hashable, Sendable {
        case text(String)
        /// `offset`: bytes of UTF-8 of the template before the expression.
        case expression(String, offset: Int)
    }

    package let parts: [Part]

    /// The longest template, in bytes of UTF-8.
    package static let maximumLength = 64 * 1024

    /// Splits the text; the expressions are read by `check(in:)`.
    ///
    /// - Throws: what is wrong with the braces.
    package static func parse(_ text: String) throws(Expression.Faults) -> Template {
        var reader = TemplateReader(bytes: Array(text.utf8))
        do throws(Expression.Fault) {
            return Template(parts: try reader.parts())
        } catch {
            throw Expression.Faults([error])
        }
    }

    /// - Throws: every fault in its expressions; the offsets count from the start of the template.
    package func check(in environment: TypeEnvironment) throws(Expression.Faults) -> CompiledTemplate {
        var faults: [Expression.Fault] = []
        var compiled: [CompiledTemplate.Part] = []
        for part in parts {
            switch part {
            case .text(let text): compiled.append(.text(text))
            case .expression(let text, let offset):
                do throws(Expression.Faults) {
                    compiled.append(.expression(try Expression.parse(text).check(in: environment)))
                } catch {
                    faults += error.all.map { $0.moved(by: offset) }
                }
            }
        }
        guard faults.isEmpty else { throw Expression.Faults(faults) }
        return CompiledTemplate(parts: compiled)
    }
}

/// A template that was checked and can be filled in.
package struct CompiledTemplate: Sendable {
    package enum Part: Sendable {
        case text(String)
        case expression(CompiledExpression)
    }

    package let parts: [Part]

    /// The keys that it reads, each once.
    package var keys: [KeyName] {
        var keys: [KeyName] = []
        for case .expression(let expression) in parts {
            keys += expression.keys.filter { !keys.contains($0) }
        }
        return keys
    }

    /// - Returns: the text, with `?` for each part that is unknown, and why the first of them is.
    package func filledIn(_ lookup: (Reference) -> Value?) -> (text: String, unknown: String?) {
        var text = ""
        var unknown: String?
        for part in parts {
            switch part {
            case .text(let some): text += some
            case .expression(let expression):
                switch expression.outcome(lookup) {
                case .value(let value): text += value.description
                case .unknown(let reason):
                    text += "?"
                    unknown = unknown ?? reason
                }
            }
        }
        return (text, unknown)
    }
}

/// Finds the braces of a template; those in the texts and names of its expressions do not count.
private struct TemplateReader {
    let bytes: [UInt8]
    private var index = 0
    private var text: [UInt8] = []
    private var found: [Template.Part] = []

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func parts() throws(Expression.Fault) -> [Template.Part] {
        guard bytes.count <= Template.maximumLength else {
            throw Expression.Fault(at: 0..<0, "a text is at most \(Template.maximumLength) bytes long")
        }
        while index < bytes.count {
            let byte = bytes[index]
            let isDoubled = index + 1 < bytes.count && bytes[index + 1] == byte
            switch byte {
            case UInt8(ascii: "{") where !isDoubled: try expression()
            case UInt8(ascii: "}") where !isDoubled:
                throw Expression.Fault(at: index..<index + 1, "this '}' closes nothing", remedy: "write }} for a brace")
            default:
                text.append(byte)
                index += byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}") ? 2 : 1
            }
        }
        flush()
        return found
    }

    private mutating func flush() {
        if !text.isEmpty { found.append(.text(String(decoding: text, as: UTF8.self))) }
        text = []
    }

    private mutating func expression() throws(Expression.Fault) {
        let open = index
        flush()
        index += 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "}") {
            let byte = bytes[index]
            index += 1
            guard [UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`")].contains(byte) else { continue }
            index = (bytes[index...].firstIndex(of: byte) ?? bytes.count - 1) + 1
        }
        guard index < bytes.count else {
            throw Expression.Fault(at: open..<open + 1, "this '{' is not closed", remedy: "write {{ for a brace")
        }
        let content = String(decoding: bytes[open + 1..<index], as: UTF8.self)
        found.append(.expression(content, offset: open + 1))
        index += 1
    }
}

extension Expression.Fault {
    func moved(by distance: Int) -> Expression.Fault {
        var fault = self
        fault.offset += distance
        return fault
    }
}
