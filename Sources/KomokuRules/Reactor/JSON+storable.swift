import Komoku

extension JSON {
    /// The longest text of a message or a cell, in bytes.
    static let maximumStored = 1 << 20

    /// Why this cannot be written as JSON and read again, as a clause; nil where it can.
    func storageFault(maximumDepth: Int = JSON.maximumDepth) -> String? {
        var size = 0
        return fault(depth: maximumDepth, size: &size)
    }

    private func fault(depth: Int, size: inout Int) -> String? {
        guard depth > 0 else { return "it is nested too deep" }
        size += 1
        switch self {
        case .null, .bool: break
        case .number(let number): if !number.isFinite { return "\(number) is no number of JSON" }
        case .string(let text): size += text.utf8.count
        case .array(let items):
            for item in items { if let fault = item.fault(depth: depth - 1, size: &size) { return fault } }
        case .object(let members):
            for member in members {
                size += member.name.utf8.count
                if let fault = member.value.fault(depth: depth - 1, size: &size) { return fault }
            }
        }
        return size > Self.maximumStored ? "it is longer than 1 MiB" : nil
    }
}
