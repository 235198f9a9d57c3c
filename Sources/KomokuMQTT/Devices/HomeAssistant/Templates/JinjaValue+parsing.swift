internal import Komoku

extension JinjaValue {
    /// Reads a JSON payload as Python does: whole numbers and others are told apart. Nil where it is no JSON.
    init?(parsing bytes: some Sequence<UInt8>) {
        var reader = JSONReader(Array(bytes), takesNoNumbers: true)
        do throws(JSON.Invalid) {
            self = try reader.jinjaValue()
            try reader.end()
        } catch {
            return nil
        }
    }

    init?(parsing text: String) { self.init(parsing: text.utf8) }

    /// Of members with one name the last counts, where the first was.
    fileprivate static func unique(_ members: [JinjaValue.Member]) -> [JinjaValue.Member] {
        var indices: [ByteText: Int] = [:]
        var result: [JinjaValue.Member] = []
        for member in members {
            if let index = indices.updateValue(result.count, forKey: ByteText(member.key.text)) {
                indices[ByteText(member.key.text)] = index
                result[index] = member
            } else {
                result.append(member)
            }
        }
        return result
    }
}

extension JSONReader {
    /// A word that stands for no number (`NaN`) is as if it were missing.
    fileprivate mutating func jinjaValue() throws(JSON.Invalid) -> JinjaValue {
        switch try next() {
        case .object:
            var members: [JinjaValue.Member] = []
            while let name = try nextName() { members.append(.init(name: name, value: try jinjaValue())) }
            return .dict(JinjaValue.unique(members))
        case .array:
            var items: [JinjaValue] = []
            while try nextItem() { items.append(try jinjaValue()) }
            return .list(items)
        case .text(let text): return .string(text)
        case .number(let number): return whole.map { .int($0) } ?? .float(number)
        case .bool(let bool): return .bool(bool)
        case .null: return .none
        case .noNumber: return .undefined
        }
    }
}
