public import Komoku

/// A password or a token on the wire; nowhere else is its text seen.
public struct SecretText: Hashable, Sendable, WireValue, CustomStringConvertible, CustomReflectable {
    public let text: String

    public init(_ text: String) { self.text = text }

    public init(wire json: JSON, of name: StaticString) throws(Refusal) {
        self.init(try String(wire: json, of: name))
    }

    public var wire: JSON { .string(text) }

    public var description: String { "…" }
    public var customMirror: Mirror { Mirror(self, children: []) }

    public static func == (left: Self, right: Self) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }
}
