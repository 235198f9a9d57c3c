import Komoku
import KomokuYAML

/// A number that stands for what a rule says, the same in every process: FNV-1a, 64 bits, over what was written as compact
/// JSON and over the item that the rule is made for. Places, comments, `description`, `enabled` and the other items of `each`
/// make no difference.
struct RuleHash {
    private var state: UInt64 = 0xcbf2_9ce4_8422_2325

    private static let without: Set<String> = ["description", "enabled", "each"]

    static func text(of rule: YAMLNode, item: String?) -> String {
        var bytes: [UInt8] = []
        let entries = (rule.entries ?? []).filter { !without.contains($0.key.text ?? "") }
        YAMLNode(.mapping(entries), at: rule.position).writeCanonical(into: &bytes)
        if let item { JSON.write(item, into: &bytes) }
        var hash = RuleHash()
        for byte in bytes { hash.state = (hash.state ^ UInt64(byte)) &* 0x100_0000_01b3 }
        let digits = String(hash.state, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}

extension YAMLNode {
    /// As compact JSON, its members in the order of the text; what JSON does not have is written as text.
    fileprivate func writeCanonical(into bytes: inout [UInt8]) {
        switch content {
        case .refused: bytes.append(UInt8(ascii: "?"))
        case .scalar(let scalar):
            if case .string(let text) = scalar.value { return JSON.write(text, into: &bytes) }
            if let json { json.write(into: &bytes) } else { JSON.write(scalar.text, into: &bytes) }
        case .sequence(let items):
            bytes.append(UInt8(ascii: "["))
            for (index, item) in items.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                item.writeCanonical(into: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .mapping(let entries):
            bytes.append(UInt8(ascii: "{"))
            for (index, entry) in entries.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                JSON.write(entry.key.text ?? "", into: &bytes)
                bytes.append(UInt8(ascii: ":"))
                entry.value.writeCanonical(into: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }
}
