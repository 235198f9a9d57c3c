package import Komoku

/// Recorded history, gathered from lines and put in the order of time.
package struct ReplayHistory: Sendable {
    package struct Point: Sendable {
        /// The place of its key in `keys`.
        let key: Int32
        package let time: Timestamp
        /// Nil is a gap.
        package let value: JSON?
    }

    /// Why a line is no point.
    package struct BrokenLine: Error, Hashable, Sendable, CustomStringConvertible {
        package let description: String
    }

    package private(set) var keys: [KeyName] = []
    package private(set) var points: [Point] = []
    private var places: [KeyName: Int32] = [:]
    private var isSorted = true

    /// Some gigabytes of memory.
    package static let maximumPoints = 50_000_000

    package init() {}

    /// Reads `{"key":K,"time":T,"value":V}`; an empty line is none.
    package mutating func add(line: some Sequence<UInt8>) throws(BrokenLine) {
        let bytes = Array(line)
        if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) { return }
        guard let json = try? JSON(parsing: bytes), json.object != nil else {
            throw BrokenLine(description: "it is no JSON object")
        }
        guard let text = json["key"]?.string, let key = KeyName(text) else {
            throw BrokenLine(description: "it has no 'key'")
        }
        guard let time = json["time"]?.number.flatMap(Timestamp.init(seconds:)) else {
            throw BrokenLine(description: "it has no 'time'")
        }
        guard let value = json["value"] else { throw BrokenLine(description: "it has no 'value'") }
        guard points.count < Self.maximumPoints else { throw BrokenLine(description: "there are too many points") }
        add(key, time, value == .null ? nil : value)
    }

    package mutating func add(_ key: KeyName, _ time: Timestamp, _ value: JSON?) {
        let place: Int32
        if let known = places[key] {
            place = known
        } else {
            place = Int32(keys.count)
            keys.append(key)
            places[key] = place
        }
        if let last = points.last, last.time > time { isSorted = false }
        points.append(Point(key: place, time: time, value: value))
    }

    /// Puts the points in the order of time; of equal times in the order in which they came.
    package mutating func sort() {
        if isSorted { return }
        // Swift's sort is stable.
        points.sort { $0.time < $1.time }
        isSorted = true
    }

    func key(of point: Point) -> KeyName { keys[Int(point.key)] }
}

extension ReplayHistory {
    /// The keys, each with the type that its first value has; nil where it has only gaps.
    var types: [(key: KeyName, type: KeyType?)] {
        var types = [KeyType?](repeating: nil, count: keys.count)
        for point in points where types[Int(point.key)] == nil {
            types[Int(point.key)] =
                switch point.value {
                case .bool: .boolean
                case .number: .numeric
                case .string: .string
                default: nil
                }
        }
        return Array(zip(keys, types).map { (key: $0, type: $1) })
    }
}

extension KeyType {
    /// The plainest type of the same values.
    var holds: KeyType {
        switch self {
        case .boolean, .uptime: .boolean
        case .numeric, .counter: .numeric
        case .string: .string
        }
    }
}
