internal import Komoku
internal import KomokuClient
internal import KomokuWire

/// Points on their way to the hub, and where in the file each of them stood.
struct LineBatch {
    private(set) var batch = PointImport.Batch()
    /// In the order of the batch's points, by key.
    private(set) var numbers: [[Int]] = []
    private(set) var count = 0
    private var size = 0
    private var indices: [KeyName: Int] = [:]

    /// Points, and bytes as JSON, at which a batch goes: the hub takes messages of 1 MiB.
    static let fullCount = 4096
    static let fullSize = 256 << 10

    var isEmpty: Bool { count == 0 && batch.keys.isEmpty }
    var isFull: Bool { count >= Self.fullCount || size >= Self.fullSize }

    mutating func define(_ key: KeyDefinition) {
        batch.keys.append(key)
        size += 600 + JSON.object(key.options).bytes.count
    }

    mutating func add(_ imported: ImportedPoint, number: Int) {
        let index = indices[imported.key] ?? start(imported.key)
        batch.points[index].points.append(imported.point)
        numbers[index].append(number)
        count += 1
        // A text takes six bytes for one at most.
        size += 48 + (imported.point.value.string?.utf8.count ?? 0) * 2
    }

    private mutating func start(_ key: KeyName) -> Int {
        indices[key] = batch.points.count
        batch.points.append(KeyPoints(key: key.text, points: []))
        numbers.append([])
        size += 2 * key.text.utf8.count
        return batch.points.count - 1
    }

    /// The number of a point that the hub names; nil where it named none of these.
    func number(_ key: String, _ index: Int) -> Int? {
        guard let name = KeyName(key), let list = indices[name], numbers[list].indices.contains(index) else {
            return nil
        }
        return numbers[list][index]
    }

    /// The value of a point that the hub names.
    func value(_ key: String, _ index: Int) -> JSON? {
        guard let name = KeyName(key), let list = indices[name], batch.points[list].points.indices.contains(index)
        else {
            return nil
        }
        return batch.points[list].points[index].value
    }

    /// One batch for each key: where the hub refuses a batch as a whole, that tells which key it was.
    func split() -> [LineBatch] {
        zip(batch.points, numbers).compactMap { points, numbers in
            guard let key = KeyName(points.key) else { return nil }
            var part = LineBatch()
            for definition in batch.keys where definition.name.utf8.elementsEqual(points.key.utf8) {
                part.define(definition)
            }
            for (point, number) in zip(points.points, numbers) {
                part.add(ImportedPoint(key: key, point: point), number: number)
            }
            return part
        }
    }
}
