internal import Komoku

/// Guesses the rooms of a house from what its devices and keys are called. A plain function: of the same names always the same.
struct RoomGuess {
    struct GuessedDevice: Hashable, Sendable {
        let id: String
        let name: String
    }

    struct GuessedRoom: Hashable, Sendable {
        var id: String
        var name: String
        var icon: String?
        /// Ids.
        var devices: [String] = []
        /// Patterns, of keys that are of no device.
        var keys: [String] = []
    }

    /// - Parameters:
    ///   - devices: in their order.
    ///   - keys: names of keys that are of no device, in their order.
    static func rooms(devices: [GuessedDevice], keys: [KeyName]) -> [GuessedRoom] {
        var guess = RoomGuess()
        guess.findFamilies(devices)
        for device in devices {
            guard let found = guess.room(named: device.name) else { continue }
            guess.add(found) { $0.devices.append(device.id) }
        }
        guess.add(keys)
        return guess.rooms.values.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
    }

    private var rooms: [String: GuessedRoom] = [:]
    /// First words that several devices share, before the word of a thing.
    private var families: Set<String> = []

    private struct Found {
        var words: ArraySlice<RoomName.Word>
        var icon: String?
    }

    // MARK: Devices

    private mutating func findFamilies(_ devices: [GuessedDevice]) {
        var counts: [String: Int] = [:]
        for device in devices {
            let words = RoomName.words(of: device.name)
            guard words.count > 1, let first = words.first, Self.mayBeRoom(first),
                words.dropFirst().contains(where: { RoomWords.things.contains($0.folded) })
            else { continue }
            counts[first.folded, default: 0] += 1
        }
        families = Set(counts.filter { $0.value > 1 }.keys)
    }

    /// Not a thing, a number, an address or a letter.
    private static func mayBeRoom(_ word: RoomName.Word) -> Bool {
        word.folded.count > 2 && !word.folded.contains { $0.isNumber } && !RoomWords.things.contains(word.folded)
            && !RoomWords.qualifiers.contains(word.folded) && !makers.contains(word.folded)
    }

    /// What devices are called that nobody has given a name.
    private static let makers: Set<String> = [
        "tasmota", "shelly", "shellyplus", "sonoff", "ikea", "tradfri", "aqara", "philips", "hue", "tuya", "zigbee",
        "esp",
        "esphome", "homie", "bridge", "hub", "komoku", "device", "the", "der", "die", "das", "lumi",
    ]

    private func room(named name: String) -> Found? {
        let words = RoomName.words(of: name)[...]
        if let found = Self.known(words) { return found }
        guard let first = words.first, words.count > 1, families.contains(first.folded) else { return nil }
        return Found(words: Self.withNumber(words.prefix(1), of: words), icon: nil)
    }

    /// A room's word anywhere in a name, with what belongs to it; the longest counts, of those the first.
    private static func known(_ words: ArraySlice<RoomName.Word>) -> Found? {
        var best: (range: Range<Int>, icon: String)?
        for start in words.indices {
            for length in 1...2 where start + length <= words.endIndex {
                let part = words[start..<start + length].map(\.folded).joined(separator: " ")
                guard let icon = RoomWords.rooms[part] else { continue }
                if length > best?.range.count ?? 0 { best = (start..<start + length, icon) }
            }
        }
        if let best { return Found(words: withQualifier(best.range, of: words), icon: best.icon) }
        // `Wohnzimmerlampe`
        for word in words {
            guard let (room, icon) = beginning(of: word) else { continue }
            return Found(words: [room], icon: icon)
        }
        return nil
    }

    private static func withQualifier(
        _ range: Range<Int>, of words: ArraySlice<RoomName.Word>
    ) -> ArraySlice<RoomName.Word> {
        var start = range.lowerBound
        if start > words.startIndex, RoomWords.qualifiers.contains(words[start - 1].folded) { start -= 1 }
        return withNumber(words[start..<range.upperBound], of: words)
    }

    /// `bedroom 2 lamp`; of `kitchen 2` alone nobody knows whether the kitchen is the second or the device.
    private static func withNumber(
        _ part: ArraySlice<RoomName.Word>, of words: ArraySlice<RoomName.Word>
    ) -> ArraySlice<RoomName.Word> {
        let next = part.endIndex
        guard next + 1 < words.endIndex, words[next].isNumber, words[next].text.count < 3 else { return part }
        return words[part.startIndex...next]
    }

    /// A room's word that a compound begins with, before a thing's.
    private static func beginning(of word: RoomName.Word) -> (RoomName.Word, icon: String)? {
        for length in stride(from: word.text.count - 1, through: RoomWords.shortestInside, by: -1) {
            let head = RoomName.Word(word.text.prefix(length))
            guard let icon = RoomWords.rooms[head.folded] else { continue }
            let rest = RoomName.folded(word.text.dropFirst(length))
            // `Küchenlampe`, `Eingangslicht`
            let things = [rest] + (rest.first == "n" || rest.first == "s" ? [String(rest.dropFirst())] : [])
            if things.contains(where: RoomWords.things.contains) { return (head, icon) }
        }
        return nil
    }

    // MARK: Keys

    /// The first segment of a key's name, where it is a room's word, or called like a room that there is by now.
    private mutating func add(_ keys: [KeyName]) {
        var seen: Set<String> = []
        for key in keys {
            guard let end = key.text.firstIndex(of: ".") else { continue }
            let segment = String(key.text[..<end])
            guard seen.insert(segment).inserted else { continue }
            let words = RoomName.words(of: segment)[...]
            let own = Found(words: words, icon: nil)
            let isKnown = RoomName.id(of: RoomName.shown(words)).map { rooms[$0] != nil } ?? false
            // Only all of it: `office_network` is no room.
            guard let found = isKnown ? own : Self.known(words), found.words.count == words.count else { continue }
            add(found) { $0.keys.append(segment + ".**") }
        }
    }

    private mutating func add(_ found: Found, _ change: (inout GuessedRoom) -> Void) {
        let name = RoomName.shown(found.words)
        guard let id = RoomName.id(of: name) else { return }
        var room = rooms[id] ?? GuessedRoom(id: id, name: name, icon: found.icon)
        change(&room)
        rooms[id] = room
    }
}
