/// A place in the sequence of all that subscribers are told: what a client that comes back has seen.
///
/// The hub counts from its start and keeps, for each key, the number of its newest change: what was missed is told by the
/// newest value of each key, whatever was missed, and costs 16 bytes a key. The text does not tell the number: it counts what
/// happens to all keys, those too that a client may not read.
package struct ChangeMark: Hashable, Sendable, CustomStringConvertible {
    /// Which start of a hub it is of.
    let start: UInt32
    let number: UInt64
    private let secret: UInt64

    fileprivate init(start: UInt32, number: UInt64, secret: UInt64) {
        (self.start, self.number, self.secret) = (start, number, secret)
    }

    /// Reads what `description` wrote; nil for anything else.
    fileprivate init?(_ text: String, secret: UInt64) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == 8, let start = UInt32(parts[0], radix: 16),
            let number = UInt64(parts[1], radix: 16), !parts[1].hasPrefix("+")
        else { return nil }
        self.init(start: start, number: Self.unscrambled(number, secret), secret: secret)
    }

    package var description: String {
        let digits = String(start, radix: 16)
        return String(repeating: "0", count: 8 - digits.utf8.count) + digits + "-"
            + String(Self.scrambled(number, secret), radix: 16)
    }

    // A Feistel network of eight rounds: each number has one text, and only who knows the secret finds the number.
    private static func scrambled(_ number: UInt64, _ secret: UInt64) -> UInt64 {
        (0..<8).reduce(number) { rotated($0 ^ UInt64(mix($0 >> 32, $1, secret))) }
    }

    private static func unscrambled(_ number: UInt64, _ secret: UInt64) -> UInt64 {
        (0..<8).reversed().reduce(number) { text, round in
            let text = rotated(text)
            return text ^ UInt64(mix(text >> 32, round, secret))
        }
    }

    private static func rotated(_ number: UInt64) -> UInt64 { number << 32 | number >> 32 }

    private static func mix(_ half: UInt64, _ round: Int, _ secret: UInt64) -> UInt32 {
        var hasher = Hasher()
        hasher.combine(secret)
        hasher.combine(half << 8 | UInt64(round))
        return UInt32(truncatingIfNeeded: hasher.finalize())
    }
}

/// Counts what subscribers are told.
struct ChangeSequence {
    private let start = UInt32.random(in: 0 ... .max)
    private let secret = UInt64.random(in: 0 ... .max)
    private var number: UInt64 = 0

    /// The newest.
    var mark: ChangeMark { mark(number) }

    func mark(_ number: UInt64) -> ChangeMark { ChangeMark(start: start, number: number, secret: secret) }

    /// Of this start of the hub; nil where it is not.
    func mark(_ text: String) -> ChangeMark? {
        guard let mark = ChangeMark(text, secret: secret), mark.start == start, mark.number <= number else {
            return nil
        }
        return mark
    }

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
