internal import Komoku

/// What a Homie device says it is, whichever version of the convention it speaks.
struct HomieModel: Hashable {
    var name: String?
    var nodes: [HomieNode] = []
    /// The device above it, by its id; version 5 only.
    var root: String?
    var parent: String?

    /// The most properties of one device.
    static let maximumProperties = 512
}

struct HomieNode: Hashable {
    var id: String
    var name: String?
    var properties: [HomieProperty] = []
}

/// One property as it was announced.
struct HomieProperty: Hashable {
    var id: String
    var name: String?
    var datatype = "string"
    var unit: String?
    var format: String?
    var isSettable = false
    /// False for what happens rather than lasts.
    var isRetained = true
}

enum HomieName {
    /// The longest id or name, in bytes.
    static let maximumLength = 255

    /// Ids are `a-z`, `0-9` and `-`; capitals and `_` occur.
    static func isID(_ text: some StringProtocol) -> Bool {
        let bytes = text.utf8
        guard !bytes.isEmpty, bytes.count <= maximumLength else { return false }
        return bytes.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }

    /// A text for a person; nil where there is none, or where it is too long to be one.
    static func label(_ text: String?) -> String? {
        guard let text, !text.isEmpty, text.utf8.count <= maximumLength else { return nil }
        return text
    }
}
