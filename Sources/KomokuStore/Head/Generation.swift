import Komoku

/// Points in the order in which they came, in packed columns; those of one key are chained from the newest back.
///
/// A point takes 21 bytes, a key without points 5. A value type, so that the writer can read a frozen one without a lock.
struct Generation {
    /// Grows from each generation to the next; the file's watermark tells up to which number all is in blocks.
    private(set) var number: Int64

    private var times: [Int64] = []
    private var payloads: [UInt64] = []
    private var tags: [UInt8] = []
    /// The entry before of the same key; `none` for its first.
    private var previous: [Int32] = []
    /// By key id: the entry that came last.
    private var newest: [Int32] = []
    /// By key id: whether some entry is not newer than the one before it.
    private var isOutOfOrder: [Bool] = []
    private var texts: [String] = []
    private var textSlots: [ByteText: Int] = [:]
    private var textBytes = 0
    /// Entries that stand for a point: neither removed nor replaced by the entry that came next for their key.
    private(set) var pointCount = 0

    private static let none: Int32 = -1
    private static let bytesPerPoint = 21
    /// What a text costs besides its bytes: its slot in the table and in the dictionary.
    private static let bytesPerText = 80

    init(number: Int64) {
        self.number = number
    }

    var count: Int { times.count }
    var isEmpty: Bool { times.isEmpty }
    /// Bytes of memory, about.
    var size: Int { count * Self.bytesPerPoint + newest.count * 5 + textBytes }
    /// One more than the highest key id with a point.
    var keyEnd: Int { newest.count }

    @inline(__always)
    mutating func append(_ key: Int, time: Int64, _ value: Value?, _ provenance: Provenance) {
        let packed = PackedValue(value, provenance) { UInt64(slot(of: $0)) }
        append(key, time: time, packed)
    }

    @inline(__always)
    private mutating func append(_ key: Int, time: Int64, _ packed: PackedValue) {
        if key >= newest.count { grow(to: key + 1) }
        let before = newest[key]
        if before != Self.none, times[Int(before)] >= time { isOutOfOrder[key] = true }
        if before == Self.none || times[Int(before)] != time { pointCount += 1 }
        newest[key] = Int32(truncatingIfNeeded: times.count)
        times.append(time)
        payloads.append(packed.payload)
        tags.append(packed.tag)
        previous.append(before)
    }

    private mutating func grow(to count: Int) {
        let missing = count - newest.count
        newest.append(contentsOf: repeatElement(Self.none, count: missing))
        isOutOfOrder.append(contentsOf: repeatElement(false, count: missing))
    }

    private mutating func slot(of text: String) -> Int {
        let key = ByteText(text)
        if let slot = textSlots[key] { return slot }
        textSlots[key] = texts.count
        texts.append(key.text)
        textBytes += text.utf8.count + Self.bytesPerText
        return texts.count - 1
    }

    /// Forgets a key; its entries stay as holes until the generation goes.
    mutating func remove(_ key: Int) {
        guard hasPoints(of: key) else { return }
        var entry = newest[key]
        while entry != Self.none {
            let before = previous[Int(entry)]
            if before == Self.none || times[Int(before)] != times[Int(entry)] { pointCount -= 1 }
            entry = before
        }
        newest[key] = Self.none
    }
}

extension Generation {
    func hasPoints(of key: Int) -> Bool { key < newest.count && newest[key] != Self.none }

    /// The points of a key between two times, both left out, ascending; of equal times the one that came last.
    ///
    /// - Parameter newestLimit: enough if the newest so many are given.
    func points(of key: Int, after: Int64? = nil, before: Int64? = nil, newestLimit: Int = .max) -> PointColumns {
        guard hasPoints(of: key) else { return PointColumns() }
        var entries =
            isOutOfOrder[key]
            ? sorted(entriesBack(of: key, after: after, before: before, limit: .max, stopsEarly: false))
            : entriesBack(of: key, after: after, before: before, limit: newestLimit, stopsEarly: true)
        if entries.count > newestLimit { entries.removeLast(entries.count - newestLimit) }
        var columns = PointColumns()
        columns.reserve(entries.count)
        var slots: [UInt64: UInt64] = [:]
        for entry in entries.reversed() { columns.append(at: Int(entry), of: self, &slots) }
        return columns
    }

