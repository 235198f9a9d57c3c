/// A place in the sequence of all that subscribers are told: what a client that comes back has seen.
///
/// The hub counts from its start and keeps, for each key, the number of its newest change: what was missed is told by the
/// newest value of each key, whatever was missed, and costs 16 bytes a key.
package struct ChangeMark: Hashable, Sendable, CustomStringConvertible {
    /// Which start of a hub it is of.
    let start: UInt32
    let number: UInt64

    init(start: UInt32, number: UInt64) {
        (self.start, self.number) = (start, number)
    }

    /// Reads what `description` wrote; nil for anything else.
    init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == 8, let start = UInt32(parts[0], radix: 16),
            let number = UInt64(parts[1]), !parts[1].hasPrefix("+")
        else { return nil }
        self.init(start: start, number: number)
    }

    package var description: String {
        let digits = String(start, radix: 16)
        return String(repeating: "0", count: 8 - digits.utf8.count) + digits + "-\(number)"
    }
}

/// Counts what subscribers are told.
struct ChangeSequence {
    private let start = UInt32.random(in: 0 ... .max)
    private var number: UInt64 = 0

    /// The newest.
    var mark: ChangeMark { ChangeMark(start: start, number: number) }

    func mark(_ number: UInt64) -> ChangeMark { ChangeMark(start: start, number: number) }

    mutating func next() -> ChangeMark {
        number += 1
        return mark
    }
}

/// The numbers of a key's newest put and change; 0 is before this start of the hub.
struct KeySequence {
    var put: UInt64 = 0
    var change: UInt64 = 0
}
