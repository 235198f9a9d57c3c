/// The values of a block, each kind apart.
struct Payloads {
    var numbers: [UInt64] = []
    var booleans: [UInt64] = []
    /// Of texts among the different ones.
    var slots: [UInt64] = []

    /// One payload for each point. Each kind has as many values as there are tags of it.
    func merged(_ tags: [UInt8]) -> [UInt64] {
        // Most keys only ever have one kind.
        for values in [numbers, booleans, slots] where values.count == tags.count { return values }
        var merged: [UInt64] = []
        merged.reserveCapacity(tags.count)
        var (number, boolean, slot) = (0, 0, 0)
        for tag in tags {
            switch ValueKind(rawValue: tag & 3) {
            case .number:
                merged.append(numbers[number])
                number += 1
            case .boolean:
                merged.append(booleans[boolean])
                boolean += 1
            case .string:
                merged.append(slots[slot])
                slot += 1
            case .gap, nil: merged.append(0)
            }
        }
        return merged
    }
}
