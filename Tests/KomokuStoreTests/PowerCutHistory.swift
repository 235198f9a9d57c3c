import Komoku

@testable import KomokuStore

/// What a store was given, step by step, and when each step began and was acknowledged, in operations of its disk.
struct PowerCutHistory: Sendable {
    /// What a store must hold.
    struct Content: Sendable {
        var keys: [KeyID: KeyRecord] = [:]
        var points: [KeyID: [Int64: Point]] = [:]
        var lasts: [KeyID: Point] = [:]
        var events: Set<Int64> = []
        var devices: [String: JSON] = [:]
        var discoveries: [String: [UInt8]] = [:]
        var nextKey: Int32 = 0

        mutating func apply(_ batch: Batch) {
            for key in batch.keys {
                keys[key.id] = key
                nextKey = max(nextKey, key.id.rawValue + 1)
            }
            for put in batch.puts {
                let provenance = put.provenance
                if let time = put.pointTime {
                    points[put.key, default: [:]][time.microseconds] =
                        Point(time: time, value: put.value, provenance: provenance)
                }
                if put.isNewest { lasts[put.key] = Point(time: put.time, value: put.value, provenance: provenance) }
            }
            for key in batch.deletedKeys {
                keys[key] = nil
                points[key] = nil
                lasts[key] = nil
            }
            events.formUnion(batch.events.map(\.id))
            events.subtract(batch.handledEvents)
            for device in batch.devices { devices[device.id] = device.data }
            for message in batch.discoveries { discoveries[message.topic] = message.payload }
        }

        func sorted(_ key: KeyID) -> [Point] { (points[key] ?? [:]).values.sorted { $0.time < $1.time } }
    }

    private struct Step {
        let began: Int
        var acknowledged = Int.max
    }

    private var steps: [Step] = []
    /// By step; the first is empty.
    private(set) var contents = [Content()]

    /// Adds a step; the cell named so says in the database how many are in it.
    mutating func begin(_ batch: inout Batch, at operation: Int) {
        steps.append(Step(began: operation))
        batch.cells.append(
            CellWrite(behaviour: Self.counter, id: "", data: .number(Double(steps.count)), due: nil, failure: nil))
        var content = contents[contents.count - 1]
        content.apply(batch)
        contents.append(content)
    }

    mutating func acknowledge(at operation: Int) {
        for index in steps.indices.reversed() {
            guard steps[index].acknowledged == .max else { return }
            steps[index].acknowledged = operation
        }
    }

    /// How many steps may be in the database after a cut.
    func steps(after operation: Int) -> ClosedRange<Int> {
        let certain = steps.prefix { $0.acknowledged <= operation }.count
        return certain...max(certain, steps.prefix { $0.began < operation }.count)
    }

    private static let counter = "step"

    /// How many steps a store holds.
    static func steps(in store: Store) throws -> Int {
        let cells = try store.cells().filter { $0.behaviour.utf8.elementsEqual(counter.utf8) }
        return cells.first?.data?.number.flatMap { Int(exactly: $0) } ?? 0
    }
}
