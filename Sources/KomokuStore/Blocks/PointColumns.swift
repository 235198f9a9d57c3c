import Komoku

/// Points of one key by columns, their times strictly ascending.
struct PointColumns: Sendable {
    /// Microseconds since 1970.
    var times: [Int64] = []
    /// A `ValueKind` in the low two bits, a `Provenance` above.
    var tags: [UInt8] = []
    /// The bits of a double, 0 or 1, or an index into `texts`.
    var payloads: [UInt64] = []
    /// May hold texts that no point refers to.
    var texts: [String] = []

    var count: Int { times.count }
    var isEmpty: Bool { times.isEmpty }

    init() {}

    init(_ points: some Collection<Point>) {
        reserve(points.count)
        for point in points { append(point) }
    }

    subscript(index: Int) -> Point {
        Point(
            time: Timestamp(microseconds: times[index]), value: value(at: index), provenance: provenance(at: index))
    }

    func kind(at index: Int) -> ValueKind { ValueKind(rawValue: tags[index] & 3) ?? .gap }

    func provenance(at index: Int) -> Provenance { Provenance(rawValue: tags[index] >> 2) ?? .live }

    func value(at index: Int) -> Value? {
        PackedValue(payload: payloads[index], tag: tags[index]).value { slot in
            slot < UInt64(texts.count) ? texts[Int(slot)] : nil
        }
    }

    func points(_ range: Range<Int>) -> [Point] { range.map { self[$0] } }

    mutating func reserve(_ count: Int) {
        times.reserveCapacity(count)
        tags.reserveCapacity(count)
        payloads.reserveCapacity(count)
    }

    mutating func append(_ point: Point) {
        let packed = PackedValue(point.value, point.provenance) { text in
            if let last = texts.last, last.utf8.elementsEqual(text.utf8) { return UInt64(texts.count - 1) }
            texts.append(text)
            return UInt64(texts.count - 1)
        }
        append(time: point.time.microseconds, packed)
    }

    @inline(__always)
    mutating func append(time: Int64, _ packed: PackedValue) {
        times.append(time)
        tags.append(packed.tag)
        payloads.append(packed.payload)
    }

    /// Appends points of another one, whose times must be later than all here.
    mutating func append(_ other: PointColumns, _ range: Range<Int>) {
        guard !range.isEmpty else { return }
        times.append(contentsOf: other.times[range])
        tags.append(contentsOf: other.tags[range])
        if other.texts.isEmpty {
            payloads.append(contentsOf: other.payloads[range])
            return
        }
        var slots: [UInt64: UInt64] = [:]
        for index in range {
            let payload = other.payloads[index]
            guard other.tags[index] & 3 == ValueKind.string.rawValue, payload < UInt64(other.texts.count) else {
                payloads.append(payload)
                continue
            }
            // Only the texts that are used: the other one may hold very many.
            let slot = slots[payload] ?? UInt64(texts.count)
            if slot == UInt64(texts.count) {
                texts.append(other.texts[Int(payload)])
                slots[payload] = slot
            }
            payloads.append(slot)
        }
    }

    /// The indices of the points between two times, both left out.
    func range(after: Int64, before: Int64) -> Range<Int> {
        let lower = after == .max ? count : firstIndex(from: after &+ 1)
        let upper = firstIndex(from: before)
        return lower..<max(lower, upper)
    }

    /// The first point at or after a time; `count` where there is none.
    func firstIndex(from time: Int64) -> Int {
        var (low, high) = (0, times.count)
        while low < high {
            let middle = (low + high) / 2
            if times[middle] < time { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension PointColumns {
    /// Two columns as one; of two points of one time that of `newer` counts.
    static func merged(_ older: PointColumns, _ newer: PointColumns) -> PointColumns {
        if newer.isEmpty { return older }
        if older.isEmpty { return newer }
        var merged = PointColumns()
        merged.reserve(older.count + newer.count)
        var (left, right) = (0, 0)
        while right < newer.count {
            let begin = left
            left = older.index(from: newer.times[right], startingAt: left)
            merged.append(older, begin..<left)
            // All that is newer up to the next older point goes as one piece.
            let first = right
            let bound = left < older.count ? older.times[left] : .max
            while right < newer.count, newer.times[right] < bound { right += 1 }
            if right < newer.count, left < older.count, newer.times[right] == bound {
                left += 1
                right += 1
            }
            merged.append(newer, first..<right)
        }
        merged.append(older, left..<older.count)
        return merged
    }

    /// Takes over what is newer: appended where it is later than all here, which moves nothing.
    mutating func merge(_ newer: PointColumns) {
        if let last = times.last, let first = newer.times.first, last < first {
            append(newer, 0..<newer.count)
        } else {
            self = PointColumns.merged(self, newer)
        }
    }

    private func index(from time: Int64, startingAt start: Int) -> Int {
        var index = start
        while index < times.count, times[index] < time { index += 1 }
        return index
    }
}
