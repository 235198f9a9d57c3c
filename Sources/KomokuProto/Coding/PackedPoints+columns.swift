internal import Komoku
package import KomokuWire

extension PackedPoints {
    /// The most points of a message, as with the commands of a list.
    package static let maximum = Request.maximumEntries

    /// - Parameter points: all with a time, or all without; their values are numbers, booleans and texts.
    /// - Returns: nil where they are not, or are too many.
    package init?(_ points: some Collection<PutPoint>) {
        guard points.count <= Self.maximum else { return nil }
        self.init()
        var places: [String: UInt32] = [:]
        var last: Int64 = 0
        let isDated = points.first?.time != nil
        let areWhole = points.allSatisfy { $0.value.number.map { PackedValue.whole($0) != nil } ?? true }
        for point in points {
            guard (point.time != nil) == isDated else { return nil }
            let place = places[point.key] ?? UInt32(keys.count)
            if place == keys.count {
                places[point.key] = place
                keys.append(point.key)
            }
            key.append(place)
            if let time = point.time?.microseconds {
                self.time.append(time &- last)
                last = time
            }
            guard add(point.value, areWhole: areWhole) else { return nil }
        }
        if keys.count == 1 || key.indices.allSatisfy({ Int(key[$0]) == $0 }) { key = [] }
        if let first = column.first, column.allSatisfy({ $0 == first }) { column = [] }
    }

    private mutating func add(_ value: JSON, areWhole: Bool) -> Bool {
        switch value {
        case .number(let number):
            if areWhole, let whole = PackedValue.whole(number) {
                wholes.append(whole)
                column.append(.wholes)
            } else {
                numbers.append(number)
                column.append(.numbers)
            }
        case .bool(let flag):
            flags.append(flag)
            column.append(.flags)
        case .string(let text):
            texts.append(text)
            column.append(.texts)
        case .null, .array, .object: return false
        }
        return true
    }

    /// The puts, in order; those whose key cannot be one are told apart.
    ///
    /// - Throws: where the columns do not fit together; then none of them is told.
    package func puts() throws(PackedFault) -> [Result<PutRequest, Refusal>] {
        if unknownFields.holds(1...8) { throw .unreadable("'points' has a field of another type") }
        let count = numbers.count + wholes.count + flags.count + texts.count
        guard count <= Self.maximum else { throw .refused("a message holds at most \(Self.maximum) points") }
        guard keys.count <= count, time.isEmpty || time.count == count, column.isEmpty || column.count == count else {
            throw .refused("the columns of 'points' differ in length")
        }
        guard key.count == count || (key.isEmpty && (keys.count == 1 || keys.count == count)) else {
            throw .refused("'key' has the place of each point's key in 'keys'")
        }
        let names = keys.map { Result<KeyName, Refusal>(name: $0) }
        var values = Columns(self)
        var moment: Int64 = 0
        var puts: [Result<PutRequest, Refusal>] = []
        puts.reserveCapacity(count)
        for index in 0..<count {
            let place = key.isEmpty ? (keys.count == 1 ? 0 : index) : Int(key[index])
            guard names.indices.contains(place) else { throw .refused("'key' has a place that 'keys' has not") }
            let value = try values.next(index)
            let time = try time.isEmpty ? nil : Self.add(time[index], to: &moment)
            puts.append(names[place].map { PutRequest($0, value, at: time, waits: false) })
        }
        return puts
    }

    private static func add(_ difference: Int64, to moment: inout Int64) throws(PackedFault) -> Timestamp {
        let (sum, isBeyond) = moment.addingReportingOverflow(difference)
        moment = sum
        return try Timestamp(packed: isBeyond ? .max : sum)
    }
}

extension Result<KeyName, Refusal> {
    fileprivate init(name: String) {
        self = KeyName(name).map { .success($0) } ?? .failure(.impossible(name))
    }
}

extension Refusal {
    static func impossible(_ name: String) -> Refusal {
        Refusal(.invalidKey, "'\(name.prefix(300))' cannot be the name of a key")
    }
}

/// Takes the values of points out of their columns, in order.
private struct Columns {
    private let points: PackedPoints
    private let single: PackedColumn
    private var taken = (numbers: 0, wholes: 0, flags: 0, texts: 0)

    init(_ points: PackedPoints) {
        self.points = points
        single =
            !points.wholes.isEmpty
            ? .wholes : !points.flags.isEmpty ? .flags : !points.texts.isEmpty ? .texts : .numbers
    }

    mutating func next(_ index: Int) throws(PackedFault) -> JSON {
        switch points.column.isEmpty ? single : points.column[index] {
        case .numbers:
            let number = try take(points.numbers, &taken.numbers)
            // As in JSON, which has no such number.
            guard number.isFinite else { throw .refused("a number that is infinite or none") }
            return .number(number)
        case .wholes: return .number(Double(try take(points.wholes, &taken.wholes)))
        case .flags: return .bool(try take(points.flags, &taken.flags))
        case .texts: return .string(try take(points.texts, &taken.texts))
        case .UNRECOGNIZED: throw .refused("'column' has one that is not known here")
        }
    }

    private func take<Value>(_ column: [Value], _ taken: inout Int) throws(PackedFault) -> Value {
        guard column.indices.contains(taken) else { throw .refused("a column of 'points' is too short") }
        defer { taken += 1 }
        return column[taken]
    }
}
