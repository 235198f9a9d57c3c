package import Komoku

/// What a value can be in an expression.
package enum ValueKind: Hashable, Sendable, CaseIterable {
    case number, boolean, text

    package init(_ type: KeyType) {
        self = type.isNumber ? .number : type.isBoolean ? .boolean : .text
    }

    package init(_ value: Value) {
        self =
            switch value {
            case .number: .number
            case .boolean: .boolean
            case .string: .text
            }
    }

    /// After "is".
    package var phrase: String {
        switch self {
        case .number: "a number"
        case .boolean: "true or false"
        case .text: "text"
        }
    }
}

/// The names that an expression may use at its place.
package struct TypeEnvironment {
    /// What is known about a name before anything is evaluated.
    package struct Declaration: Hashable, Sendable {
        /// Nil where the kind is known only when there is a value.
        package var kind: ValueKind?
        /// Whether it can be without a value, as a key is before its first put.
        package var mayBeUnknown: Bool
        /// The only texts that it takes; nil is any.
        package var values: [String]?
        /// What a number counts; nil where it is not known. A local in `s` is a duration.
        package var unit: String?
        /// Whether each message of the key counts, equal ones too; nil where only the running hub knows.
        package var isEvent: Bool?
        /// The least and the greatest number that a put takes; nil where it is not known.
        package var range: ClosedRange<Double>?
        /// Whether silence makes it stale; nil where it is not known.
        package var goesStale: Bool?
        /// Whether it can be put; false for what a device only reports.
        package var isWritable = true
        /// What a local always is, where that is known when the expression is checked: `self` of a rule made from a
        /// pattern. Keys computed of such locals are checked like others.
        package var constant: Value?
        /// A text as a device sent it: where a number is needed it is read as one, and so is true or false.
        package var isRaw = false
        /// A text that may be JSON: members of it are written behind it, `payload.battery`.
        package var isDocument = false

        package init(
            _ kind: ValueKind?, mayBeUnknown: Bool = true, values: [String]? = nil, unit: String? = nil
        ) {
            self.unit = unit
            self.kind = kind
            self.mayBeUnknown = mayBeUnknown
            self.values = values
        }

        /// A local that is the same each time.
        package init(constant: Value) {
            self.init(ValueKind(constant), mayBeUnknown: false)
            self.constant = constant
        }

        /// A local that is what a device sent.
        package static var raw: Declaration {
            var declaration = Declaration(nil, mayBeUnknown: false)
            declaration.isRaw = true
            return declaration
        }

        /// For a key that only the running hub gives a type.
        package static let dynamic = Declaration(nil)
    }

    /// Names that the place itself gives, such as `value`; they win over keys.
    package var locals: [String: Declaration]

    /// The local that a name asks for members of, and their path: `payload.device.battery`.
    package static func member(
        _ name: KeyName, of locals: [String: Declaration]
    ) -> (local: String, path: [Substring])? {
        guard let dot = name.text.utf8.firstIndex(of: UInt8(ascii: ".")) else { return nil }
        let local = String(name.text[..<dot])
        guard locals[local]?.isDocument == true else { return nil }
        return (local, name.text[name.text.index(after: dot)...].split(separator: "."))
    }
    /// What a key is; nil where there is no such key.
    package var key: (KeyName) -> Declaration?
    /// The keys that a misspelt name may mean; asked for only when there is a fault.
    package var candidates: () -> [String]
    /// The keys that are known by now and match a pattern.
    package var matching: (KeyPattern) -> [KeyName] = { _ in [] }
    /// Whether these are all that there will be, as far as anybody knows.
    package var knowsAllKeys = false
    package var calendars = CalendarNames()
    /// The functions beside the pure ones that can be used.
    package var offers: Offers
    /// Whether a key that may be unknown is warned about where neither `??` nor `known` is there for it.
    package var warnsOfUnknown: Bool

    package init(
        locals: [String: Declaration] = [:], key: @escaping (KeyName) -> Declaration? = { _ in nil },
        candidates: @escaping () -> [String] = { [] }, offers: Offers = [], warnsOfUnknown: Bool = false
    ) {
        self.locals = locals
        self.key = key
        self.candidates = candidates
        self.offers = offers
        self.warnsOfUnknown = warnsOfUnknown
    }
}
