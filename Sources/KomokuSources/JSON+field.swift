internal import Komoku

extension JSON {
    /// What stands at a dotted path, as `map` reads it: `hourly.time`, items counted from 1, and a name that has the dot itself.
    ///
    /// - Returns: nil where there is nothing; `null` is something.
    func field(at path: String) -> JSON? {
        var steps = Budget(left: 4096)
        return field(at: path.split(separator: ".", omittingEmptySubsequences: false)[...], &steps)
    }

    /// Looks that are left: members whose names have dots could be tried without end.
    private struct Budget {
        var left: Int
    }

    private func field(at parts: ArraySlice<Substring>, _ steps: inout Budget) -> JSON? {
        guard let first = parts.first else { return self }
        steps.left -= 1
        guard steps.left > 0 else { return nil }
        if let array {
            guard let number = Int(first), array.indices.contains(number - 1) else { return nil }
            return array[number - 1].field(at: parts.dropFirst(), &steps)
        }
        guard case .object = self else { return nil }
        for count in 1...parts.count {
            let name = parts.prefix(count).joined(separator: ".")
            if let found = self[name]?.field(at: parts.dropFirst(count), &steps) { return found }
        }
        return nil
    }
}
