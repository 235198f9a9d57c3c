import Komoku
import KomokuClient
import Synchronization

/// The part of a hub that export and import talk to, with its points in a table.
final class MemoryHub: Sendable {
    struct Key: Sendable {
        var type: String
        var options: [JSON.Member] = []
        /// By microseconds.
        var points: [Int64: JSON] = [:]
    }

    private let keys = Mutex<[KeyName: Key]>([:])
    /// Points in a message of an export.
    private let chunk: Int

    init(chunk: Int = 100) { self.chunk = chunk }

    func set(_ name: KeyName, _ key: Key) { keys.withLock { $0[name] = key } }
    var content: [KeyName: Key] { keys.withLock { $0 } }

    func answer(_ name: String, _ body: JSON) -> FakeHub.Reply {
        switch name {
        case "keys":
            let members = content.map { JSON.Member($0.key.text, ["type": .string($0.value.type)]) }
            return .messages([["result": .object(members)]])
        case "export": return .messages(export(body))
        case "import": return .messages([take(body)])
        default: return .messages([["error": "invalid_query"]])
        }
    }

    private func export(_ body: JSON) -> [JSON] {
        let sorted = content.sorted { $0.key < $1.key }
        let definitions = sorted.map { name, key in
            JSON.Member(name.text, ["type": .string(key.type), "opts": .object(key.options)])
        }
        var messages: [JSON] = [["result": ["keys": .object(definitions)]]]
        var total = 0
        for (name, key) in sorted {
            let points = key.points.sorted { $0.key < $1.key }
            total += points.count
            for start in stride(from: 0, to: points.count, by: chunk) {
                let items = points[start..<min(start + chunk, points.count)].map { time, value in
                    JSON.array([.number(Timestamp(microseconds: time).seconds), value])
                }
                messages.append(["result": ["points": [[.string(name.text), .array(items)]]]])
            }
        }
        let done: JSON = [
            "done": true, "points": .number(Double(total)), "keys": .number(Double(sorted.count)),
        ]
        return messages + [["result": done]]
    }

    /// As a hub does: types are guessed, and of another type nothing is taken.
    private func take(_ body: JSON) -> JSON {
        keys.withLock { keys in
            for member in body["keys"]?.object ?? [] {
                guard let name = KeyName(member.name), let type = member.value["type"]?.string else { continue }
                if let known = keys[name], known.type != type { return ["error": "type_mismatch"] }
                keys[name, default: Key(type: type)].options = member.value["opts"]?.object ?? []
            }
            var stored = 0
            var refused: [JSON] = []
            for list in body["points"]?.array ?? [] {
                guard let text = list.array?.first?.string, let name = KeyName(text) else { continue }
                for (index, point) in (list.array?.last?.array ?? []).enumerated() {
                    guard let items = point.array, let time = items[0].number.flatMap(Timestamp.init(seconds:)) else {
                        continue
                    }
                    if keys[name] == nil, let guess = try? Value.guess(items[1]) {
                        keys[name] = Key(type: guess.type.rawValue)
                    }
                    let type = keys[name].flatMap { KeyType(rawValue: $0.type) }
                    let value =
                        items[1].isNull
                        ? items[1] : type.flatMap { try? Value(casting: items[1], to: $0, options: KeyOptions()).json }
                    if let value, keys[name] != nil {
                        keys[name]?.points[time.microseconds] = value
                        stored += 1
                    } else {
                        refused.append([.string(text), .number(Double(index)), "it does not take this value"])
                    }
                }
            }
            return ["result": ["points": .number(Double(stored)), "refused": .array(refused)]]
        }
    }
}
