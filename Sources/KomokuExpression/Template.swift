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
        try checkWithWarnings(in: environment).compiled
    }

    /// As `check(in:)`, and what is probably not what was meant.
    package func checkWithWarnings(
        in environment: TypeEnvironment
    ) throws(Expression.Faults) -> (compiled: CompiledTemplate, warnings: [Expression.Fault]) {
        var faults: [Expression.Fault] = []
        var warnings: [Expression.Fault] = []
        var compiled: [CompiledTemplate.Part] = []
        for part in parts {
            switch part {
            case .text(let text): compiled.append(.text(text))
            case .expression(let text, let offset):
                do throws(Expression.Faults) {
                    let checked = try Expression.parse(text).checkWithWarnings(in: environment)
                    compiled.append(.expression(checked.compiled))
                    warnings += checked.warnings.map { $0.moved(by: offset) }
                } catch {
                    faults += error.all.map { $0.moved(by: offset) }
                    warnings += error.warnings.map { $0.moved(by: offset) }
                }
            }
        }
        guard faults.isEmpty else { throw Expression.Faults(faults, warnings: warnings) }
        return (CompiledTemplate(parts: compiled), warnings)
    }
}

/// A template that was checked and can be filled in.
package struct CompiledTemplate: Sendable {
    package enum Part: Sendable {
        case text(String)
        case expression(CompiledExpression)
    }

    package let parts: [Part]

    package var reads: Reads {
        var reads = Reads()
        for case .expression(let expression) in parts { reads.add(expression.reads) }
        return reads
    }

    /// The keys that it reads, each once.
    package var keys: [KeyName] { reads.keys }

    private var ownLength: Int {
        parts.reduce(0) { if case .text(let text) = $1 { $0 + text.utf8.count } else { $0 } }
    }

    /// - Parameter insertion: what is written for a value, given the text before it; else the value as it is.
    /// - Returns: the text, with `?` for each part that is unknown, and why the first of them is. What would make the text
    ///   longer than a value takes is left out as unknown.
    package func filledIn(
        _ lookup: (Reference) -> Value?,
        inserting insertion: (_ value: String, _ before: String) -> String = { value, _ in value }
    ) -> (text: String, unknown: String?) {
        var text = ""
        var unknown: String?
        // What the template's own text leaves for values.
        var room = Value.maximumStringLength - ownLength
        for part in parts {
            switch part {
            case .text(let some): text += some
            case .expression(let expression):
                switch expression.outcome(lookup) {
                case .value(let value):
                    let content = insertion(value.description, text)
                    if content.utf8.count <= room {
                        room -= content.utf8.count
                        text += content
                    } else {
                        text += "?"
                        unknown = unknown ?? "the text is longer than \(Value.maximumStringLength) bytes"
                    }
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