    /// A key's points as columns have texts of their own.
    fileprivate func packed(_ index: Int, text: (String, UInt64) -> UInt64) -> PackedValue {
        let (payload, tag) = (payloads[index], tags[index])
        guard tag & 3 == ValueKind.string.rawValue, payload < UInt64(texts.count) else {
            return PackedValue(payload: payload, tag: tag)
        }
        return PackedValue(payload: text(texts[Int(payload)], payload), tag: tag)
    }

    fileprivate func time(_ index: Int) -> Int64 { times[index] }

    /// Entries from the one that came last to the first.
    private func entriesBack(of key: Int, after: Int64?, before: Int64?, limit: Int, stopsEarly: Bool) -> [Int32] {
        var entries: [Int32] = []
        var entry = newest[key]
        while entry != Self.none, entries.count < limit {
            let time = times[Int(entry)]
            if let after, time <= after {
                if stopsEarly { break }
            } else if before.map({ time < $0 }) ?? true {
                entries.append(entry)
            }
            entry = previous[Int(entry)]
        }
        return entries
    }

    /// From the newest to the oldest time, and of equal times only the entry that came last.
    private func sorted(_ entriesBack: [Int32]) -> [Int32] {
        let ordered = entriesBack.sorted { left, right in
            let (a, b) = (times[Int(left)], times[Int(right)])
            return a == b ? left > right : a > b
        }
        var unique: [Int32] = []
        for entry in ordered where unique.last.map({ times[Int($0)] != times[Int(entry)] }) ?? true {
            unique.append(entry)
        }
        return unique
    }

    private func point(_ entry: Int32) -> Point {
        let index = Int(entry)
        let packed = PackedValue(payload: payloads[index], tag: tags[index])
        return Point(
            time: Timestamp(microseconds: times[index]), value: packed.value { texts[Int($0)] },
            provenance: packed.provenance)
    }
}

extension Generation {
    /// This generation and then `later`, under its number: what is done with a frozen one that could not be sealed.
    consuming func joined(with later: Generation) -> Generation {
        var joined = self
        joined.number = later.number
        joined.append(contentsOf: later) { _ in true }
        return joined
    }

    /// Forgets the entries in a range of arrival, and the texts that only they had.
    mutating func remove(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        var rest = Generation(number: number)
        rest.append(contentsOf: self) { !range.contains($0) }
        self = rest
    }

    private mutating func append(contentsOf other: Generation, where isWanted: (Int) -> Bool) {
        for (entry, key) in other.keys().enumerated() where isWanted(entry) {
            guard key >= 0 else {
                appendHole()
                continue
            }
            let point = other.point(Int32(entry))
            append(Int(key), time: point.time.microseconds, point.value, point.provenance)
        }
    }

    /// The key of each entry; -1 where it was removed.
    private func keys() -> [Int32] {
        var keys = [Int32](repeating: -1, count: count)
        for key in newest.indices {
            var entry = newest[key]
            while entry != Self.none {
                keys[Int(entry)] = Int32(key)
                entry = previous[Int(entry)]
            }
        }
        return keys
    }

    /// Keeps the count of entries that of the puts.
    private mutating func appendHole() {
        times.append(0)
        payloads.append(0)
        tags.append(0)
        previous.append(Self.none)
    }
}

extension PointColumns {
    fileprivate mutating func append(at index: Int, of generation: Generation, _ slots: inout [UInt64: UInt64]) {
        let packed = generation.packed(index) { text, slot in
            if let known = slots[slot] { return known }
            texts.append(text)
            slots[slot] = UInt64(texts.count - 1)
            return UInt64(texts.count - 1)
        }
        append(time: generation.time(index), packed)
    }
}
