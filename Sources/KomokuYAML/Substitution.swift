import Komoku

/// Replaces `${NAME}` in a scalar by an environment variable. `$${` stands for the text `${`; a `$` elsewhere is itself.
struct Substitution {
    struct Invalid: Error, Hashable {
        var message: String
        var remedy: String?
    }

    enum Outcome: Hashable {
        case unchanged
        /// With the values of the variables that stand in it.
        case replaced(String, values: [String])
        case refused([Invalid])
    }

    let environment: [String: String]

    /// `text` with every variable replaced, or every problem in it. Messages name variables, never their values.
    func apply(to text: String) -> Outcome {
        let bytes = text.utf8
        var rest = bytes[...]
        var result: [UInt8] = []
        var problems: [Invalid] = []
        var values: [String] = []
        var hasChanged = false
        while let dollar = rest.firstIndex(of: UInt8(ascii: "$")) {
            result += rest[..<dollar]
            rest = rest[dollar...]
            if rest.starts(with: "$${".utf8) {
                (rest, hasChanged) = (rest.dropFirst(3), true)
                result += "${".utf8
            } else if rest.starts(with: "${".utf8) {
                (rest, hasChanged) = (rest.dropFirst(2), true)
                switch variable(&rest) {
                case .success(let value):
                    result += value.utf8
                    values.append(value)
                case .failure(let invalid): problems.append(invalid)
                }
            } else {
                result.append(rest.removeFirst())
            }
        }
        guard problems.isEmpty else { return .refused(problems) }
        guard hasChanged else { return .unchanged }
        return .replaced(String(decoding: result + rest, as: UTF8.self), values: values)
    }

    /// Whether `text` is one `${NAME}` and nothing else.
    static func isWholly(_ text: String) -> Bool {
        guard text.utf8.starts(with: "${".utf8) else { return false }
        var rest = text.utf8.dropFirst(2)
        return name(&rest) != nil && rest.isEmpty
    }

    private func variable(_ rest: inout Substring.UTF8View) -> Result<String, Invalid> {
        guard let name = Self.name(&rest) else {
            let message = "'${' is not followed by the name of an environment variable and '}'"
            return .failure(Invalid(message: message, remedy: "write '$${' for the text '${'"))
        }
        if let value = environment[name] { return .success(value) }
        let remedy = Suggestion.question(for: name, in: environment.keys.sorted())
        return .failure(
            Invalid(message: "the environment variable '\(name)' is not set", remedy: remedy))
    }

    /// Takes `NAME}`; leaves `rest` alone where there is none.
    private static func name(_ rest: inout Substring.UTF8View) -> String? {
        let name = rest.prefix { isNameByte($0) }
        guard let first = name.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return nil }
        guard rest[name.endIndex...].first == UInt8(ascii: "}") else { return nil }
        rest = rest[name.endIndex...].dropFirst()
        return String(decoding: name, as: UTF8.self)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
        default: false
        }
    }
}
