internal import Komoku

/// Fields as RFC 4180 has them. A text is always quoted, so that `"1"` and `1`, `""` and nothing stay apart.
enum CSV {
    static func field(_ value: JSON) -> String {
        switch value {
        case .null: ""
        case .string(let text): quoted(text)
        case .number, .bool: value.text
        case .array, .object: quoted(value.text)
        }
    }

    static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\"", with: "\"\"") + "\""
    }

    /// Without quotes where it needs none.
    static func plain(_ text: String) -> String {
        let needsQuotes = text.utf8.contains { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }
        return needsQuotes ? quoted(text) : text
    }
}
